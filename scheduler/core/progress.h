// SPDX-License-Identifier: Apache-2.0
// How far an application or a wave is, from the observations of its workloads.
#pragma once

#include <vector>

#include "scheduler/core/observed.h"
#include "scheduler/core/state.h"

namespace causeway::scheduler {

struct Progress {
  std::string phase;  // the least advanced of the workloads', "waiting" if it is held
  int percent = 0;
  int running = 0;
  int workloads = 0;
  int settled = 0;
  int failed = 0;
  std::string waiting;  // of the one that is least advanced among those that wait
  Instant since;

  [[nodiscard]] bool done() const { return settled == workloads; }
};

Progress progress_of(const State& state, const std::vector<const model::Workload*>& workloads);
std::vector<const model::Workload*> workloads_of(const Tables& tables, const WaveId& wave);

}  // namespace causeway::scheduler
