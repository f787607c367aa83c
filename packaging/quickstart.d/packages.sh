# SPDX-License-Identifier: Apache-2.0
# Installs what packages.list names and the machine lacks. Sourced after common.sh.
# shellcheck shell=bash

packages_for() { # PURPOSE…: the packages of packages.list with one of these prefixes
  local purpose
  for purpose in "$@"; do sed -n "s/^$purpose: *//p" "$source_dir/packaging/packages.list"; done | sort -u
}

missing_packages() { # PURPOSE…
  comm -23 <(packages_for "$@") \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2> /dev/null | sed -n 's/^installed //p' | sort -u)
}

# The services of the packages are not started: the cloud runs its own, in its namespaces. policy-rc.d is
# Debian's way to say so.
apt_install() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [[ -e $policy ]]; then policy=; else printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 0755 "$policy"; fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" < /dev/null > "$apt_log" 2>&1 || status=$?
  [[ -z $policy ]] || rm -f "$policy"
  return "$status"
}

install_packages() { # PURPOSE…: needs no root when nothing is missing
  local missing apt_log
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    fail "packages are missing; as root: apt-get install --no-install-recommends ${missing[*]}"
  fi
  step "installing ${#missing[@]} packages"
  apt_log=$(mktemp)
  if ! apt_install "${missing[@]}" && ! { apt-get update -q > "$apt_log" 2>&1 && apt_install "${missing[@]}"; }; then
    tail -n 20 "$apt_log" >&2
    rm -f "$apt_log"
    fail "apt-get could not install: ${missing[*]}"
  fi
  rm -f "$apt_log"
}
