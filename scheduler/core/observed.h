// SPDX-License-Identifier: Apache-2.0
// What a workload is, as far as is known: its host's report against what it shall be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

struct Observation {
  // As its host reported it; nothing if that host is not heard now: what it said before may be over.
  std::optional<model::Phase> phase = model::Phase::pending;
  int percent = 0;
  std::string waiting;  // what it waits for; empty: nothing
  Instant since;
  bool settled = false;  // it is what it shall be, by a report of its newest generation
  bool failed = false;   // can't go on without a person
};

Observation observe(const State& state, const model::Workload& workload);

// Whether it was reported to run, in any generation.
bool runs(const State& state, const model::Workload& workload);

std::string_view to_string(model::Phase phase);
std::string_view to_string(std::optional<model::Phase> phase);  // nothing: "unknown"

}  // namespace causeway::scheduler
