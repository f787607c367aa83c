# SPDX-License-Identifier: Apache-2.0
# What a cloud does when something of it is killed at a random moment, again and again, while a command is on its way and
# guests write. tests/lab/run --blows N prints a row of tests/lab/RESULTS.md per kind. Sourced by tests/lab/run after
# cases.sh and figures.sh.
# shellcheck shell=bash

blow_kinds=(none scheduler agent libvirtd guest switch osd) # none: what the same round takes with nothing killed
declare -A blow_names=([none]="nothing" [scheduler]="the scheduler that leads" [agent]="an agent" [libvirtd]="libvirtd" [guest]="a guest's QEMU"
  [switch]="ovs-vswitchd" [osd]="Ceph's OSD")

strike() { # KIND HOST GUEST: kills it, and starts again what a supervisor would
  case $1 in
    none) ;;
    scheduler) kill -KILL "$(scheduler_process "$(leader)")" && start_schedulers ;;
    agent) kill_named "$2" causeway-agent && start_agent "$2" ;;
    libvirtd) kill_pid_file "$(libvirt_dir "$2")/libvirtd.pid" && libvirt_start "$2" ;;
    guest) kill -KILL "$(guest_process "$2" "$3")" ;;
    switch) kill_pid_file "$(ovs_dir "$2")/ovs-vswitchd.pid" && openvswitch_start_switch "$2" ;;
    osd) kill_pid_file "$(ceph_dir)/run/osd.0.pid" && { ceph_start_osd || wrong "the OSD does not start again"; } ;;
  esac
}

untouched_guests() { guest_processes | grep -v " \($1\|$2\)\$" || true; } # PID PID: the others

# One round: a workload is asked to stop, something is struck while that is on its way, and the workload is asked to start.
# Over once it runs, all is settled, and the guests write on and reach each other.
blow() { # KIND WORKLOAD DATABASE: an application and a database of one zone
  local kind=$1 workload=$2 database=$3 host database_host records before since own struck=0
  start_schedulers # one that led may have ended while Ceph was away
  host=$(virsh_host_of "$workload")
  database_host=$(virsh_host_of "$database")
  records=$(records_of "$database" "$database_host")
  own=$(guest_process "$host" "$workload")
  if [[ $kind == guest ]]; then
    struck=$(guest_process "$database_host" "$database")
    : > "$(console_of "$database" "$database_host")"
  fi
  before=$(untouched_guests "$own" "$struck")
  : > "$(console_of "$workload" "$host")"
  cli stop "$workload" --reason "a blow of the lab" > /dev/null
  sleep "0.$((RANDOM % 10))" # a random moment of what follows from the command
  since=$(uptime_now)
  if [[ $kind == guest ]]; then strike guest "$database_host" "$database"; else strike "$kind" "$host" ""; fi
  cli --timeout 30s start "$workload" --reason "a blow of the lab" > /dev/null
  wait_for 120 "$workload to run again" guest_ready "$workload" "$host"
  if [[ $kind == guest ]]; then wait_for 120 "$database to boot again" guest_ready "$database" "$database_host"; fi
  wait_for 60 "everything to be settled" settled
  awk -v since="$since" '{printf "%.1f\n", $1 - since}' /proc/uptime >> "$dir/blows.$kind"
  counted_on() { (($(records_of "$database" "$database_host") > records)); }
  wait_for 60 "$database to go on from record $records" counted_on
  wait_for 60 "guests to reach each other" web_answers
  before=$(diff <(printf '%s\n' "$before") <(untouched_guests "$(guest_process "$host" "$workload")" \
    "$( [[ $struck == 0 ]] && printf 0 || guest_process "$database_host" "$database")")) || wrong "guests were restarted: $before"
}

blows() { # NUMBER: of each kind in turn; fails if a round did not end well
  local number round kind
  RANDOM=${blow_seed:=$$}
  say "# seed $blow_seed"
  for ((round = 0; round < $1; ++round)); do
    kind=${blow_kinds[round % ${#blow_kinds[@]}]}
    if ((RANDOM % 2)); then
      blow "$kind" finance/budget/app finance/budget/db
    else
      blow "$kind" housing/building-permits/web civil-affairs/marriage-registration/db
    fi || wrong "round $round, $kind struck"
    if [[ -f $dir/wrong ]]; then
      say "# that was round $round, ${blow_names[$kind]} struck"
      tail_of_logs
      return 1
    fi
    say "# round $round, ${blow_names[$kind]} struck: $(tail -n 1 "$dir/blows.$kind") s"
  done
  for kind in "${blow_kinds[@]}"; do
    [[ -f $dir/blows.$kind ]] || continue
    number=$(wc -l < "$dir/blows.$kind")
    printf '| %s struck while a command is on its way | %d times | until it is carried out and all is settled: median %s s, worst %s s |\n' \
      "${blow_names[$kind]}" "$number" "$(median < "$dir/blows.$kind")" "$(sort -n "$dir/blows.$kind" | tail -n 1)"
  done
}
