// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/holds.h"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/core/observed.h"

namespace causeway::scheduler {
namespace {

struct Progress {
  int running = 0;
  int stopped = 0;  // by somebody: they don't run before somebody starts them
  int workloads = 0;

  [[nodiscard]] bool complete() const { return workloads > 0 && running == workloads; }
};

Progress progress_of(const State& state, const ApplicationId& id) {
  Progress progress;
  for (const auto* workload : state.tables.of_application(id)) {
    if (workload->deleting) continue;
    ++progress.workloads;
    if (runs(state, *workload)) ++progress.running;
    if (workload->power == model::Power::stopped) ++progress.stopped;
  }
  return progress;
}

}  // namespace

bool dependencies_run(const State& state, const model::Application& application) {
  return std::ranges::all_of(application.depends_on, [&](const std::string& id) {
    return progress_of(state, ApplicationId(id)).complete();
  });
}

std::string hold_reason(const State& state, const model::Workload& workload) {
  const auto application = state.tables.applications().find(model::application_of(workload.id));
  if (application == state.tables.applications().end()) return "";
  for (const auto& id : application->second.spec.depends_on) {
    const auto progress = progress_of(state, ApplicationId(id));
    // What was deleted since can't be waited for.
    if (progress.workloads > 0 && !progress.complete())
      return fmt::format("waits for {}: {} of {} workloads run{}", id, progress.running, progress.workloads,
                         progress.stopped == 0 ? "" : fmt::format(", {} stopped by order", progress.stopped));
  }
  return "";
}

void release_holds(State& state) {
  const auto waiting = state.tables.in_transit();
  for (const auto& id : waiting) {
    auto workload = state.tables.workloads().at(id);
    if (!workload.held || workload.deleting || !hold_reason(state, workload).empty()) continue;
    workload.held = false;
    workload.changed = state.now;
    workload.generation = workload.generation.next();
    state.tables.put(std::move(workload), Basis::kept);
  }
}

}  // namespace causeway::scheduler
