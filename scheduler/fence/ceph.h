// SPDX-License-Identifier: Apache-2.0
// Fencing on Ceph: a host's addresses are put on the cluster's blocklist, as ranges of one address each, so
// that every client from there is refused, also one that connects later. librados and librbd do the rest.
//
// What the scheduler's cephx user may do has to be
//   mon  allow r, allow command "osd blocklist", allow command "osd blocklist ls"
//   osd  allow rwx pool=POOL, for the pool of each zone
// No host has that right, or a broken one could fence the others. The scheduler must come from an address
// that no host has: it would fence itself.
//
// A write of a fenced client may still be taken by an OSD that has not heard of the fence. It can't overtake
// anybody: a client that connects after raise() returned carries the map with the fence to each OSD that it
// writes to, before its first write.
#pragma once

#include <memory>
#include <string>

#include "common/ceph/cluster.h"
#include "common/core/time.h"
#include "scheduler/fence/fence.h"

namespace causeway::fence {

struct CephOptions {
  ceph::Access access;
  Duration answer_within{std::chrono::seconds{5}};  // of a single operation on the cluster
};

// Opens nothing yet: the first call connects, and so does the first after one that was not answered. Calls
// may come from any thread.
std::unique_ptr<Fence> make_ceph_fence(CephOptions options);

// Pure: the addresses of the ranges in what `osd blocklist ls` prints, of those that hold one address.
std::set<std::string> fenced_addresses(std::string_view listing);

}  // namespace causeway::fence
