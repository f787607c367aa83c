// SPDX-License-Identifier: Apache-2.0
// Emptying hosts. A workload moves by being stopped where it is and, after that host has reported it gone,
// started where it goes: never in two places. One at a time for each host; the next goes when the last one
// runs again.
#pragma once

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// A move whose workload does not come up within that time no longer holds up the next one.
inline constexpr Duration kMoveDeadline{std::chrono::minutes(2)};
// A drain that finds no place for anything looks again after that time.
inline constexpr Duration kDrainRetry{std::chrono::seconds(10)};

void go_on_draining(State& state);

}  // namespace causeway::scheduler
