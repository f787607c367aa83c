# SPDX-License-Identifier: Apache-2.0
# What operators ask about placement, in the city of 52 departments: three waves of over 300 applications run on 60
# hosts.
@start_scheduler
@start_city
causeway get zones

# Why is it there?
@until_true phase_is public-security/video-analysis/analyse-1 running
causeway explain public-security/video-analysis/analyse-1

# What placement looks at goes into a file. The same question has the same answer with and without a scheduler.
causeway snapshot save city.json
causeway snapshot check city.json
causeway capacity --vcpus 4 --memory 8GiB > online
causeway capacity --vcpus 4 --memory 8GiB --snapshot city.json | diff - online && cat online

# How many more fit, so that a host can still be lost; apart by rack; as large as something that runs; for a department.
causeway capacity --vcpus 4 --memory 8GiB --reserve host --snapshot city.json
causeway capacity --vcpus 4 --memory 8GiB --reserve rack --zone intranet --snapshot city.json
causeway capacity --vcpus 4 --memory 8GiB --keep-apart rack --snapshot city.json
causeway capacity --workload public-security/video-analysis/analyse-1 --snapshot city.json
causeway capacity --workload archives/reading-room/web -f $FILES/wave-5.yaml --snapshot city.json
causeway capacity --vcpus 4 --memory 8GiB --department archives --zone extranet --snapshot city.json
causeway capacity --vcpus 4 --memory 8GiB --zone extranet --mlps 2 --volumes 100TiB --snapshot city.json -o yaml

# Why does it find no place?
causeway explain wave-4 -f $FILES/wave-4.yaml --snapshot city.json
causeway explain public-security/face-search/match-1 -f $FILES/wave-4.yaml --snapshot city.json | head -3
causeway host cordon a05-1 --reason "a new card"
causeway host cordon a05-2 --reason "a new card"
causeway host cordon a05-3 --reason "a new card"
causeway explain wave-4 -f $FILES/wave-4.yaml
causeway explain wave-5 -f $FILES/wave-5.yaml
causeway explain wave-6 -f $FILES/wave-5.yaml

# What if?
causeway what-if --snapshot city.json --lose-host a01-1
causeway what-if --snapshot city.json --lose-rack a05
causeway what-if --snapshot city.json --lose-rack a05 --add-hosts 2 --class video
causeway what-if --snapshot city.json -f $FILES/wave-4.yaml
causeway what-if --snapshot city.json -f $FILES/wave-5.yaml -o wide
causeway what-if --snapshot city.json --lose-hall b -o json | jq -c '[.fits, .hosts_missing, .loss.displaced, (.loss.moves | length), (.loss.stranded | length)]'
causeway get workloads -o name | wc -l

# Mistakes.
causeway what-if --snapshot city.json
causeway what-if --snapshot city.json --lose-rack a9
causeway what-if --snapshot city.json --lose-rack a01 --lose-hall a
causeway what-if --snapshot city.json --add-hosts 2 --class vido
causeway what-if --snapshot city.json --add-hosts 2
causeway capacity --snapshot city.json
causeway capacity --snapshot city.json --vcpus 4 --memory 8
causeway capacity --snapshot city.json --vcpus 4 --memory 8GiB --zone extrnet
causeway capacity --snapshot city.json --workload archives/reading-room/web
causeway explain archives/reading-room/web-1 --snapshot city.json
