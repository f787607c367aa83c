# SPDX-License-Identifier: Apache-2.0
# The schedulers with their keys and configurations: one with its state in a file, or several that share theirs on
# Ceph, of which one leads. Sourced after causeway.sh and ceph.sh; the caller may set schedulers before.
# shellcheck shell=bash

[[ -v schedulers ]] || schedulers=(s1)

name_schedulers() { # NUMBER
  local number
  schedulers=()
  for ((number = 1; number <= $1; ++number)); do schedulers+=("s$number"); done
}

schedulers_of_folder() { # how many the cloud in the folder has; 0 if there is none
  find "$dir/scheduler" -name 's*.yaml' 2> /dev/null | wc -l
}

clients_endpoint() { printf 'ipc://%s/scheduler/%s-clients.sock' "$dir" "$1"; } # SCHEDULER
agents_endpoint() { # SCHEDULER
  if [[ ${mode:-real} == simulated ]]; then
    printf 'ipc://%s/scheduler/%s-agents.sock' "$dir" "$1"
  else
    printf 'tcp://%s:%s' "$fabric_address" $((7409 + ${1#s}))
  fi
}

scheduler_endpoints() { # clients|agents: all of them, as the settings of what connects name them
  local name separator=
  printf '{'
  for name in "${schedulers[@]}"; do
    printf '%s%s: {address: "%s", key: "%s"}' "$separator" "$name" "$("$1_endpoint" "$name")" "$(public_key "$name")"
    separator=', '
  done
  printf '}'
}

scheduler_state() {
  if ((${#schedulers[@]} == 1)); then
    printf '{file: %s/scheduler/state.db}' "$dir"
  else
    printf '{ceph: {conf: "%s", pool: causeway, namespace: site, client: state, keyring: "%s"}}' \
      "$(ceph_dir)/hosts.conf" "$dir/scheduler/state.keyring"
  fi
}

write_scheduler_configs() { # and the administrator's
  local name
  key admin
  mkdir -p "$dir/scheduler"
  for name in "${schedulers[@]}"; do
    key "$name"
    cat > "$dir/scheduler/$name.yaml" << CONF
api: causeway/v1
kind: Scheduler
name: $name
listen: {clients: "$(clients_endpoint "$name")", agents: "$(agents_endpoint "$name")"}
key_file: $dir/keys/$name.key
state: $(scheduler_state)
operators: {admin: "$(public_key admin)"}
CONF
    [[ ! -f $dir/scheduler/ceph.keyring ]] ||
      printf 'ceph: {conf: "%s", client: scheduler, keyring: "%s"}\n' "$(ceph_dir)/hosts.conf" "$dir/scheduler/ceph.keyring" \
        >> "$dir/scheduler/$name.yaml"
  done
  cat > "$dir/client.yaml" << CONF
api: causeway/v1
kind: Client
schedulers: $(scheduler_endpoints clients)
key_file: $dir/keys/admin.key
CONF
}

scheduler_process() { # SCHEDULER: its pid; fails if it doesn't run
  local pid
  for pid in $(process_named fabric causeway-scheduler); do
    if grep -qzsxF "$dir/scheduler/$1.yaml" "/proc/$pid/cmdline"; then printf '%s\n' "$pid" && return; fi
  done
  return 1
}

scheduler_said() { # SCHEDULER PATTERN: in its last word on who leads
  grep -aE ' (serves|stands by|ends|deposes)( |$)' "$dir/scheduler/$1.log" | tail -n 1 | grep -qE "$2"
}

leader() { # the scheduler that leads; fails while none does
  local name
  for name in "${schedulers[@]}"; do
    if scheduler_process "$name" > /dev/null && scheduler_said "$name" ' serves '; then printf '%s' "$name" && return; fi
  done
  return 1
}

run_scheduler() { # SCHEDULER
  setsid ip netns exec "$prefix-fabric" \
    "$build_dir/bin/causeway-scheduler" --config "$dir/scheduler/$1.yaml" < /dev/null \
    >> "$dir/scheduler/$1.log" 2>&1 9>&- &
}

start_schedulers() { # those that don't run; until one answers
  local name
  for name in "${schedulers[@]}"; do scheduler_process "$name" > /dev/null || run_scheduler "$name"; done
  wait_for 20 "a scheduler to answer" cli get hosts
}
