#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the library of Open vSwitch from the tarball of Debian's openvswitch-source, once for all build trees:
#   build-openvswitch.sh TARBALL CACHE TREE
# CACHE is the finished result, kept beyond a build tree; TREE gets a copy of it. Only the library, the headers that it
# generates and its OVSDB schema's bindings are made: a third of the time that the whole package takes.
set -eu
tarball=$1 cache=$2 tree=$3

mkdir -p "$(dirname "$cache")"
# Two build trees may want it at the same time; the second waits and finds it done.
exec 9>"$cache.lock"
flock 9

if [ ! -e "$cache/lib/libopenvswitch.a" ]; then
  work=$cache.building
  rm -rf "$work" && mkdir -p "$work"
  trap 'rm -rf "$work"' EXIT
  step() {
    echo "Open vSwitch library: $1"
    shift
    "$@" >>"$work/log" 2>&1 || { tail -n 30 "$work/log"; echo "Open vSwitch library: failed: $*"; exit 1; }
  }
  step "unpacking $tarball" tar -xzf "$tarball" -C "$work"
  cd "$work/openvswitch"
  cc=cc
  command -v ccache >/dev/null && cc="ccache cc"
  # The daemons of Open vSwitch are not built, so what only they need stays off.
  step "configuring" ./configure --disable-ssl --disable-libcapng --disable-shared CC="$cc" CFLAGS="-O2 -g0 -fPIC"
  # make builds the generated headers on the way to `all` only, which is more than is needed here.
  printf '%s\n' 'include Makefile' \
    'causeway-generated: $(BUILT_SOURCES) $(nodist_lib_libopenvswitch_la_SOURCES)' >causeway.mk
  step "generating headers" make -f causeway.mk causeway-generated
  step "compiling, about a minute" make -j "$(nproc)" lib/libopenvswitch.la
  mkdir -p "$work/sdk/lib" "$work/sdk/internal/lib"
  cp -r include "$work/sdk/include"
  cp lib/*.h "$work/sdk/internal/lib"
  cp config.h "$work/sdk/internal"
  cp lib/.libs/libopenvswitch.a "$work/sdk/lib"
  rm -rf "$cache"
  mv "$work/sdk" "$cache"
fi

rm -rf "$tree"
cp -r "$cache" "$tree"
touch "$tree/lib/libopenvswitch.a"
