# SPDX-License-Identifier: Apache-2.0
# The whole of it: up, down, and the look at one that is up. Sourced last.
# shellcheck shell=bash

marker() { printf '%s/.causeway-quickstart' "$dir"; } # holds the mode, and "up" in a second line once it stands

claim_folder() { # only a folder that is empty or our own is used, because --down removes it
  dir=$(realpath -m "$dir")
  ((${#dir} <= 60)) || fail "--dir $dir is too long: a socket's path in it would be cut off; use at most 60 letters"
  if [[ -d $dir && ! -f $(marker) && -n $(ls -A "$dir") ]]; then
    fail "$dir holds something else; choose an empty folder with --dir"
  fi
}

take_lock() {
  exec 9>> "$(marker)"
  flock -n 9 || fail "another quickstart is at work in $dir; wait for it, or end it with Ctrl-C there"
}

is_up() { [[ $(sed -n 2p "$(marker)" 2> /dev/null) == up ]]; }
mode_of_folder() { sed -n 1p "$(marker)" 2> /dev/null || true; }

remove_cloud() {
  if [[ $(mode_of_folder) == simulated ]]; then
    simulated_stop
  else
    fabric_down
    ceph_down
  fi
  rm -rf "${dir:?}"/*
}

down() {
  claim_folder
  if [[ ! -f $(marker) ]]; then
    say "nothing is up in $dir"
    return
  fi
  if [[ $(mode_of_folder) == real ]] && ((EUID != 0)); then fail "it was brought up by root; only root can take it down"; fi
  take_lock
  remove_cloud
  rm -f "$(marker)"
  rmdir "$dir" 2> /dev/null || true
  say "taken down; nothing of it is left in $dir"
}

unfinished() { # at exit, before everything stands: takes away what was started and keeps the logs
  local status=$? log kept
  trap '' INT TERM
  trap - EXIT
  jobs -p | xargs -r kill 2> /dev/null || true
  kept=$dir.failed
  rm -rf "$kept"
  while read -r log; do
    mkdir -p "$kept/$(dirname "$log")"
    cp "$dir/$log" "$kept/$log"
  done < <(cd "$dir" && find . -name '*.log' -size +0 -not -path './ceph/mon/*' -not -path './ceph/osd/*')
  step "not finished: taking away what was started; the logs are kept in $kept"
  remove_cloud
  rm -f "$(marker)"
  rmdir "$dir" 2> /dev/null || true
  exit $((status == 0 ? 1 : status))
}

up() {
  if [[ $mode == real ]] && ((EUID != 0)); then
    fail "network namespaces and a hypervisor need root; as an ordinary user: packaging/quickstart --simulated"
  fi
  claim_folder
  mkdir -p "$dir"
  if is_up && [[ $(mode_of_folder) != "$mode" ]]; then
    fail "a $(mode_of_folder) cloud is up in $dir; take it down first: packaging/quickstart --down --dir $dir"
  fi
  if is_up && (($(schedulers_of_folder) != ${asked_schedulers:-$(schedulers_of_folder)})); then
    fail "a cloud with $(schedulers_of_folder) scheduler(s) is up in $dir; take it down first: packaging/quickstart --down --dir $dir"
  fi
  if is_up; then name_schedulers "$(schedulers_of_folder)"; fi
  take_lock
  if is_up && [[ $mode == real ]] && ! no_processes; then
    look_at_real
    return
  fi
  if is_up && [[ $mode == simulated ]] && simulated_runs; then
    look_at_simulated
    return
  fi
  if [[ ! -f $(marker) && $mode == real && -n $(namespaces) ]]; then
    fail "namespaces $prefix-… exist already: another quickstart is up; take it down with --down and its --dir"
  fi
  [[ -f $(marker) ]] && remove_cloud # what a reboot or a kill left behind
  printf '%s\n' "$mode" > "$(marker)"
  trap unfinished EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if [[ $mode == real ]]; then bring_up_real; else bring_up_simulated; fi
  printf '%s\nup\n' "$mode" > "$(marker)"
  trap - EXIT INT TERM
  next_commands
}

bring_up_host() { # HOST: what a hypervisor machine has before the agent comes
  openvswitch_up "$1"
  libvirt_up "$1"
}

bring_up_substrate() { # the fabric, Ceph and the hosts, at the same time
  local host waiting=()
  fabric_up
  ceph_prepare
  ceph_up &
  waiting+=($!)
  for host in "${hosts[@]}"; do
    bring_up_host "$host" &
    waiting+=($!)
  done
  for host in "${waiting[@]}"; do wait "$host"; done
  for host in "${hosts[@]}"; do ceph_add_client "$host"; done
  ceph_add_fencer
  if ((${#schedulers[@]} > 1)); then ceph_add_state; fi
}

bring_up_real() {
  local host machine
  install_packages build run
  causeway_build release
  step "making the golden image"
  image_up
  machine=$(virtualization)
  step "guests will run on ${machine/kvm/hardware virtualization (KVM)}"
  step "bringing up the fabric, Ceph, and ${#hosts[@]} hosts with Open vSwitch and libvirt"
  bring_up_substrate
  step "starting ${#schedulers[@]} scheduler(s) and the agents"
  write_scheduler_configs
  start_schedulers
  write_site quickstart
  apply_site
  for host in "${hosts[@]}"; do write_agent_config "$host" "$machine"; done
  admit_hosts
  for host in "${hosts[@]}"; do start_agent "$host"; done
  step "applying wave-1"
  apply_wave wave-1
  step "waiting until the guests answer"
  wait_for_guests
  step "measuring who reaches whom"
  measure_reachability "$dir/reach"
  print_matrix "$dir/reach"
}

all_guests_ready() {
  local workload host address
  while read -r workload host address; do guest_ready "$workload" "$host" || return 1; done < <(guests)
}
wait_for_guests() { wait_for 120 "all guests to print GUEST-READY" all_guests_ready; }

well() { # WHAT COMMAND…: says whether the command succeeds
  local what=$1
  shift
  if "$@" > /dev/null 2>&1; then say "  well     $what"; else say "  not well $what" && return 1; fi
}

well_again() { # WHAT START OF COMMAND…: the same; where it fails, START OF is run first, as a machine's supervisor would
  local what=$1 start=$2 of=$3
  shift 3
  well "$what" "$@" && return
  "$start" "$of" && wait_for 60 "$what" "$@" && say "  started  $what"
}

well_soon() { # WHAT COMMAND…: the same, for what comes by itself once all that it needs runs
  local what=$1
  well "$@" && return
  wait_for 60 "$@" && say "  well now $what"
}

look_at_real() { # what is well and what is not; what ended is started again; fails if something stays not well
  local host name ill=0
  say "already up in $dir:"
  well_again "Ceph's monitor" ceph_start_monitor a ceph_daemon_runs mon.a || ill=1
  well_again "Ceph's OSD" ceph_start_osd 0 ceph_daemon_runs osd.0 || ill=1
  well Ceph rbd_admin ls -p "${zones[0]}" || ill=1
  for name in "${schedulers[@]}"; do
    well_again "causeway-scheduler $name" run_scheduler "$name" scheduler_process "$name" || ill=1
  done
  well_soon "a scheduler that answers" cli get hosts || ill=1
  for host in "${hosts[@]}"; do
    well_again "ovsdb-server on $host" openvswitch_start_database "$host" ovs_vsctl "$host" show || ill=1
    well_again "ovs-vswitchd on $host" openvswitch_start_switch "$host" ovs_switch_answers "$host" || ill=1
    well_again "libvirt on $host" libvirt_start "$host" virsh_on "$host" version || ill=1
    well_again "causeway-agent on $host" start_agent "$host" process_named "$host" causeway-agent || ill=1
  done
  well_soon "all guests" all_guests_ready || ill=1
  ((ill == 0)) || fail "look at the logs in $dir, or take it down with --down and start anew"
  next_commands
}

next_commands() {
  cat << TEXT
It is up, and stays up. To go on:
  export CAUSEWAY_CONFIG=$dir/client.yaml PATH=$build_dir/bin:\$PATH
  causeway get workloads
  causeway status wave-1
  causeway get rooms
To take it away: packaging/quickstart --down$([[ $dir == "${default_dir:-}" ]] || printf ' --dir %s' "$dir")
TEXT
}
