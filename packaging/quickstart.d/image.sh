# SPDX-License-Identifier: Apache-2.0
# The golden image, and whether this machine can run it on hardware virtualization. Sourced after common.sh.
# shellcheck shell=bash

golden_image() { printf '%s/images/causeway-guest.raw' "$dir"; }

image_up() {
  mkdir -p "$dir/images"
  "$source_dir/packaging/image/build" "$(golden_image)"
}

# Prints kvm or emulated. An open /dev/kvm proves nothing (a nested one may hang in early boot), so a guest has to come up on it.
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
