# SPDX-License-Identifier: Apache-2.0
# What is wrong in a file: where, why, and what to write instead; all of it in one run, and nothing is changed.
@start_scheduler
@apply_site
@start_agents
causeway plan -f $BAD/broken.yaml
causeway plan -f $BAD/unknown-key.yaml
causeway plan -f $BAD/no-unit.yaml
causeway plan -f $BAD/yaml-tricks.yaml
causeway plan -f $BAD/duplicate-workload.yaml
causeway plan -f $BAD/cycle.yaml
causeway plan -f $BAD/unknown-names.yaml
causeway plan -f $BAD/addresses.yaml
causeway plan -f $BAD/level.yaml
causeway plan -f $BAD/secret.yaml
causeway plan -f $BAD/over-quota.yaml
causeway plan -f $BAD/no-room.yaml
@truncate -s 100M huge.yaml
causeway plan -f huge.yaml
causeway plan -f absent.yaml -f $BAD
causeway apply -f $BAD/level.yaml --reason "in spite of it"
causeway get applications

# Mistakes on the command line.
causeway aply -f x
causeway get wrkloads
causeway get workloads -o xml
causeway apply --reason "nothing"
