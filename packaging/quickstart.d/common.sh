# SPDX-License-Identifier: Apache-2.0
# What the quickstart and the lab are written in: messages, waiting for a condition, and the layout of the
# small cloud. Sourced. The caller sets before: source_dir (the checkout), dir (the cloud's own folder,
# absolute) and prefix (of its network namespaces).
# shellcheck shell=bash disable=SC2034  # the variables here are read by the other pieces

dir=${dir:-}
prefix=${prefix:-cw}
hosts=(h1 h2 h3)
zones=(extranet intranet)
# Extranet and intranet may share no host, so each host serves one of them.
declare -A zone_of=([h1]=extranet [h2]=intranet [h3]=extranet)

fabric_address=10.99.0.254 # management and storage: the scheduler and the Ceph monitor; host N has 10.99.0.N
underlay_mtu=1600          # room for VXLAN around a guest's 1500; userspace tunnels don't fragment

started_at=$SECONDS

say() { printf '%s\n' "$*"; }
step() { printf '[%3ds] %s\n' $((SECONDS - started_at)) "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

wait_for() { # SECONDS WHAT COMMAND…: polls until the command succeeds; says what it waited for when it never does
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    if ((SECONDS >= deadline)); then
      printf 'error: timed out waiting for %s\n' "$what" >&2
      return 1
    fi
    sleep 0.1
  done
}

number_of() { printf '%s' "${1#h}"; } # HOST: its number, the last byte of its addresses

zone_number() { # ZONE: its place in zones; the third byte of its underlay's addresses
  local i
  for i in "${!zones[@]}"; do [[ ${zones[$i]} == "$1" ]] && printf '%s' "$i" && return; done
  return 1
}

host_dir() { printf '%s/hosts/%s' "$dir" "$1"; }
host_address() { printf '10.99.0.%s' "$(number_of "$1")"; }
underlay_address() { printf '10.98.%s.%s' "$(zone_number "${zone_of[$1]}")" "$(number_of "$1")"; }
tunnel_port() { printf '%s' $((4789 + $(zone_number "$1"))); }

on_host() { # HOST COMMAND…: in the host's network namespace; a daemon must not keep the lock on descriptor 9
  local host=$1
  shift
  ip netns exec "$prefix-$host" "$@" 9>&-
}
