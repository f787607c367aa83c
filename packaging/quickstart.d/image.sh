# SPDX-License-Identifier: Apache-2.0
# The golden image, and whether this machine can run it on hardware virtualization. Sourced after common.sh.
# shellcheck shell=bash

golden_image() { printf '%s/images/causeway-guest.raw' "$dir"; }

# A data disk as it comes from the hypervisor of a machine room: the guest there had counted so many records
# on it.
old_records=41200
make_old_disk() { # OUT.qcow2
  printf "causeway-records %s\n" "$old_records" > "$1.raw"
  truncate -s 1G "$1.raw"
  qemu-img convert -f raw -O qcow2 "$1.raw" "$1"
  rm "$1.raw"
}

image_up() {
  mkdir -p "$dir/images"
  "$source_dir/packaging/image/build" "$(golden_image)"
  make_old_disk "$dir/images/budget-2026.qcow2"
}

# Prints kvm or emulated. An open /dev/kvm proves nothing (a nested one may hang in early boot), so a guest
# has to come up on it.
virtualization() {
  local console pid mode=emulated
  if [[ -r /dev/kvm && -w /dev/kvm ]] && command -v qemu-system-x86_64 > /dev/null; then
    console=$(mktemp)
    qemu-system-x86_64 -accel kvm -m 128 -nodefaults -display none -no-reboot -snapshot -serial "file:$console" \
      -drive "file=$(golden_image),format=raw,if=virtio" > /dev/null 2>&1 9>&- &
    pid=$!
    if wait_for 8 "a guest on KVM" grep -aqs GUEST-READY "$console" 2> /dev/null; then mode=kvm; fi
    kill -KILL "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
    rm -f "$console"
  fi
  printf '%s' "$mode"
}
