# SPDX-License-Identifier: Apache-2.0
# What operators do to things that run.
@start_scheduler
@apply_site
@start_agents
@apply_wave
@until_true booted civil-affairs/marriage-registration/web-1
causeway stop civil-affairs/marriage-registration/web-1
causeway stop civil-affairs/marriage-registration/web-1 --dry-run
causeway stop civil-affairs/marriage-registration/web-1 --reason "new certificate"
@until_true phase_is civil-affairs/marriage-registration/web-1 stopped
causeway get workloads --application civil-affairs/marriage-registration
causeway start civil-affairs/marriage-registration --reason "the certificate is in"
@until_true phase_is civil-affairs/marriage-registration/web-1 running
causeway restart civil-affairs/marriage-registration/web-9 --reason "a slip of the pen"
causeway console housing/building-permits/web > /dev/null

# A host takes nothing new, and is emptied.
causeway host cordon h1 --reason "new memory"
causeway get hosts
causeway host uncordon h1 --reason "the memory is in"
causeway host drain h7 --reason "no such host"
causeway host drain h3 --reason "firmware" --dry-run
causeway host drain h2 --reason "the only one of its zone" --dry-run

# Deleting says what goes, and takes no room or department away that is in use.
causeway delete department housing --reason "closed"
causeway delete application housing/building-permits --dry-run
causeway delete application housing/building-permits --reason "replaced"
@until_true gone housing/building-permits/web
causeway get workloads --department housing
causeway delete application housing/building-permits --reason "again"
causeway delete planet mars --reason "why not"
