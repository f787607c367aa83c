# SPDX-License-Identifier: Apache-2.0
# The cables: a namespace for what all hosts share (the fabric) and one per host. Every process of the cloud
# runs in one of them, which is also how --down finds it. Sourced after common.sh.
# shellcheck shell=bash

# One network for management and storage, and an underlay per zone that only the zone's hosts are plugged
# into.
fabric_up() {
  local fabric=$prefix-fabric host zone
  ip netns add "$fabric"
  ip -n "$fabric" link set lo up
  ip -n "$fabric" link add management type bridge
  ip -n "$fabric" addr add "$fabric_address/24" dev management
  ip -n "$fabric" link set management up
  for zone in "${zones[@]}"; do
    ip -n "$fabric" link add "und-$zone" mtu "$underlay_mtu" type bridge
    ip -n "$fabric" link set "und-$zone" up
  done
  for host in "${hosts[@]}"; do plug_host "$host"; done
}

plug_host() { # HOST: management0 carries its address; uplink0 is for the switch of its zone
  local fabric=$prefix-fabric host=$1 netns=$prefix-$1
  ip netns add "$netns"
  ip -n "$netns" link set lo up
  ip -n "$netns" link add management0 type veth peer name "$host-man" netns "$fabric"
  ip -n "$fabric" link set "$host-man" master management up
  ip -n "$netns" addr add "$(host_address "$host")/24" dev management0
  ip -n "$netns" link set management0 up
  ip -n "$netns" link add uplink0 mtu "$underlay_mtu" type veth peer name "$host-und" mtu "$underlay_mtu" netns "$fabric"
  ip -n "$fabric" link set "$host-und" master "und-${zone_of[$host]}" up
  # With a switch in userspace the kernel hears uplink0 too, and would say that the underlay address is there, while it is
  # at the switch's bridge: a neighbour that hears this last sends its packets to where no tunnel ends.
  on_host "$host" bash -c 'echo 8 > /proc/sys/net/ipv4/conf/uplink0/arp_ignore'
  ip -n "$netns" link set uplink0 up
  # The switch forwards in userspace: a checksum left to hardware that isn't there would be wrong on arrival.
  on_host "$host" ethtool -K uplink0 tx off > /dev/null
}

namespaces() { # none where iproute2 has not been installed yet
  command -v ip > /dev/null || return 0
  ip netns list | awk -v prefix="$prefix-" 'index($1, prefix) == 1 {print $1}'
}

processes() { # every process in one of the cloud's namespaces; a dead one that nobody has reaped does not count
  local netns pid
  for netns in $(namespaces); do
    for pid in $(ip netns pids "$netns" 2> /dev/null); do
      grep -qs '^State:.Z' "/proc/$pid/status" || printf '%s\n' "$pid"
    done
  done
}

no_processes() { [[ -z $(processes) ]]; }

fabric_down() { # ends what runs in the namespaces, then removes them
  local netns
  processes | xargs -r kill -TERM 2> /dev/null || true
  if ! wait_for 5 "processes to end" no_processes 2> /dev/null; then
    processes | xargs -r kill -KILL 2> /dev/null || true
    wait_for 10 "processes to be killed" no_processes || true
  fi
  for netns in $(namespaces); do ip netns del "$netns"; done
}
