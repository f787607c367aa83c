# SPDX-License-Identifier: Apache-2.0
# Asks the guests themselves, on their serial lines, whom they reach. Sourced after common.sh, libvirt.sh and
# causeway.sh.
# shellcheck shell=bash

guests() { # prints a line per virtual machine: workload host address
  cli get workloads -o json |
    jq -r '.items[] | select(.host != "" and (.addresses | length) > 0) | "\(.name) \(.host) \(.addresses[0])"'
}

domain_of() { printf '%s' "${1//\//.}"; }                                           # WORKLOAD
console_of() { printf '%s/agent/console/%s.log' "$(host_dir "$2")" "$(domain_of "$1")"; } # WORKLOAD HOST

guest_ready() { # WORKLOAD HOST: it is up under its own name, which it has from its seed
  grep -aqs "^GUEST-READY ${1##*/} " "$(console_of "$1" "$2")"
}

answers_after() { # CONSOLE BYTES PATTERN: the lines that came after so many bytes of the log
  tail -c "+$(($2 + 1))" "$1" | tr -d '\r' | grep -aE "$3"
}

# Sends lines to a guest and prints its answers, one for each line, in the order they come. QEMU looks only
# every second whether somebody has opened the serial line, so it is held open, drained, and prodded until the
# guest answers.
ask_guest() ( # WORKLOAD HOST LINE…
  workload=$1 host=$2
  shift 2
  console=$(console_of "$workload" "$host")
  line=$(virsh_on "$host" ttyconsole "$(domain_of "$workload")")
  [[ -c $line ]] || fail "$workload has no serial line on $host"
  exec 3<> "$line"
  cat <&3 > /dev/null &
  drain=$!
  trap 'kill $drain 2> /dev/null' EXIT
  before=$(stat -c %s "$console")
  answered() { answers_after "$console" "$before" "$1" | awk -v least="$2" 'END {exit NR < least}'; }
  prodded() { printf 'records\n' >&3 && sleep 0.2 && answered '^RECORDS' 1; }
  wait_for 10 "the serial line of $workload" prodded
  printf '%s\n' "$@" >&3
  wait_for $((10 + $#)) "answers of $workload" answered '^(REACH|GOT)' $# || true
  answers_after "$console" "$before" '^(REACH|GOT)'
)

# Each guest tries to reach each other one, all at the same time: by ping (reach), or for a page (get). Writes
# a file of answers per guest into FOLDER.
measure_reachability() { # FOLDER [VERB]
  local workload host address asking questions=() waiting=()
  mkdir -p "$1"
  guests > "$1/guests"
  while read -r workload host address; do questions+=("${2:-reach} $address"); done < "$1/guests"
  while read -r workload host address; do
    ask_guest "$workload" "$host" "${questions[@]}" > "$1/$(domain_of "$workload")" &
    waiting+=($!)
  done < "$1/guests"
  for asking in "${waiting[@]}"; do wait "$asking"; done
}

reached() { # FOLDER WORKLOAD ADDRESS: whether it was measured to reach it
  grep -sE "^(REACH $3 yes|GOT $3 )" "$1/$(domain_of "$2")" | grep -qv ' nothing$'
}

print_matrix() { # FOLDER
  local workload other host address n=0 row
  say "Who reaches whom (row to column), as the guests themselves measured it:"
  while read -r workload host address; do
    n=$((n + 1)) row=
    while read -r other _ address; do
      if [[ $other == "$workload" ]]; then
        row+="  ."
      elif reached "$1" "$workload" "$address"; then
        row+="  x"
      else
        row+="  -"
      fi
    done < "$1/guests"
    printf '  %2d %-44s %-3s %-9s %s\n' "$n" "$workload" "$host" "${zone_of[$host]}" "$row"
  done < <(cat "$1/guests")
}
