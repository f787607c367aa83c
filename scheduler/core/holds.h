// SPDX-License-Identifier: Apache-2.0
// Who starts after whom. A workload of an application that depends on others is held until those run; then
// the hold is taken off for good: what runs is not stopped because something it depends on went away.
#pragma once

#include <string>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// Whether all that the application depends on runs, as far as hosts have reported. Its depends_on are whole
// names, as records hold them.
bool dependencies_run(const State& state, const model::Application& application);

// "waits for population/query: 1 of 2 workloads run"; empty: nothing is in the way.
std::string hold_reason(const State& state, const model::Workload& workload);

// Takes off the holds whose reason is gone.
void release_holds(State& state);

}  // namespace causeway::scheduler
