// SPDX-License-Identifier: Apache-2.0
// Hosts whose agents work on a newer assignment than these records ever told them: the records are older than
// what the hosts do, as after a restored backup. What such a host runs is known to itself alone, and counting
// on would pass its generation with contents that are wrong. So it is cordoned and told nothing, an operator
// is called, and nothing of any lost host starts elsewhere meanwhile: it may run there already. `causeway
// host uncordon` is a person's word that the records shall hold.
#pragma once

#include <string>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// The host's session has just been brought up to date.
void note_ahead(State& state, const HostId& host);

bool is_ahead(const State& state, const HostId& host);
// In words, with what to do; empty: it isn't ahead.
std::string ahead_reason(const State& state, const HostId& host);
// Why nothing starts elsewhere while hosts are ahead; empty: none is.
std::string old_records_reason(const State& state);

// A person said so: the host's next assignment is newer than what its agent works on.
void take_over(State& state, model::HostRecord& host);

}  // namespace causeway::scheduler
