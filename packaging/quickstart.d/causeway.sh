# SPDX-License-Identifier: Apache-2.0
# The build, the command, the agents with their keys and configurations, and the site. Sourced after common.sh; the
# caller may set build_dir.
# shellcheck shell=bash

build_dir=${build_dir:-$source_dir/build/release}

causeway_build() { # PRESET
  step "building (preset $1)"
  if ! (cd "$source_dir" && cmake --preset "$1" && cmake --build --preset "$1") > "$dir/build.log" 2>&1; then
    tail -n 30 "$dir/build.log" >&2
    fail "the build failed; all of it is in $dir/build.log"
  fi
}

cli() { CAUSEWAY_CONFIG=$dir/client.yaml "$build_dir/bin/causeway" "$@"; }

key() { # NAME: makes the pair if it isn't there
  mkdir -p "$dir/keys"
  [[ -f $dir/keys/$1.key ]] || "$build_dir/bin/causeway" key new "$dir/keys/$1.key" > /dev/null
}
public_key() { cat "$dir/keys/$1.key.pub"; }

write_agent_config() { # HOST VIRTUALIZATION
  local host=$1 zone=${zone_of[$1]} folder
  folder=$(host_dir "$1")
  key "$host"
  mkdir -p "$folder/agent"
  cat > "$folder/agent.yaml" << CONF
api: causeway/v1
kind: Agent
host: $host
schedulers: $(scheduler_endpoints agents)
key_file: $dir/keys/$host.key
state_dir: $folder/agent
drivers: real
virtualization: $2
libvirt: {uri: "$(libvirt_uri "$host")"}
openvswitch: {run_dir: $(ovs_dir "$host"), datapath: netdev}
ceph: {conf: $(ceph_dir)/hosts.conf}
images_dir: $dir/images
zones:
  $zone:
    underlay: $(underlay_address "$host")
    tunnel_port: $(tunnel_port "$zone")
    pool: $zone
    ceph_client: $(ceph_client_of "$host")
    keyring: $(ceph_keyring_of "$host")
CONF
}

start_agent() { # HOST
  setsid ip netns exec "$prefix-$1" "$build_dir/bin/causeway-agent" --config "$(host_dir "$1")/agent.yaml" \
    < /dev/null >> "$(host_dir "$1")/agent.log" 2>&1 9>&- &
}

process_named() { # HOST|fabric PROGRAM: the pids of that program in the namespace; fails if there is none
  local pid found=1
  for pid in $(ip netns pids "$prefix-$1" 2> /dev/null); do
    [[ $(tr '\0' '\n' < "/proc/$pid/cmdline" 2> /dev/null | head -n 1) == *"/$2" ]] || continue
    printf '%s\n' "$pid"
    found=0
  done
  return "$found"
}

# The files of an example site, with the checksum of the image as it was built.
write_site() { # EXAMPLE
  mkdir -p "$dir/site"
  cp "$source_dir/packaging/examples/$1"/*.yaml "$dir/site/"
  sed -i "s/sha256: \"0\{64\}\"/sha256: \"$(sha256sum < "$(golden_image)" | cut -d' ' -f1)\"/" "$dir/site/site.yaml"
}

apply_site() { # the site itself, then who works in it
  local file
  for file in site departments rooms; do
    cli apply -f "$dir/site/$file.yaml" --reason "the quickstart's site" > /dev/null
  done
}

admit_hosts() {
  local host
  for host in "${hosts[@]}"; do
    cli host add "$host" --key "$(public_key "$host")" --reason "a host of the quickstart" > /dev/null
  done
}

apply_wave() { # WAVE: shows its progress until everything runs, and the table of its applications
  local status=0
  cli apply -f "$dir/site/$1.yaml" --wait --reason "a wave of the quickstart" > "$dir/apply.log" || status=$?
  ((status == 0)) || cat "$dir/apply.log" >&2
  sed '/^[+~-] /d' "$dir/apply.log"
  return "$status"
}
