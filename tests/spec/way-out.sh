# SPDX-License-Identifier: Apache-2.0
# What is outside of the platform: by whose hosts it is reached, by whom, and how that ends.
@start_scheduler
causeway apply -f $FILES/way-out/site.yaml -f $FILES/way-out/departments.yaml --reason "set up"

# Without an uplink nothing goes out, and what would is placed nowhere.
@start_agents h1:extranet h2:extranet
causeway plan -f $FILES/way-out/wave.yaml
causeway explain civil-affairs/marriage/web -f $FILES/way-out/wave.yaml
@stop_agents
@start_agents h1:extranet h2:extranet=eth1
@until_true can_be_placed $FILES/way-out/wave.yaml
@causeway apply -f $FILES/way-out/wave.yaml --wait --reason "set up" > /dev/null
causeway get workloads

# Nothing leaves without a grant, and the grant is for one application.
causeway reach civil-affairs/marriage/web outside/ningbo tcp/443
causeway grant add marriage outside/ningbo/permit --until 2099-12-31 --reason "a slip of the pen"
causeway grant add marriage outside/ningbo/permits --until 2099-12-31 --reason "decision 27-301"
@until_true causeway reach civil-affairs/marriage/web outside/ningbo tcp/443
causeway reach civil-affairs/marriage/web outside/ningbo tcp/443
causeway reach civil-affairs/marriage/web 203.0.113.7 tcp/443
causeway reach civil-affairs/marriage/web 203.0.113.0/28 tcp/443
causeway reach civil-affairs/marriage/web outside/ningbo tcp/80
causeway reach civil-affairs/marriage/web 198.51.100.1 tcp/443
causeway reach civil-affairs/marriage/web 2001:db8:33::1 tcp/443
causeway reach civil-affairs/marriage/db outside/ningbo tcp/443
causeway reach civil-affairs/marriage/web outside/ningb tcp/443

# Inwards it takes a grant of its own.
causeway reach outside/ningbo civil-affairs/marriage/web tcp/8443
causeway grant add outside/ningbo marriage/https --until 2099-12-31 --reason "decision 27-302"
@until_true causeway reach 203.0.113.7 civil-affairs/marriage/web tcp/8443
causeway reach 203.0.113.7 civil-affairs/marriage/web tcp/8443
causeway verify networks
causeway get grants

# Revoked is closed.
causeway grant revoke marriage outside/ningbo/permits --wait --reason "review 27-390"
causeway reach civil-affairs/marriage/web outside/ningbo tcp/443
causeway verify networks --application civil-affairs/marriage

# What no way out can be: everything at once.
causeway plan -f $BAD/way-out.yaml
