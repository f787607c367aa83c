# SPDX-License-Identifier: Apache-2.0
# The cases of the lab, in the order they run. The sentence of a case stands in its first line. Each starts
# from a cloud in which wave-1 runs, and leaves it so. Sourced by tests/lab/run.
# shellcheck shell=bash

case_wave() { # a wave becomes guests that boot from clones of the golden image and print GUEST-READY
  apply_wave wave-1
  wait_for_guests
  [[ $(guests | wc -l) -eq 7 ]]
}

case_same_domains() { # on each host, get workloads shows what virsh list shows
  local host
  for host in "${hosts[@]}"; do
    same "workloads on $host" \
      <(guests | awk -v host="$host" '$2 == host {gsub("/", ".", $1); print $1}') \
      <(virsh_on "$host" list --name | sed '/^$/d')
  done
}

case_same_volumes() { # in each zone, get volumes shows what rbd ls shows
  local zone
  for zone in "${zones[@]}"; do
    same "volumes in $zone" \
      <(cli get volumes -o json | jq -r --arg zone "$zone" '.items[] | select(.pool == $zone) | .name | gsub("/"; ".")') \
      <(rbd_admin ls -p "$zone" | grep -v '^image\.')
  done
}

case_same_ports() { # on each host, the switch has a port for each workload there, and no other
  local host
  for host in "${hosts[@]}"; do
    same "ports on $host" \
      <(guests | awk -v host="$host" '$2 == host {print $1 "/eth0"}') \
      <(ovs_vsctl "$host" --bare --columns=external_ids find Interface external_ids:causeway-port!=none |
        grep -o 'causeway-port=[^ ,]*' | sed 's/causeway-port=//; s/"//g')
  done
}

case_zones_apart() { # an intranet guest and an extranet guest share no host and no bridge
  local host zone
  for host in "${hosts[@]}"; do
    zone=${zone_of[$host]}
    same "zones of the workloads on $host" <(printf '%s\n' "$zone") \
      <(cli get workloads -o json | jq -r --arg host "$host" '.items[] | select(.host == $host) | .zone')
    same "bridges on $host" <(printf '%s\n' "phy-$zone" "cw-$zone") <(ovs_vsctl "$host" list-br)
  done
}

case_applications_apart() { # a guest gets an echo from its own application, across hosts too, and from nobody else
  local workload other other_address
  measure_reachability "$dir/reach"
  while read -r workload _ _; do
    while read -r other _ other_address; do
      [[ $other == "$workload" ]] && continue
      if [[ ${workload%/*} == "${other%/*}" ]]; then
        reached "$dir/reach" "$workload" "$other_address" || wrong "$workload does not reach $other"
      else
        ! reached "$dir/reach" "$workload" "$other_address" || wrong "$workload reaches $other"
      fi
    done < "$dir/reach/guests"
  done < "$dir/reach/guests"
  [[ ! -f $dir/wrong ]]
}

case_rule_churn() { # no permitted packet is lost and no denied one passes during 1,000 random rule updates, upgrades of the agent and restarts of the switch
  "$build_dir/tests/contract_network" --gtest_filter='RuleChurn.*' | tee "$dir/rule-churn"
  has_line 'PASSED' cat "$dir/rule-churn"
  sed -n '/permitted and as many denied/s/^/figure: /p' "$dir/rule-churn"
}

case_grants() { # who reaches whom, measured by ping and for a page, is what policy and switches say: before a grant, with it and after it
  local asker=housing/building-permits/web owner=civil-affairs/marriage-registration/web-1 host address
  host=$(virsh_host_of "$asker")
  address=$(guests | awk -v owner="$owner" '$1 == owner {print $3}')
  cli verify networks
  measured_is_policy before
  gets_nothing "$asker" "$host" "$address"

  cli grant add building-permits marriage-registration/http --until 2099-12-31 --reason "a test of the lab"
  wait_for 20 "the grant to open it" gets_page "$asker" "$host" "$address"
  cli verify networks
  measured_is_policy granted
  [[ $(policy_says "$asker" "$owner" tcp/80) == "yes yes" ]] || wrong "the grant opens nothing"

  # A connection that is open goes on with the grant, and is cut when it is revoked.
  has_line "^GOT $address web-1\$" ask_guest "$asker" "$host" "late $address"
  ask_guest "$asker" "$host" "late $address" > "$dir/cut" &
  wait_for 5 "its connection to be open" is_tracked "$(virsh_host_of "$owner")" "dst=$address"
  cli grant revoke building-permits marriage-registration/http --wait --reason "a test of the lab" > "$dir/revoked"
  wait "$!"
  grep "closed on every host; open connections cut: [1-9]" "$dir/revoked" || wrong "$(cat "$dir/revoked")"
  grep -q "^GOT $address nothing" "$dir/cut" || wrong "the connection went on: $(cat "$dir/cut")"
  cli verify networks
  measured_is_policy after
  diff "$dir/before/table" "$dir/after/table" || wrong "revoking does not bring back what was before"
  [[ ! -f $dir/wrong ]]
}

case_scheduler_killed() { # with the scheduler killed guests go on answering, and once restarted it converges
  local before
  before=$(guest_processes)
  kill_named fabric causeway-scheduler
  web_answers
  start_schedulers
  wait_for 60 "everything to converge" settled
  [[ $(guest_processes) == "$before" ]] || wrong "guests were restarted"
  [[ ! -f $dir/wrong ]]
}

case_agent_killed() { # with an agent killed its guests go on answering, and once restarted it adopts them untouched
  local before
  before=$(guest_processes)
  # The agent alone is away, for as long as this takes here: longer than the lease would be the death of its host.
  cli ha disarm --for 10m --reason "a test of the lab" > /dev/null
  kill_named h1 causeway-agent
  web_answers
  start_agent h1
  wait_for 60 "everything to converge" settled
  cli ha arm --reason "a test of the lab" > /dev/null
  [[ $(guest_processes) == "$before" ]] || wrong "guests were restarted"
  [[ ! -f $dir/wrong ]]
}

case_asked_while_away() { # what is asked while an agent is away is done when it is back
  local workload host
  read -r workload host _ < <(guests | grep ' h2 ' | head -n 1)
  kill_named "$host" causeway-agent
  cli stop "$workload" --reason "a test of the lab" > /dev/null
  has_line "^$(domain_of "$workload")\$" virsh_on "$host" list --name
  start_agent "$host"
  wait_for 60 "$workload to stop" no_domain "$host" "$workload"
  cli start "$workload" --reason "a test of the lab" > /dev/null
  wait_for 60 "$workload to run again" settled
}

case_imported() { # a volume imported from a qcow2 file holds what the old server had on it
  counts_on() { (($(records_of finance/budget/db h2) > old_records)); }
  wait_for 60 "finance/budget/db to count on from record $old_records" counts_on
}

case_guest_killed() { # a guest whose process dies is started again on its host, with its disk as it was
  local workload=civil-affairs/marriage-registration/db host records
  host=$(guests | awk -v workload="$workload" '$1 == workload {print $2}')
  records=$(records_of "$workload" "$host")
  : > "$(console_of "$workload" "$host")"
  kill -KILL "$(cat "$(libvirt_dir "$host")/run/qemu/$(domain_of "$workload").pid")"
  wait_for 60 "$workload to boot again" guest_ready "$workload" "$host"
  counted_on() { (($(records_of "$workload" "$host") >= records)); }
  wait_for 60 "$workload to go on from record $records" counted_on
}

case_switch_killed() { # a switch that is killed and started again gets its rules back
  kill_pid_file "$(ovs_dir h1)/ovs-vswitchd.pid"
  openvswitch_start_switch h1
  wait_for 60 "guests to reach each other again" web_answers
  case_applications_apart
}

case_switch_away() { # with Open vSwitch away a new workload says what it waits for, and runs when it is back
  local host daemon
  cli delete application housing/building-permits --reason "a test of the lab" > /dev/null
  wait_for 60 "its name to be free" no_line building-permits cli get applications
  for host in h1 h3; do
    for daemon in ovs-vswitchd ovsdb-server; do kill_pid_file "$(ovs_dir "$host")/$daemon.pid"; done
  done
  cli apply -f "$dir/site/wave-1.yaml" --reason "a test of the lab" > /dev/null
  wait_for 30 "the new workload to say what it waits for" waits_on_switch housing/building-permits/web
  for host in h1 h3; do
    openvswitch_start_database "$host"
    openvswitch_start_switch "$host"
  done
  case_wave
  wait_for 60 "guests to reach each other again" web_answers
}

case_libvirt_away() { # with libvirt away guests go on, and what was asked says what it waits for, and is done in the end
  local workload=finance/budget/app before
  before=$(guest_processes)
  kill_pid_file "$(libvirt_dir h2)/libvirtd.pid"
  cli stop "$workload" --reason "a test of the lab" > /dev/null
  wait_for 30 "$workload to say what it waits for" waits "$workload"
  same "guests" <(printf "%s\n" "$before") <(guest_processes)
  libvirt_start h2
  wait_for 60 "$workload to stop" no_domain h2 "$workload"
  cli start "$workload" --reason "a test of the lab" > /dev/null
  wait_for 60 "$workload to run again" settled
}

case_ceph_away() { # with the storage away guests go on, and what was asked is done when it is back
  kill_pid_file "$(ceph_dir)/run/osd.0.pid"
  cli delete application housing/building-permits --reason "a test of the lab" > /dev/null
  web_answers
  ceph_start_osd
  wait_for 90 "its volumes to be gone" no_volume building-permits
  wait_for 60 "its name to be free" no_line building-permits cli get applications
  case_wave
}

case_storage_full() { # with the storage full guests go on, and what was asked says so, and is done when there is room
  local ratio workload=civil-affairs/marriage-registration/web-1
  cli delete application housing/building-permits --reason "a test of the lab" > /dev/null
  wait_for 60 "its name to be free" no_line building-permits cli get applications
  for ratio in nearfull backfillfull full; do ceph_admin osd "set-$ratio-ratio" 0.0001; done
  wait_for 30 "Ceph to call itself full" has_line OSD_FULL ceph_admin health detail
  cli apply -f "$dir/site/wave-1.yaml" --reason "a test of the lab" > /dev/null
  wait_for 30 "the new workload to say what it waits for" \
    has_line "the storage is full" cli get workloads -o json
  has_line "^$(domain_of "$workload")\$" virsh_on "$(virsh_host_of "$workload")" list --name
  ceph_admin osd set-full-ratio 0.95
  ceph_admin osd set-backfillfull-ratio 0.9
  ceph_admin osd set-nearfull-ratio 0.85
  case_wave
}

case_stranger() { # a key that nobody allowed is refused with the way to allow it, and so is an agent that claims another host's name
  local config=$dir/stranger.yaml agent=$dir/impostor before
  before=$(guest_processes)
  key stranger
  sed 's/admin\.key/stranger.key/' "$dir/client.yaml" > "$config"
  if CAUSEWAY_CONFIG=$config "$build_dir/bin/causeway" get hosts 2> "$dir/refusal"; then wrong "the stranger was let in"; fi
  grep -q "refuses this key; an operator lets it in with .causeway key allow." "$dir/refusal" || wrong "$(cat "$dir/refusal")"
  mkdir -p "$agent"
  sed "s#keys/h1\.key#keys/h2.key#; s#state_dir: .*#state_dir: $agent#" "$(host_dir h1)/agent.yaml" > "$agent/agent.yaml"
  ip netns exec "$prefix-h1" "$build_dir/bin/causeway-agent" --config "$agent/agent.yaml" < /dev/null > "$agent/agent.log" 2>&1 9>&- &
  wait_for 20 "the impostor to be refused" \
    has_line "the agent of host h2 claims to be host h1" cat "$dir/scheduler/s1.log"
  kill "$!"
  wait "$!" || true
  wait_for 20 "everything to be as it was" settled
  [[ $(guest_processes) == "$before" ]] || wrong "guests were restarted"
  [[ ! -f $dir/wrong ]]
}

case_deleted() { # a deleted application leaves no domain, volume or port, and can be placed again
  local host
  cli delete application housing/building-permits --reason "a test of the lab" > /dev/null
  for host in h1 h3; do
    wait_for 60 "its domain to be gone from $host" no_line building-permits virsh_on "$host" list --all --name
    wait_for 60 "its ports to be gone from $host" \
      no_line building-permits ovs_vsctl "$host" --bare --columns=external_ids list Interface
  done
  wait_for 60 "its volumes to be gone" no_volume building-permits
  wait_for 60 "its name to be free" no_line building-permits cli get applications
  case_wave
}

# Both networks of a host go over one link here. Its guests and its agent are frozen as well, so that they wake up
# in the middle of what they were writing, behind the fence.
case_host_lost() { # a frozen host is fenced, what it ran goes on elsewhere from its last record, and it comes back clean
  local workload=civil-affairs/marriage-registration/db host frozen=() began
  host=$(virsh_host_of "$workload")
  acknowledged=$(records_of "$workload" "$host")
  mapfile -t frozen < <(
    guest_processes | awk -v host="$host" '$1 == host {print $2}'
    process_named "$host" causeway-agent
  )
  began=$(uptime_now)
  kill -STOP "${frozen[@]}"
  ip -n "$prefix-$host" link set management0 down
  goes_on_elsewhere "$workload" "$host" "$began"
  ip -n "$prefix-$host" link set management0 up
  kill -CONT "${frozen[@]}"
  comes_back_clean "$workload" "$host" "$began"
}

case_cut_both() { # a host that is cut off from both networks is fenced while its guests write, they go on elsewhere, and it comes back clean
  local workload=civil-affairs/marriage-registration/db host began
  host=$(virsh_host_of "$workload")
  began=$(uptime_now)
  cut_off "$host" management storage
  sleep 3 # what was on its way has arrived; it goes on writing, and nothing arrives any more
  acknowledged=$(records_of "$workload" "$host")
  ((acknowledged > 0)) || wrong "the guest said nothing of its records"
  goes_on_elsewhere "$workload" "$host" "$began"
  wait_for 60 "$host to have stopped it, for the end of its lease" no_domain "$host" "$workload"
  figure "stopped by its own host after" "$began"
  mend "$host"
  comes_back_clean "$workload" "$host" "$began"
  [[ ! -f $dir/wrong ]]
}

case_cut_management() { # a host that is cut off from management only is shown as isolated, and nothing moves: its guests write and answer
  local workload=civil-affairs/marriage-registration/db host before records began
  host=$(virsh_host_of "$workload")
  before=$(guest_processes)
  began=$(uptime_now)
  cut_off "$host" management
  wait_for 60 "$host to be isolated" has_line "$host.*isolated" cli ha status
  figure "shown as isolated after" "$began"
  records=$(records_of "$workload" "$host")
  sleep 30 # two leases, in which nothing is to happen
  has_line "$host.*isolated" cli ha status
  counted_on() { (($(records_of "$workload" "$host") > records + 20)); }
  wait_for 10 "$workload to have written all the time" counted_on
  web_answers
  no_line "dead\|fenced" cli ha status
  no_line cidr: ceph_admin osd blocklist ls
  began=$(uptime_now)
  mend "$host"
  wait_for 60 "$host to be back" has_line "$host.*up" cli ha status
  figure "up again after the heal, in" "$began"
  wait_for 60 "everything to converge" settled
  same "guests" <(printf '%s\n' "$before") <(guest_processes)
}

case_cut_storage() { # guests of a host that is cut off from the storage only wait for it, nothing moves, and they go on when it is back
  local workload=civil-affairs/marriage-registration/db host before records began
  host=$(virsh_host_of "$workload")
  before=$(guest_processes)
  cut_off "$host" storage
  sleep 3 # what was on its way has arrived
  records=$(records_of "$workload" "$host")
  sleep 30 # two leases, in which nothing is to happen
  (($(records_of "$workload" "$host") == records)) || wrong "$workload writes without its storage"
  no_line "dead\|fenced" cli ha status
  wait_for 30 "an operator to see it" has_line "$host.*: the storage" cli ha status
  no_line cidr: ceph_admin osd blocklist ls
  same "guests" <(printf '%s\n' "$before") <(guest_processes)
  began=$(uptime_now)
  mend "$host"
  counted_on() { (($(records_of "$workload" "$host") > records)); }
  wait_for 90 "$workload to write again" counted_on
  figure "writes again after the heal, in" "$began"
  web_answers
  wait_for 60 "everything to converge" settled
  same "guests" <(printf '%s\n' "$before") <(guest_processes)
  [[ ! -f $dir/wrong ]]
}

# Every command is given once; the command line itself finds who leads and asks again under the same request.
case_leader_killed() { # whoever leads of two schedulers may be killed while a wave is applied: all that was acknowledged is there, and nothing twice
  local round old status stream host before
  wait_for 30 "a scheduler to lead" leader
  host=$(virsh_host_of housing/building-permits/web)
  cli --timeout 40s delete application housing/building-permits --reason "a test of the lab" > /dev/null
  wait_for 60 "its domain to be gone" no_domain "$host" housing/building-permits/web
  before=$(guest_processes)
  for round in 1 2 3; do
    ((round == 1)) || cli --timeout 40s delete application housing/building-permits --reason "a test of the lab" > /dev/null
    wait_for 60 "its name to be free" no_line building-permits cli get applications
    old=$(leader)
    acknowledge_keys "$round" &
    stream=$!
    cli --timeout 40s apply -f "$dir/site/wave-1.yaml" --reason "round $round of the lab" > "$dir/applied.$round" 2>&1 9>&- &
    sleep "0.$((RANDOM % 6))" # a random moment of the apply
    kill_scheduler "$old"
    status=0
    wait "$!" || status=$?
    ((status == 0)) || wrong "round $round: the apply failed: $(cat "$dir/applied.$round")"
    wait_for 20 "the other scheduler to lead" leads_not "$old"
    wait_for 30 "commands to be acknowledged again" enough_keys "$round"
    touch "$dir/enough.$round"
    wait "$stream"
    start_schedulers
    wait_for 20 "$old to stand by" scheduler_said "$old" "stands by"
    cat "$dir/acknowledged.$round" >> "$dir/acknowledged"
    wait_for 120 "all that was asked to run" settled
    wait_for_guests
  done
  cli get keys -o name | sort > "$dir/keys-there"
  same "commands that were acknowledged" <(grep . "$dir/acknowledged") <(sort "$dir/acknowledged" | comm -12 - "$dir/keys-there")
  cli get events -o json | jq -r '.items[] | select(.verb == "key-allow") | .subject' | sort | uniq -d > "$dir/twice"
  [[ ! -s $dir/twice ]] || wrong "carried out twice: $(cat "$dir/twice")"
  [[ $(guests | wc -l) -eq 7 ]] || wrong "not all of the wave is there"
  cli state check
  same "guests but the one that came and went" <(printf '%s\n' "$before") <(guest_processes | grep -xF "$before")
  [[ ! -f $dir/wrong ]]
}

case_osd_killed() { # an OSD that dies and comes back is found again by everybody: guests write on, commands are carried out, and schedulers lead or stand by
  local workload=finance/budget/db host records before began name round
  host=$(virsh_host_of "$workload")
  before=$(guest_processes)
  for round in 1 2 3; do
    records=$(records_of "$workload" "$host")
    kill_pid_file "$(ceph_dir)/run/osd.0.pid"
    sleep "0.$((RANDOM % 10))" # who asks meanwhile is refused, and hears of it by the monitor later
    began=$(uptime_now)
    ceph_start_osd
    wait_for 30 "a command to be carried out" cli --timeout 20s key allow "osd$round" --key "$(printf '%040d' "$round")" \
      --role supervisor --reason "round $round of the lab"
    figure "a command is carried out after" "$began"
    counted_on() { (($(records_of "$workload" "$host") > records)); }
    wait_for 60 "$workload to write again" counted_on
    figure "a guest writes again after" "$began"
    start_schedulers # what a supervisor would: one that led may have ended
    for name in "${schedulers[@]}"; do
      wait_for 30 "$name to know who leads" scheduler_said "$name" " serves | leads"
    done
    wait_for 60 "everything to converge" settled
  done
  same "guests" <(printf '%s\n' "$before") <(guest_processes)
  [[ ! -f $dir/wrong ]]
}

case_down() { # taking it down leaves no process, namespace or mount behind
  fabric_down
  ceph_down
  [[ -z $(namespaces) && -z $(processes) ]]
  ! grep -q "$dir" /proc/mounts
}

# --- what the cases are told in ---

# Management and storage of a host go over one link here, and are told apart by the ports at their other ends.
cut_off() { # HOST management|storage…: packets of both directions are dropped, so that open connections hang
  local host=$1 network port
  shift
  for network in "$@"; do
    for port in $([[ $network == management ]] && printf 7410:7419 || printf '3300 6789 6800:7300'); do
      on_host "$host" iptables -A OUTPUT -p tcp --dport "$port" -j DROP
      on_host "$host" iptables -A INPUT -p tcp --sport "$port" -j DROP
    done
  done
}

mend() { on_host "$1" iptables -F; } # HOST

figure() { # WORDS BEGAN: the time since then, for whoever reads the run
  awk -v words="$1" -v began="$2" '{printf "figure: %s %.1f s\n", words, $1 - began}' /proc/uptime
}

# A data disk's first block holds the newest record, and is read here without a client of the guest's.
record_on_disk() { # WORKLOAD
  local image
  image=$(domain_of "$1").data
  image=$(rbd_admin info "extranet/$image" --format json | jq -r .block_name_prefix)
  in_fabric timeout 20 rados -p extranet get "$image.0000000000000000" - | head -c 512 | tr -dc 0-9
}

goes_on_elsewhere() { # WORKLOAD HOST BEGAN: it is fenced, then the workload runs elsewhere; nothing acknowledged is lost
  local workload=$1 host=$2 began=$3 other
  other=$([[ $host == h1 ]] && printf h3 || printf h1)
  : > "$(console_of "$workload" "$other")" || true
  wait_for 60 "$host to be fenced" has_line "$host.*fenced" cli ha status
  figure "fenced after" "$began"
  (($(record_on_disk "$workload") >= acknowledged)) || wrong "record $acknowledged was acknowledged, and is not on the disk"
  wait_for 90 "$workload to run on $other" guest_ready "$workload" "$other"
  figure "runs elsewhere after" "$began"
  counted_on() { (($(records_of "$workload" "$other") > acknowledged)); }
  wait_for 60 "$workload to go on from record $acknowledged" counted_on
  figure "writes again after" "$began"
}

# A record that the lost host's guest would still write is older than what its successor has written since.
comes_back_clean() { # WORKLOAD HOST BEGAN: behind its fence, which is lifted when nothing is left of what it had
  local workload=$1 host=$2 began=$3 other healed newest=0 record
  other=$([[ $host == h1 ]] && printf h3 || printf h1)
  healed=$(uptime_now)
  until has_line "$host.*: up" cli ha status > /dev/null; do
    record=$(record_on_disk "$workload")
    ((record >= newest)) || wrong "record $record was written over record $newest"
    newest=$record
    awk -v healed="$healed" '{exit $1 - healed > 120}' /proc/uptime || { wrong "$host does not come back"; break; }
  done
  figure "up again after the heal, in" "$healed"
  no_line "$(domain_of "$workload")" virsh_on "$host" list --all --name
  no_line cidr: ceph_admin osd blocklist ls
  counted_on() { (($(records_of "$workload" "$other") > newest)); }
  wait_for 60 "$workload to go on writing where it is" counted_on
  wait_for 60 "everything to converge" settled
  [[ ! -f $dir/wrong ]]
}

wrong() { # MESSAGE: notes it and goes on, so that one run shows everything
  printf '%s\n' "$*" | tee -a "$dir/wrong"
}

same() { # WHAT EXPECTED FOUND: two files with the same lines, in any order
  local difference
  difference=$(diff <(sort -u "$2") <(sort -u "$3")) || { printf '%s differ:\n%s\n' "$1" "$difference" && return 1; }
}

# The output is taken whole before it is looked at: a command that writes to a closed pipe would count as failed.
has_line() { # PATTERN COMMAND…: the command succeeds and prints such a line
  local pattern=$1 lines
  shift
  lines=$("$@") && grep -q "$pattern" <<< "$lines"
}

no_line() { # PATTERN COMMAND…: the command succeeds and prints no such line
  local pattern=$1 lines
  shift
  lines=$("$@") && ! grep -q "$pattern" <<< "$lines"
}

no_volume() { no_line "$1" rbd_admin ls -p extranet; } # PATTERN

# Every pair of guests: what was measured, by ping and at port 80, beside what policy and switches say. The
# table of it stays in FOLDER/table.
measured_is_policy() { # FOLDER
  local workload other address what says found
  measure_reachability "$dir/$1/reach"
  measure_reachability "$dir/$1/get" get
  while read -r workload _ _; do
    while read -r other _ address; do
      [[ $other == "$workload" ]] && continue
      for what in reach get; do
        found=no
        if reached "$dir/$1/$what" "$workload" "$address"; then found=yes; fi
        says=$(policy_says "$workload" "$other" "$([[ $what == reach ]] && printf ping || printf tcp/80)")
        # All asked at the same time, and an emulated guest may be too slow; what is denied gets no second chance.
        if [[ $found == no && $says == "yes yes" ]] && wait_for 30 "an answer" answers_once "$workload" "$what" "$address"; then
          found=yes
        fi
        printf '%s %s %s %s\n' "$workload" "$other" "$what" "$found"
        [[ $says == "$found $found" ]] || wrong "$1: $workload to $other, $what: measured $found; policy and switches: $says" >&2
      done
    done < "$dir/$1/reach/guests"
  done < "$dir/$1/reach/guests" > "$dir/$1/table"
}

policy_says() { # WORKLOAD OTHER WHAT: "yes yes" if policy and switches let it pass
  { cli reach "$1" "$2" "$3" -o json || true; } | jq -r '.items[0] | "\(.policy) \(.switches)"'
}

answers_once() { # WORKLOAD reach|get ADDRESS
  local lines
  lines=$(ask_guest "$1" "$(virsh_host_of "$1")" "$2 $3") && grep -E "^(REACH $3 yes|GOT $3 )" <<< "$lines" | grep -qv ' nothing$'
}

gets_page() { # WORKLOAD HOST ADDRESS
  local lines
  lines=$(ask_guest "$1" "$2" "get $3") && grep -q "^GOT $3 " <<< "$lines" && ! grep -q ' nothing$' <<< "$lines"
}
gets_nothing() { has_line "^GOT $3 nothing" ask_guest "$1" "$2" "get $3"; } # WORKLOAD HOST ADDRESS

is_tracked() { # HOST PATTERN: the host's switch knows a connection to it that is open
  on_host "$1" ovs-appctl -t "$(ovs_dir "$1")/ovs-vswitchd.ctl" dpctl/dump-conntrack > "$dir/conntrack"
  grep "$2" "$dir/conntrack" | grep -q ESTABLISHED
}

guest_processes() { # the pids of all guests, which stay the same as long as none was restarted
  local host
  for host in "${hosts[@]}"; do
    for pid in "$(libvirt_dir "$host")"/run/qemu/*.pid; do
      [[ $pid == */driver.pid ]] || printf '%s %s\n' "$host" "$(cat "$pid")" # that one is libvirtd's own
    done
  done
}

acknowledge_keys() { # ROUND: commands one after the other, until told that it is enough; notes what was acknowledged
  local number name letters
  : > "$dir/acknowledged.$1"
  for ((number = 1; number < 1000; ++number)); do
    [[ ! -e $dir/enough.$1 ]] || return 0
    name=round$1-$number
    printf -v letters '%-40s' "${name//[!a-z0-9]/}"
    if cli --timeout 40s key allow "$name" --key "${letters// /k}" --role supervisor --reason "a test of the lab" > /dev/null; then
      printf '%s\n' "$name" >> "$dir/acknowledged.$1"
    fi
  done
}

enough_keys() { # ROUND: some more since this was asked for the first time
  local file=$dir/acknowledged.$1
  [[ -f $file.before ]] || wc -l < "$file" > "$file.before"
  (($(wc -l < "$file") >= $(cat "$file.before") + 3))
}

leads_not() { # SCHEDULER: another one leads
  local name
  name=$(leader) && [[ $name != "$1" ]]
}

kill_scheduler() { # SCHEDULER
  local pid
  pid=$(scheduler_process "$1")
  kill_process "$pid"
}

revive() { # starts what a case that failed left dead, so that the next one tells something of its own
  local host
  start_schedulers
  for host in "${hosts[@]}"; do
    process_named "$host" causeway-agent > /dev/null || start_agent "$host"
  done
}

kill_process() { # PID: until what it held, such as locks, is free for who comes next
  kill -KILL "$1"
  wait_for 20 "process $1 to end" has_ended "$1"
}

# One that is being taken apart has no command line any more, but still its files. It has closed them once it is gone, or
# a zombie of which no thread is left.
has_ended() { # PID
  local status threads
  status=$(cat "/proc/$1/status" 2> /dev/null) || return 0
  threads=("/proc/$1/task/"*)
  grep -q "^State:.[ZX]" <<< "$status" && ((${#threads[@]} == 1))
}

kill_pid_file() { kill_process "$(cat "$1")"; } # FILE

kill_named() { # HOST|fabric PROGRAM
  local pid
  pid=$(process_named "$1" "$2")
  kill_process "$pid"
}

waits() { # WORKLOAD
  cli get workloads -o json | jq -e --arg name "$1" '.items[] | select(.name == $name and .waiting != "")'
}

waits_on_switch() { # WORKLOAD
  cli get workloads -o json |
    jq -e --arg name "$1" '.items[] | select(.name == $name and (.waiting | test("Open vSwitch|OpenFlow|ovs-vswitchd")))'
}

settled() { cli status wave-1 -o json | jq -e '.settled'; }

no_domain() { no_line "^$(domain_of "$2")\$" virsh_on "$1" list --name; } # HOST WORKLOAD

# web-1 fetches a page from the database server, which may run on another host.
web_answers() {
  local host
  host=$(virsh_host_of civil-affairs/marriage-registration/web-1)
  has_line '^GOT 10.52.3.21 db$' ask_guest civil-affairs/marriage-registration/web-1 "$host" "get 10.52.3.21"
}

virsh_host_of() { # WORKLOAD: where it runs, without asking the scheduler
  local host
  for host in "${hosts[@]}"; do
    if has_line "^$(domain_of "$1")\$" virsh_on "$host" list --name; then printf '%s' "$host" && return; fi
  done
  return 1
}

records_of() { # WORKLOAD HOST
  local console line
  console=$(console_of "$1" "$2")
  ask_guest "$1" "$2" "reach 127.0.0.1" > /dev/null
  line=$(grep -a '^RECORDS' "$console" | tail -n 1 | tr -d '\r')
  printf '%s' "${line#RECORDS }"
}
