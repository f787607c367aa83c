# SPDX-License-Identifier: Apache-2.0
# Who may do what, and a scheduler that is away.
@start_scheduler
@apply_site
@start_agents
@key team
@key watcher
@key civil
@key stranger
causeway key allow team --key "$(public_key team)" --role migration --reason "the second team"
causeway key allow watcher --key "$(public_key watcher)" --role supervisor --reason "the audit office"
causeway key allow civil --key "$(public_key civil)" --role department --department civil-affairs --reason "its own things"
causeway key allow civil --key "$(public_key civil)" --role department --reason "whose?"
causeway key allow nobody --key abc --role operator --reason "no key"
causeway key allow twice --key "$(public_key team)" --role operator --reason "a key that is known"

# The migration team applies waves, and nothing else.
@be team
causeway plan -f $EXAMPLES/quickstart/wave-1.yaml | tail -1
causeway apply -f $EXAMPLES/quickstart/departments.yaml --reason "not mine to change"
causeway host cordon h1 --reason "not mine to change"

# The supervisor sees everything and changes nothing.
@be watcher
causeway get departments -o name
causeway apply -f $EXAMPLES/quickstart/wave-1.yaml --reason "not mine to change"

# A department sees its own.
@be civil
causeway get departments -o name

# A stranger is not even heard.
@be stranger
causeway get hosts --timeout 3s
@be admin
causeway key revoke team --reason "the team has left"
@be team
causeway get waves --timeout 3s
@be admin
causeway key revoke team --reason "again"
causeway key new admin.key
@stop_scheduler
causeway get hosts --timeout 1s
