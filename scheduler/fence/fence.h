// SPDX-License-Identifier: Apache-2.0
// The scheduler's two ways to the storage that hosts write to: reading which hosts are alive there, and
// fencing one so that nothing it writes arrives any more. One implementation is Ceph (ceph.h), one is
// simulated; both keep what the contract suite (tests/contract/fence_test.cpp) says.
//
// Everything is idempotent. Calls block for a bounded time; a timeout leaves open whether it happened, and
// asking again is right.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/core/ids.h"
#include "common/core/result.h"

namespace causeway::fence {

// Where a host's agent leaves its signs of life: the pools of the zones that it serves.
using Watched = std::map<HostId, std::set<std::string>>;

// The newest sign of life that a host's agent left. Two that differ in `count` are two signs; no clock of the
// host is compared with another one.
struct Sign {
  HostId host;
  std::uint64_t count = 0;
  // Where the host's clients of the storage come from, as its library says in the sign: what a fence names.
  std::set<std::string> addresses;

  bool operator==(const Sign&) const = default;
};

// What one look at the storage found.
struct Look {
  std::vector<Sign> signs;       // of the watched hosts that ever left one
  std::set<std::string> fenced;  // addresses that fences stand against

  bool operator==(const Look&) const = default;
};

// A volume as the storage knows it.
struct Image {
  std::string pool;
  std::string name;

  auto operator<=>(const Image&) const = default;
};

class Fence {
 public:
  virtual ~Fence() = default;

  // Unavailable, and nothing is known, unless every pool answered: a part of the truth could be taken for
  // silence.
  virtual Result<Look> look(const Watched& hosts) = 0;

  // Fences all clients that come from these addresses, also future ones. After success no write of theirs can
  // overtake one of a client that connects later. Standing already: success. Invalid: an address is none, or
  // there is none.
  virtual Result<> raise(const std::set<std::string>& addresses) = 0;
  // Whether a fence stands against every one of them.
  virtual Result<bool> stands(const std::set<std::string>& addresses) = 0;
  // Takes it away, and reads that back. None there: success.
  virtual Result<> lift(const std::set<std::string>& addresses) = 0;

  // Takes the locks on the images away from clients that come from these addresses; those of others stay.
  // Only after raise(). No lock, or no image: success.
  virtual Result<> break_locks(const std::vector<Image>& images, const std::set<std::string>& addresses) = 0;
};

}  // namespace causeway::fence
