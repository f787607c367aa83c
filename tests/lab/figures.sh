# SPDX-License-Identifier: Apache-2.0
# What a cloud on real components costs: figures for tests/lab/RESULTS.md, which tests/lab/run --figures prints. Nothing
# here passes or fails. Sourced by tests/lab/run.
# shellcheck shell=bash

readonly figure_rounds=5
readonly figure_workloads=50

median() { sort -n | awk '{value[NR] = $1} END {print value[int((NR + 1) / 2)]}'; } # of the lines of its input

uptime_now() { cut -d' ' -f1 /proc/uptime; }

started_after() { # SECONDS PID: how long after that moment of uptime the process was started, to 10 ms
  awk -v since="$1" -v hertz="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); printf "%.2f\n", $20 / hertz - since}' "/proc/$2/stat"
}

guest_process() { cat "$(libvirt_dir "$1")/run/qemu/$(domain_of "$2").pid"; } # HOST WORKLOAD

# How much longer than virsh's way of starting it a workload takes from the apply: volume cloned from the image, port made and
# wired, domain defined.
figure_first_process() {
  local workload=housing/permits-archive/app host pid since applied=() started=() round
  for ((round = 0; round < figure_rounds; ++round)); do
    since=$(uptime_now)
    cli apply -f "$dir/site/first.yaml" --reason "a figure of the lab" > /dev/null
    runs() { host=$(virsh_host_of "$workload") && guest_process "$host" "$workload"; }
    wait_for 60 "$workload to run" runs
    host=$(virsh_host_of "$workload")
    applied+=("$(started_after "$since" "$(guest_process "$host" "$workload")")")
    cli stop "$workload" --reason "a figure of the lab" > /dev/null
    wait_for 60 "$workload to stop" no_domain "$host" "$workload"
    # The agent would stop what nobody asked for, so it is held meanwhile.
    pid=$(process_named "$host" causeway-agent)
    kill -STOP "$pid"
    since=$(uptime_now)
    virsh_on "$host" start "$(domain_of "$workload")" > /dev/null
    started+=("$(started_after "$since" "$(guest_process "$host" "$workload")")")
    kill -CONT "$pid"
    cli delete application housing/permits-archive --reason "a figure of the lab" > /dev/null
    wait_for 60 "its name to be free" no_line permits-archive cli get applications
  done
  printf '| from the apply to the process of QEMU, median of %d | %s s; virsh start of the same domain %s s |\n' \
    "$figure_rounds" "$(printf '%s\n' "${applied[@]}" | median)" "$(printf '%s\n' "${started[@]}" | median)"
}

figure_agent_memory() { # of one host's agent, with many workloads that it was given at once
  local pid
  cli host cordon h3 --reason "a figure of the lab" > /dev/null
  cli apply -f "$dir/site/many.yaml" --reason "a figure of the lab" > /dev/null
  all_run() { cli status many -o json | jq -e '.settled'; }
  wait_for 900 "all workloads to run" all_run
  pid=$(process_named h1 causeway-agent)
  printf '| resident memory of an agent, %d workloads on libvirt, Open vSwitch and Ceph | %s MiB |\n' \
    "$(virsh_on h1 list --name | grep -c .)" "$(awk '/^VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$pid/status")"
}

write_figure_waves() { # and room for them in the site
  sed -i 's/small: {vcpus: 8, memory: 2GiB/small: {vcpus: 64, memory: 16GiB/; s/capacity: 60GiB/capacity: 600GiB/' "$dir/site/site.yaml"
  sed -i 's/vcpus: 8, memory: 2GiB, volumes: 20GiB/vcpus: 100, memory: 16GiB, volumes: 200GiB/' "$dir/site/departments.yaml"
  write_figure_wave first permits-archive ''
  write_figure_wave many inspection-points "count: $figure_workloads"
}

write_figure_wave() { # WAVE APPLICATION COUNT
  cat > "$dir/site/$1.yaml" << WAVE
api: causeway/v1
kind: Wave
name: $1
title: $1
zone: extranet
applications:
  $2:
    title: $2
    department: housing
    mlps: 2
    workloads:
      app:
        $3
        image: causeway-guest
        vcpus: 1
        memory: 96MiB
        disks: {root: {size: 1GiB}}
        ports: {eth0: {network: housing-web}}
WAVE
}
