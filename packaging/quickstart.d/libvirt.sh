# SPDX-License-Identifier: Apache-2.0
# A libvirtd of its own for each host. libvirt's folders are compiled in, so each host gets a mount namespace
# with its own ones laid over them, and a hostname. Guests run as root, without cgroups and security labels:
# the machine's own are left alone. Sourced.
# shellcheck shell=bash

libvirt_dir() { printf '%s/libvirt' "$(host_dir "$1")"; }
libvirt_uri() { printf 'qemu:///system?socket=%s/sock/libvirt-sock' "$(libvirt_dir "$1")"; }

virsh_on() { # HOST ARGUMENTS…
  local host=$1
  shift
  timeout 90 virsh -q -c "$(libvirt_uri "$host")" "$@"
}

libvirt_write_config() { # HOST
  local folder
  folder=$(libvirt_dir "$1")
  cat > "$folder/etc/libvirtd.conf" << CONF
unix_sock_dir = "$folder/sock"
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
auth_unix_rw = "none"
auth_unix_ro = "none"
listen_tls = 0
listen_tcp = 1
listen_addr = "$(host_address "$1")"
auth_tcp = "none"
host_uuid = "$(cat /proc/sys/kernel/random/uuid)"
log_outputs = "3:file:$folder/log/libvirtd.log"
CONF
  cat > "$folder/etc/qemu.conf" << CONF
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
migration_host = "$(host_address "$1")"
migration_address = "$(host_address "$1")"
CONF
  {
    printf '127.0.0.1 localhost\n'
    local host
    for host in "${hosts[@]}"; do printf '%s %s\n' "$(host_address "$host")" "$host"; done
  } > "$folder/hosts"
  # libvirtd wants to know its default user, even where guests run as another; the package that would create
  # it also starts services.
  cp /etc/passwd /etc/group "$folder/"
  grep -q ^libvirt-qemu: "$folder/passwd" || printf "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin\n" >> "$folder/passwd"
  grep -q ^libvirt-qemu: "$folder/group" || printf "libvirt-qemu:x:64055:\n" >> "$folder/group"
}

# Runs in the host's namespaces. libvirtd stays on one processor: a probe of QEMU that sees another one throws
# its cache away.
libvirt_start_script() { # HOST
  local folder
  folder=$(libvirt_dir "$1")
  cat << SCRIPT
set -eu
hostname $1
mkdir -p /run/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /run/openvswitch /etc/libvirt /etc/ceph
mount --bind $folder/run /run/libvirt
mount --bind $folder/lib /var/lib/libvirt
mount --bind $folder/log /var/log/libvirt
mount --bind $folder/cache /var/cache/libvirt
mount --bind $folder/etc /etc/libvirt
mount --bind $folder/hosts /etc/hosts
mount --bind $folder/passwd /etc/passwd
mount --bind $folder/group /etc/group
mount --bind $folder/ceph /etc/ceph
mount --bind $(ovs_dir "$1") /run/openvswitch
exec taskset -c $(($(number_of "$1") % $(nproc))) libvirtd -d -l -p $folder/libvirtd.pid
SCRIPT
}

libvirt_start() { on_host "$1" unshare -m -u bash -c "$(libvirt_start_script "$1")"; } # HOST

libvirt_up() { # HOST: after its Open vSwitch
  local folder
  folder=$(libvirt_dir "$1")
  mkdir -p "$folder"/{run,lib,log,cache,etc,sock,ceph}
  cp "$(ceph_dir)/hosts.conf" "$folder/ceph/ceph.conf"
  libvirt_write_config "$1"
  libvirt_start "$1"
  wait_for 30 "libvirt on $1" virsh_on "$1" version
}
