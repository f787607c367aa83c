# SPDX-License-Identifier: Apache-2.0
# From nothing to a wave that runs.
@start_scheduler
causeway get hosts
causeway apply -f $EXAMPLES/quickstart/site.yaml -f $EXAMPLES/quickstart/departments.yaml -f $EXAMPLES/quickstart/rooms.yaml --reason "the site"
@start_agents
causeway get hosts
causeway get zones

# A plan shows what would happen, and changes nothing.
causeway plan -f $EXAMPLES/quickstart/wave-1.yaml
causeway get workloads
causeway plan -f $EXAMPLES/quickstart/wave-1.yaml --no-changes > /dev/null
causeway apply -f $EXAMPLES/quickstart/wave-1.yaml --wait --reason "the first wave" > /dev/null
causeway status wave-1
causeway get workloads
causeway get workloads -o name --department housing
causeway get volumes --zone intranet
causeway get waves
causeway get rooms
causeway get departments

# Applying the same again changes nothing.
causeway apply -f $EXAMPLES/quickstart/wave-1.yaml --reason "once more"
causeway plan -f $EXAMPLES/quickstart/wave-1.yaml --no-changes
causeway describe workload civil-affairs/marriage-registration/db
causeway explain civil-affairs/marriage-registration/db
