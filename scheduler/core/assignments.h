// SPDX-License-Identifier: Apache-2.0
// What each host shall run, derived from the durable tables alone: two schedulers with the same tables give
// the same assignments, and one that just started does not change any because it has heard nobody yet.
#pragma once

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// Builds the assignments of all hosts, at a start.
void load_assignments(State& state);

// Rebuilds those of the hosts that a change touched. Where one differs, the host's generation goes up,
// durably, with the same transaction.
void refresh_assignments(State& state);

// Sends each host's assignment that its agent has not said to work on: at once when it is new or the agent
// has just come, then again with growing pauses until it is applied.
void send_assignments(State& state);

model::Assignment build_assignment(const Tables& tables, const HostId& host);

}  // namespace causeway::scheduler
