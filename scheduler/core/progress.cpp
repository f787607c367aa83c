// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/progress.h"

#include <algorithm>

namespace causeway::scheduler {
namespace {

// How far a phase is on the way; what needs a person comes first of all, then what nobody can say.
int advance_of(std::optional<model::Phase> phase) {
  if (!phase) return 1;
  switch (*phase) {
    case model::Phase::failed: return 0;
    case model::Phase::pending: return 2;
    case model::Phase::preparing: return 3;
    case model::Phase::starting: return 4;
    case model::Phase::stopping: return 5;
    case model::Phase::removing: return 6;
    case model::Phase::stopped: return 7;
    case model::Phase::running: return 8;
    case model::Phase::absent: return 9;
  }
  return 0;
}

}  // namespace

Progress progress_of(const State& state, const std::vector<const model::Workload*>& workloads) {
  Progress progress;
  progress.workloads = static_cast<int>(workloads.size());
  int least = advance_of(model::Phase::absent) + 1;
  int least_waiting = least;
  int percent = 0;
  for (const auto* workload : workloads) {
    const auto seen = observe(state, *workload);
    const int advance =
        workload->held && !seen.failed ? advance_of(model::Phase::pending) : advance_of(seen.phase);
    if (advance < least) {
      least = advance;
      progress.phase = workload->held && !seen.failed ? "waiting" : std::string(to_string(seen.phase));
      if (progress.waiting.empty()) progress.since = seen.since;
    }
    if (!seen.waiting.empty() && advance < least_waiting) {
      least_waiting = advance;
      progress.waiting = seen.waiting;
      progress.since = seen.since;
    }
    // Nothing is complete before it is what it shall be.
    percent += seen.settled ? 100 : std::min(seen.percent, 99);
    progress.running += seen.phase == model::Phase::running ? 1 : 0;
    progress.settled += seen.settled ? 1 : 0;
    progress.failed += seen.failed ? 1 : 0;
  }
  if (!workloads.empty()) progress.percent = percent / progress.workloads;
  return progress;
}

std::vector<const model::Workload*> workloads_of(const Tables& tables, const WaveId& wave) {
  std::vector<const model::Workload*> found;
  for (const auto& [id, workload] : tables.workloads())
    if (workload.wave == wave) found.push_back(&workload);
  return found;
}

}  // namespace causeway::scheduler
