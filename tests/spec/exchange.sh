# SPDX-License-Identifier: Apache-2.0
# Exchange gateways: what may have ports in two zones, where it stands, and that nothing else joins them.
@start_scheduler
causeway apply -f $FILES/exchange/site.yaml -f $FILES/exchange/departments.yaml --reason "set up"
@start_agents h1:extranet h2:intranet x1:extranet+intranet

# What may not have them.
causeway plan -f $BAD/exchange.yaml

# A declared gateway stands on a host for gateways, and nothing else does.
causeway plan -f $FILES/exchange/wave.yaml
@causeway apply -f $FILES/exchange/wave.yaml --wait --reason "set up" > /dev/null
causeway get workloads
causeway explain bigdata/diode/transfer
@causeway host cordon x1 --reason "to be looked after"
sed 's/diode:/second:/; s/wave-1/wave-2/; s/diode\/upload/second\/upload/; s/citizens:/others:/; s/office:/inner:/; s/office\/mail/inner\/mail/' $FILES/exchange/wave.yaml > wave-2.yaml; causeway plan -f wave-2.yaml
@causeway host uncordon x1 --reason "looked after"

# Grants end at the gateway, on each side.
causeway grant add citizens office/mail --until 2099-12-31 --reason "not past the gateway"
causeway grant add citizens diode/upload --until 2099-12-31 --reason "decision 27-201"
causeway grant add diode office/mail --until 2099-12-31 --reason "decision 27-202"
@until_true causeway reach bigdata/citizens/web bigdata/diode/transfer tcp/8443
causeway reach bigdata/citizens/web bigdata/diode/transfer tcp/8443
@until_true causeway reach bigdata/diode/transfer bigdata/office/inbox tcp/25
causeway reach bigdata/diode/transfer bigdata/office/inbox tcp/25
causeway reach bigdata/citizens/web bigdata/office/inbox tcp/25
causeway verify networks

# What a running gateway rests on stays.
sed 's/, exchange_with: \[[a-z]*\]//; s/, exchange_host: true//' $FILES/exchange/site.yaml > site.yaml; causeway plan -f site.yaml
