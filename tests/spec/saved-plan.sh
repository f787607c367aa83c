# SPDX-License-Identifier: Apache-2.0
# A saved plan is carried out as it was shown, or not at all.
@start_scheduler
@apply_site
@start_agents
causeway plan -f $EXAMPLES/quickstart/wave-1.yaml --save wave-1.plan | tail -1
causeway host cordon h3 --reason "the state moves"
causeway apply --plan wave-1.plan --reason "too late"
causeway host uncordon h3 --reason "and back"
causeway plan -f $EXAMPLES/quickstart/wave-1.yaml --save wave-1.plan | tail -1
causeway apply --plan wave-1.plan --wait --reason "as planned" > /dev/null
causeway get workloads -o name | wc -l
head -c 100 wave-1.plan > half.plan; causeway apply --plan half.plan --reason "cut short"
causeway apply --plan absent.plan --reason "not there"
