# SPDX-License-Identifier: Apache-2.0
# The same job without a hypervisor, a switch or Ceph: one scheduler and an agent for all of the example
# city's hosts, on simulated drivers, talking over sockets in the folder. Needs no root. Sourced after
# causeway.sh.
# shellcheck shell=bash

simulated_process() { # NAME: its pid, if it runs from this folder
  local pid
  pid=$(cat "$dir/run/$1.pid" 2> /dev/null) && grep -qzsF "$dir/" "/proc/$pid/cmdline" && printf '%s\n' "$pid"
}

simulated_processes() { # of those that run
  local name
  for name in scheduler agents; do simulated_process "$name" || continue; done
}

no_simulated_processes() { [[ -z $(simulated_processes) ]]; }
simulated_runs() { ! no_simulated_processes; }

simulated_stop() {
  simulated_processes | xargs -r kill -TERM 2> /dev/null || true
  if ! wait_for 5 "the daemons to end" no_simulated_processes 2> /dev/null; then
    simulated_processes | xargs -r kill -KILL 2> /dev/null || true
    wait_for 5 "the daemons to be killed" no_simulated_processes || true
  fi
}

start_simulated() { # NAME PROGRAM ARGUMENTS…
  local name=$1 program=$2
  shift 2
  mkdir -p "$dir/run" "$dir/log"
  setsid "$build_dir/bin/$program" "$@" < /dev/null >> "$dir/log/$name.log" 2>&1 9>&- &
  printf '%s\n' $! > "$dir/run/$name.pid"
}

start_simulated_scheduler() { start_simulated scheduler causeway-scheduler --config "$dir/scheduler/s1.yaml"; }

start_simulated_agents() { # one process for all hosts
  local file
  local -a configs=()
  for file in "$dir"/agents/*.yaml; do configs+=(--config "$file"); done
  start_simulated agents causeway-agent "${configs[@]}"
}

write_simulated_agent() { # HOST NUMBER ZONE…
  local host=$1 number=$2 zone index=0
  shift 2
  key "$host"
  mkdir -p "$dir/agents/$host"
  {
    cat << CONF
api: causeway/v1
kind: Agent
host: $host
schedulers: $(scheduler_endpoints agents)
key_file: $dir/keys/$host.key
state_dir: $dir/agents/$host
drivers: simulated
zones:
CONF
    for zone in "$@"; do
      printf '  %s: {underlay: 10.98.%s.%s, tunnel_port: %s, pool: %s}\n' "$zone" "$index" "$number" $((4789 + index)) "$zone"
      index=$((index + 1))
    done
  } > "$dir/agents/$host.yaml"
}

bring_up_simulated() {
  local host number=0 wave
  local -a host_zones
  install_packages build
  causeway_build release
  step "starting the scheduler"
  write_scheduler_configs
  start_simulated_scheduler
  wait_for 20 "the scheduler to answer" cli get hosts
  mkdir -p "$dir/site"
  cp "$source_dir/packaging/examples/zhoushan"/*.yaml "$dir/site/"
  apply_site
  while read -r host zones; do
    number=$((number + 1))
    read -ra host_zones <<< "$zones"
    write_simulated_agent "$host" "$number" "${host_zones[@]}"
    cli host add "$host" --key "$(public_key "$host")" --reason "a host of the quickstart" > /dev/null
  done < <(simulated_hosts)
  start_simulated_agents
  step "$number hosts on simulated drivers are running, in one causeway-agent"
  for wave in "$dir"/site/wave-*.yaml; do
    wave=$(basename "$wave" .yaml)
    step "applying $wave"
    apply_wave "$wave" | tail -n 1
  done
  step "done: $(cli get workloads -o name | wc -l) workloads of $(cli get departments -o name | wc -l) departments run on $number hosts"
}

simulated_hosts() { # a line per host of the site: its name and its zones
  cli get hosts -o json | jq -r '.items[] | "\(.name) \(.zones | join(" "))"'
}

look_at_simulated() { # as look_at_real
  local ill=0
  say "already up in $dir:"
  well_again causeway-scheduler start_simulated_scheduler - cli get hosts || ill=1
  well_again causeway-agent start_simulated_agents - simulated_process agents || ill=1
  well_soon "all hosts" all_hosts_ready || ill=1
  ((ill == 0)) || fail "look at the logs in $dir/log, or take it down with --down and start anew"
  next_commands
}

all_hosts_ready() { cli get hosts -o json | jq -e '.items | all(.state == "ready")'; }
