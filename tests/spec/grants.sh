# SPDX-License-Identifier: Apache-2.0
# Who may reach whom: what a file asks for, what is granted, and how that ends.
@start_scheduler
@apply_site
@start_agents
@apply_wave
causeway get grants
causeway grant add building-permits marriage-registration/http --until 2099-12-31 --reason "decision 27-114" --dry-run
causeway grant add building-permits marriage-registration/http --until 2099-12-31 --reason "decision 27-114"
causeway get grants -o wide
causeway grant add building-permits marriage-registration/http --until 2098-06-30T18:00:00+08:00 --reason "decision 27-115: shorter"
causeway get grants --application housing/building-permits

# What can't be granted.
causeway grant add building-permits marriage-registration/htp --until 2099-12-31 --reason "a slip of the pen"
causeway grant add building-permit marriage-registration/http --until 2099-12-31 --reason "a slip of the pen"
causeway grant add building-permits marriage-registration/http --until 2001-12-31 --reason "over"
causeway grant add building-permits marriage-registration/http --until 2099-02-30 --reason "no such day"
causeway grant add building-permits marriage-registration/http --until 2099-12-31
causeway grant add budget marriage-registration/http --until 2099-12-31 --reason "zones never meet"
causeway grant add marriage-registration marriage-registration/http --until 2099-12-31 --reason "its own"

# What it opens, and what is closed again: by the policy, and by the switches of both hosts.
@until_true causeway reach housing/building-permits/web civil-affairs/marriage-registration/web-2 tcp/80
causeway reach housing/building-permits/web civil-affairs/marriage-registration/web-2 tcp/80 -o json
causeway reach housing/building-permits/web civil-affairs/marriage-registration/web-2
causeway verify networks
causeway grant revoke building-permits marriage-registration/http --wait --reason "review 27-190"
causeway grant revoke building-permits marriage-registration/http --reason "again"
causeway get grants
causeway get events --application housing/building-permits | grep grant

# What that means for one workload and another.
causeway reach civil-affairs/marriage-registration/db civil-affairs/marriage-registration/web-1 tcp/80
causeway reach civil-affairs/marriage-registration/web-1 civil-affairs/marriage-registration/db tcp/22
causeway reach housing/building-permits/web civil-affairs/marriage-registration/web-1 tcp/80
causeway reach housing/building-permits/web finance/budget/app
causeway reach housing/building-permits/web nobody/at/all
causeway reach housing/building-permits/web finance/budget/app sctp/9
causeway verify networks --zone intranet
@causeway stop finance/budget/app --reason "so that its switch has nothing to say" > /dev/null
@until_true phase_is finance/budget/app stopped
causeway verify networks --application finance/budget | tail -n 2
