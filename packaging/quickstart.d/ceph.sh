# SPDX-License-Identifier: Apache-2.0
# A Ceph cluster of one monitor and one OSD in the fabric namespace, with its data in memory, a pool per zone,
# and a client per host that can use its zone's pool and nothing else. Sourced after common.sh.
# shellcheck shell=bash

ceph_dir() { printf '%s/ceph' "$dir"; }
ceph_client_of() { printf '%s-%s' "$1" "${zone_of[$1]}"; }          # HOST
ceph_keyring_of() { printf '%s/ceph.keyring' "$(host_dir "$1")"; } # HOST

in_fabric() { CEPH_CONF=$(ceph_dir)/ceph.conf ip netns exec "$prefix-fabric" "$@" 9>&-; }
ceph_admin() { in_fabric timeout 60 ceph "$@"; } # a stuck placement group makes ceph and rbd wait for ever
rbd_admin() { in_fabric timeout 60 rbd "$@"; }

# Two configurations: the administrator's, and the hosts' without the administrator's keyring.
ceph_write_config() { # FSID
  local folder
  folder=$(ceph_dir)
  cat > "$folder/hosts.conf" << CONF
[global]
fsid = $1
mon host = [v2:$fabric_address:3300,v1:$fabric_address:6789]
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
log file = /dev/null
admin socket =
CONF
  cat > "$folder/ceph.conf" << CONF
[global]
fsid = $1
mon host = [v2:$fabric_address:3300,v1:$fabric_address:6789]
mon initial members = a
public network = 10.99.0.0/24
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = $folder/\$name.keyring
run dir = $folder/run
crash dir = $folder/run
admin socket = $folder/run/\$name.\$pid.asok
pid file = $folder/run/\$name.pid
log file = $folder/log/\$name.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
mon warn on pool no redundancy = false
[mon]
public addr = $fabric_address
mon data = $folder/mon
mon data avail crit = 1
mon data avail warn = 2
paxos propose interval = 0.05
paxos min wait = 0.02
rocksdb cache size = 8388608
[osd]
public addr = $fabric_address
osd data = $folder/osd
osd objectstore = bluestore
osd memory target = 939524096
bluestore cache autotune = false
bluestore cache size = 33554432
bluestore block size = 4294967296
osd op num shards = 2
osd op num threads per shard = 1
osd mclock skip benchmark = true
[client]
log file = /dev/null
admin socket =
CONF
}

ceph_start_monitor() { in_fabric ceph-mon -i a; }
ceph_daemon_runs() { kill -0 "$(cat "$(ceph_dir)/run/$1.pid")"; } # mon.a|osd.0
ceph_start_osd() {
  in_fabric ceph-osd -i 0 > "$(ceph_dir)/start-osd.log" 2>&1 || { tail -n 15 "$(ceph_dir)/start-osd.log" >&2 && return 1; }
}

ceph_prepare() { # its folder and configurations, which the hosts need before it is up
  local folder
  folder=$(ceph_dir)
  mkdir -p "$folder"/{run,log,mon,osd}
  cat /proc/sys/kernel/random/uuid > "$folder/fsid"
  ceph_write_config "$(cat "$folder/fsid")"
}

ceph_up() {
  local folder fsid osd_uuid osd_key zone
  folder=$(ceph_dir)
  fsid=$(cat "$folder/fsid")
  osd_uuid=$(cat /proc/sys/kernel/random/uuid)
  mount -t tmpfs -o size=4g,mode=0700 "$prefix-osd" "$folder/osd"

  ceph-authtool -C "$folder/mon.a.keyring" --gen-key -n mon. --cap mon 'allow *' > /dev/null
  ceph-authtool -C "$folder/client.admin.keyring" --gen-key -n client.admin \
    --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' > /dev/null
  ceph-authtool "$folder/mon.a.keyring" --import-keyring "$folder/client.admin.keyring" > /dev/null
  monmaptool --create --addv a "[v2:$fabric_address:3300,v1:$fabric_address:6789]" --fsid "$fsid" "$folder/monmap" > /dev/null
  in_fabric ceph-mon -i a --mkfs --monmap "$folder/monmap" --keyring "$folder/mon.a.keyring"
  ceph_start_monitor

  osd_key=$(ceph-authtool --gen-print-key)
  printf '{"cephx_secret": "%s"}' "$osd_key" | ceph_admin osd new "$osd_uuid" 0 -i - > /dev/null
  ceph-authtool -C "$folder/osd.0.keyring" -n osd.0 --add-key "$osd_key" > /dev/null
  cp "$folder/osd.0.keyring" "$folder/osd/keyring"
  in_fabric ceph-osd -i 0 --mkfs --osd-uuid "$osd_uuid" > /dev/null 2>&1
  ceph_start_osd
  for zone in "${zones[@]}"; do
    ceph_admin osd pool create "$zone" 8 8 2> /dev/null
    rbd_admin pool init "$zone"
  done
}

# What a host's client may do is told in agent/storage/ceph_client.h: use its pool, and blocklist clients at
# its own address, which librbd has to do before it takes over the lock of a QEMU that died. Only the
# scheduler fences other hosts.
ceph_add_client() { # HOST: its client, with its keyring in the host's folder
  local client zone=${zone_of[$1]} address
  client=$(ceph_client_of "$1")
  mkdir -p "$(host_dir "$1")"
  address=$(host_address "$1")
  (
    umask 077
    ceph_admin auth get-or-create "client.$client" osd "allow rwx pool=$zone" \
      mon "allow r, allow command \"osd blocklist\" with blocklistop=add addr regex \"^(v[12]:)?${address//./[.]}:0/[0-9]+\$\"" \
      > "$(ceph_keyring_of "$1")"
  )
}

# The scheduler's client, which alone may fence (scheduler/fence/ceph.h).
ceph_add_fencer() {
  local zone pools=
  for zone in "${zones[@]}"; do pools+="${pools:+, }allow rwx pool=$zone"; done
  mkdir -p "$dir/scheduler"
  (
    umask 077
    ceph_admin auth get-or-create client.scheduler osd "$pools" \
      mon 'allow r, allow command "osd blocklist", allow command "osd blocklist ls"' > "$dir/scheduler/ceph.keyring"
  )
}

# Where schedulers keep a state that they share, and their client there (scheduler/leadership/ceph.h).
ceph_add_state() {
  ceph_admin osd pool create causeway 8 8 2> /dev/null
  mkdir -p "$dir/scheduler"
  (
    umask 077
    ceph_admin auth get-or-create client.state mon 'profile simple-rados-client-with-blocklist' \
      osd 'allow rwx pool=causeway namespace=site' > "$dir/scheduler/state.keyring"
  )
}

ceph_down() {
  local osd
  osd=$(ceph_dir)/osd
  if mountpoint -q "$osd"; then umount "$osd"; fi
}
