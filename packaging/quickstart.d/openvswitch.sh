# SPDX-License-Identifier: Apache-2.0
# An Open vSwitch of its own for each host, in its namespace, with the userspace datapath. The agent makes the
# zone's bridges; here is only the bridge that carries the underlay address, because a userspace tunnel can
# only start from a port of the switch. Sourced.
# shellcheck shell=bash

ovs_dir() { printf '%s/openvswitch' "$(host_dir "$1")"; }

ovs_vsctl() { # HOST ARGUMENTS…
  local host=$1
  shift
  timeout 15 ovs-vsctl --db="unix:$(ovs_dir "$host")/db.sock" "$@"
}

ovs_daemon() { # HOST DAEMON ARGUMENTS…: detached, with all its files in the host's folder
  local host=$1 daemon=$2 folder
  folder=$(ovs_dir "$host")
  shift 2
  OVS_RUNDIR=$folder OVS_LOGDIR=$folder OVS_DBDIR=$folder OVS_SYSCONFDIR=$folder on_host "$host" "$daemon" -vconsole:off "$@" \
    --pidfile="$folder/$daemon.pid" --log-file="$folder/$daemon.log" --unixctl="$folder/$daemon.ctl" \
    --detach --no-chdir
}

openvswitch_start_database() { # HOST
  ovs_daemon "$1" ovsdb-server "$(ovs_dir "$1")/conf.db" --remote="punix:$(ovs_dir "$1")/db.sock"
}
openvswitch_start_switch() { ovs_daemon "$1" ovs-vswitchd "unix:$(ovs_dir "$1")/db.sock"; } # HOST
ovs_switch_answers() { timeout 15 ovs-appctl -t "$(ovs_dir "$1")/ovs-vswitchd.ctl" version; } # HOST

openvswitch_up() { # HOST
  local host=$1 folder bridge=phy-${zone_of[$1]}
  folder=$(ovs_dir "$host")
  mkdir -p "$folder"
  ovsdb-tool create "$folder/conf.db" /usr/share/openvswitch/vswitch.ovsschema
  openvswitch_start_database "$host"
  ovs_vsctl "$host" --no-wait init
  openvswitch_start_switch "$host"
  ovs_vsctl "$host" add-br "$bridge" -- set bridge "$bridge" datapath_type=netdev \
    -- add-port "$bridge" uplink0 -- set interface "$bridge" mtu_request="$underlay_mtu"
  ip -n "$prefix-$host" addr add "$(underlay_address "$host")/24" dev "$bridge"
  ip -n "$prefix-$host" link set "$bridge" up
}
