// SPDX-License-Identifier: Apache-2.0
// What each host shall run, derived from the durable tables alone: two schedulers with the same tables give
// the same assignments, and one that just started does not change any because it has heard nobody yet.
#pragma once

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// The host's, with the generation of its record. The first time it is built from the tables, which nothing
// may have touched since they were refreshed; so a start need not build all of them. The host must be known.
const model::Assignment& assignment_of(State& state, const HostId& host);

// Rebuilds those of the hosts that a change touched. Where one differs, or nobody asked for it before the
// change, the host's generation goes up, durably, with the same transaction.
void refresh_assignments(State& state);

// Whether the host's agent speaks, under this epoch, of the very assignment that it has now. To be asked
// before this step changes any; false as long as nobody has wanted to know the host's assignment.
bool speaks_of_now(State& state, const HostId& host, const Session& session);

// Sends each host's assignment that its agent has not said to work on: at once when it is new or the agent
// has just come, then again with growing pauses until it is applied.
void send_assignments(State& state);

model::Assignment build_assignment(const Tables& tables, const HostId& host);

}  // namespace causeway::scheduler
