// SPDX-License-Identifier: Apache-2.0
// The scheduler's way to a host's power, for sites that want a lost host switched off beside its fence in the
// storage. The storage's fence keeps its volumes safe; a host without power also answers nobody any more, so
// that no address is answered for twice. One implementation is Debian's fence-agents (fence_agents.h), one is
// simulated; both keep what the contract suite (tests/contract/power_test.cpp) says.
//
// Nothing here switches a host on: what hung or lied is looked at by a person first.
#pragma once

#include "common/core/ids.h"
#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::fence {

// What has to be proven before work of a lost host starts elsewhere.
enum class Proof {
  storage,  // the storage's fence; the power is cut as well, and nobody waits for that
  power,    // both: until it is read back that the power is off, nothing starts elsewhere
};

class Power {
 public:
  virtual ~Power() = default;

  // Asks for the host to be switched off, at once and without its consent. Success is what its BMC says, and
  // proves nothing. Off already: success. Not found: this host has no BMC that is known here. Denied: the
  // BMC wants other credentials, where it says so. Blocks for less than kOffWithin.
  virtual Result<> switch_off(const HostId& host) = 0;
  // Reads back whether it is off. Blocks for less than kReadWithin.
  virtual Result<bool> is_off(const HostId& host) = 0;
};

// Longer than what the agents grant a BMC by default: 5 s for a login, 20 s for the power to follow.
inline constexpr Duration kOffWithin{std::chrono::seconds(40)};
inline constexpr Duration kReadWithin{std::chrono::seconds(30)};

}  // namespace causeway::fence
