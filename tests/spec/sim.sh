# SPDX-License-Identifier: Apache-2.0
# What would happen if hosts lost power, in the city of 52 departments: played on a snapshot, without touching anything.
@start_scheduler
@start_city
causeway snapshot save city.json
@stop_scheduler

# A host is lost, and comes back.
causeway sim --snapshot city.json --kill host:a01-1 --for 10m
causeway sim --snapshot city.json --kill host:a01-1 --for 10m > again; causeway sim --snapshot city.json --kill host:a01-1 --for 10m | diff - again && echo the same

# It is back before its lease ends: nothing moves.
causeway sim --snapshot city.json --kill host:a01-1 --for 5s -o json | jq -c '[.run_elsewhere, (.timeline | map(select(.what == "dead")) | length)]'

# What a whole rack holds that nothing else has: the police's cards.
causeway sim --snapshot city.json --kill rack:a05 -o json | jq -c '[.lost, .workloads_hit, .run_elsewhere, .wait_for_their_host, .stay_down]'

# More than the fence budget is taken for the scheduler's own blindness: nothing moves, an operator is called.
causeway sim --snapshot city.json --kill hall:b -o json | jq -rc '[.run_elsewhere, .stay_down], (.timeline[] | select(.what == "call") | .says)'

# Mistakes.
causeway sim --snapshot city.json
causeway sim --snapshot city.json --kill a01-1
causeway sim --snapshot city.json --kill host:a01-99
causeway sim --snapshot city.json --kill planet:mars
causeway sim --snapshot city.json --kill host:a01-1 --for 48h
causeway sim --snapshot city.json --kill host:a01-1 --for ten
