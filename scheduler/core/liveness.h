// SPDX-License-Identifier: Apache-2.0
// Who is alive, by two signs that fail apart: messages over the management network, and signs of life in the
// storage. A host that gives either of them is not dead, whatever else is wrong with it.
#pragma once

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// Looks with a longer gap between them are no proof of silence in between: the storage may have been away for
// the hosts too. Their row begins anew, and gives every host a whole lease.
inline constexpr Duration kLookGapMost{std::chrono::seconds(6)};

void take_look(State& state, const StorageLook& look);

// What operators have to know when looks are not answered, or don't end: hosts that are lost stay lost
// meanwhile. Empty: looks are answered, or this scheduler fences nobody.
std::string blindness(const State& state);

// A look found a new sign within the lease.
bool alive_in_storage(const State& state, const HostId& host);
// Looks went on for longer than the lease, up to now, and found no new sign.
bool silent_in_storage(const State& state, const HostId& host);

// "up", "isolated", "dead", …: the word of `get hosts`, without what operators did to it.
std::string condition_of(const State& state, const model::HostRecord& host);

}  // namespace causeway::scheduler
