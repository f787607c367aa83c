# SPDX-License-Identifier: Apache-2.0
# What is wrong in a snapshot: where, why, and what to write instead; nothing is computed on it.
@with() { jq "$1" $FILES/small.json > site.json; }
causeway snapshot check $FILES/small.json
@with '.workloads[].vcpus = -4'
causeway snapshot check site.json
@sed 's/"cores": 32/"cores": 99999999999999999999/' $FILES/small.json > site.json
causeway snapshot check site.json
@with '.hosts.h1.memory_mib = 2199023255552'
causeway snapshot check site.json
@with '.hosts.h1.zones = ["extrnet"]'
causeway snapshot check site.json
@sed 's/"hosts": {/"hosts": {"h1": {"rack": "a01"},/' $FILES/small.json > site.json
causeway snapshot check site.json
@with '.hosts.h1.numa[1].memory_mib = 0'
causeway snapshot check site.json
@with '.groups.web.rules += [{"kind": "keep-together", "scope": "host"}]'
causeway snapshot check site.json
causeway what-if --snapshot site.json --lose-host h1
causeway capacity --snapshot site.json --vcpus 1 --memory 1GiB
@with '.workloads[].on_nodes = [2] | .workloads[].numa_nodes = 1'
causeway snapshot check site.json
@with '.version = 2'
causeway snapshot check site.json
@with '.hosts.h1.coers = 4 | .hosts.h1.rack = "a02" | .hosts.h1.state = "uo"'
causeway snapshot check site.json
@head -c 200 $FILES/small.json > site.json
causeway snapshot check site.json
causeway snapshot check absent.json
causeway snapshot check .
