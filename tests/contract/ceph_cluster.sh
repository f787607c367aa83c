#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Ceph cluster for tests: one monitor and one OSD in memory, on ADDRESS of the network namespace it is called in.
#   ceph_cluster.sh FOLDER ADDRESS
# Prints "ready" when it takes clients, and keeps the cluster until its standard input ends; then nothing is left of it.
# In FOLDER: ceph.conf, client.admin.keyring, mon.pid, osd.pid.
set -eu
folder=$1 address=$2
export CEPH_CONF=$folder/ceph.conf
uuid() { cat /proc/sys/kernel/random/uuid; }
mkdir -p "$folder"/{run,mon,osd}
pids=()
end() {
  trap - EXIT
  ((${#pids[@]})) && kill -9 "${pids[@]}" 2>/dev/null && wait "${pids[@]}" 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT

fsid=$(uuid)
cat > "$CEPH_CONF" <<CONF
[global]
fsid = $fsid
mon host = [v2:$address:3300,v1:$address:6789]
mon initial members = a
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
run dir = $folder/run
admin socket = $folder/run/\$name.\$pid.asok
log file = $folder/run/\$name.log
crash dir = $folder/run
keyring = $folder/\$name.keyring
public addr = $address
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
mon warn on pool no redundancy = false
[mon]
mon data = $folder/mon
mon data avail crit = 1
mon data avail warn = 2
paxos propose interval = 0.02
paxos min wait = 0.01
rocksdb cache size = 8388608
# An OSD that a test stops must not be marked down before the test lets it go on.
mon osd adjust heartbeat grace = false
osd heartbeat grace = 3600
[osd]
osd data = $folder/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd heartbeat grace = 3600
osd op num shards = 2
osd op num threads per shard = 1
osd mclock skip benchmark = true
# How long a client that was killed keeps an image open: tests wait for it.
osd client watch timeout = 3
CONF
{
  ceph-authtool -C "$folder/mon.keyring" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool -C "$folder/client.admin.keyring" --gen-key -n client.admin \
    --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  ceph-authtool "$folder/mon.keyring" --import-keyring "$folder/client.admin.keyring"
  monmaptool --create --addv a "[v2:$address:3300,v1:$address:6789]" --fsid "$fsid" "$folder/monmap"
  ceph-mon -i a --mkfs --monmap "$folder/monmap" --keyring "$folder/mon.keyring"
  cp "$folder/mon.keyring" "$folder/mon.a.keyring"
} > "$folder/run/setup.log" 2>&1
ceph-mon -f -i a > "$folder/run/mon.out" 2>&1 < /dev/null &
pids+=($!)
echo $! > "$folder/mon.pid"
osd_uuid=$(uuid)
key=$(ceph-authtool --gen-print-key)
{
  echo "{\"cephx_secret\": \"$key\"}" | timeout 20 ceph osd new "$osd_uuid" 0 -i -
  ceph-authtool -C "$folder/osd.0.keyring" -n osd.0 --add-key "$key"
  cp "$folder/osd.0.keyring" "$folder/osd/keyring"
  ceph-osd -i 0 --mkfs --osd-uuid "$osd_uuid"
} >> "$folder/run/setup.log" 2>&1
ceph-osd -f -i 0 > "$folder/run/osd.out" 2>&1 < /dev/null &
pids+=($!)
echo $! > "$folder/osd.pid"
echo ready
cat > /dev/null
