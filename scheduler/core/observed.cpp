// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/observed.h"

#include <fmt/format.h>

#include "scheduler/core/ahead.h"
#include "scheduler/core/failover.h"
#include "scheduler/core/holds.h"

namespace causeway::scheduler {
namespace {

const model::WorkloadStatus* status_of(const State& state, const HostId& host, const WorkloadId& id) {
  const auto session = state.sessions.find(host);
  if (session == state.sessions.end()) return nullptr;
  const auto status = session->second.workloads.find(id);
  return status == session->second.workloads.end() ? nullptr : &status->second;
}

model::Phase wanted_phase(const model::Workload& workload) {
  if (workload.deleting) return model::Phase::absent;
  return workload.power == model::Power::running ? model::Phase::running : model::Phase::stopped;
}

// Behind its raised fence a host runs nothing that counts.
bool fenced(const State& state, const HostId& host) {
  const auto* record = state.tables.host(host);
  return record != nullptr && record->outage == model::Outage::fenced;
}

}  // namespace

bool runs(const State& state, const model::Workload& workload) {
  const auto* status = status_of(state, location(workload), workload.id);
  return status != nullptr && status->phase == model::Phase::running;
}

Observation observe(const State& state, const model::Workload& workload) {
  const auto& host = location(workload);
  Observation seen;
  seen.since = workload.changed;
  if (fenced(state, host)) {
    seen.phase = model::Phase::pending;
  } else if (!up(state, host)) {
    seen.phase = std::nullopt;
  } else if (const auto* status = status_of(state, host, workload.id)) {
    seen.phase = status->phase;
    seen.percent = status->percent;
    seen.since = status->since;
    if (status->waiting) {
      seen.waiting = status->waiting->on;
      seen.since = status->waiting->since;
    }
    const bool newest = status->generation == workload.generation && status->restart >= workload.restart;
    seen.settled =
        newest && !workload.held && workload.leaving.empty() && status->phase == wanted_phase(workload);
    seen.failed = status->phase == model::Phase::failed;
    if (!newest && seen.waiting.empty())
      seen.waiting = fmt::format("host {} has not applied its newest shape", host);
    if (seen.settled) seen.percent = 100;
  }
  if (auto lost = failover_reason(state, workload); !lost.empty()) {
    seen.waiting = std::move(lost);
    seen.since = state.tables.host(host)->outage_since;
    seen.settled = false;
  } else if (!up(state, host)) {
    seen.waiting = unreachable_reason(state, host);
    seen.since = last_heard(state, host);
  } else if (auto ahead = ahead_reason(state, host); !ahead.empty()) {
    seen.waiting = fmt::format("host {}: {}", host, ahead);
    seen.settled = false;
  } else if (workload.held) {
    seen.waiting = hold_reason(state, workload);
    seen.since = workload.changed;
  } else if (!workload.leaving.empty()) {
    if (seen.waiting.empty())
      seen.waiting = fmt::format("moves from {} to {}", workload.leaving, workload.host);
  } else if (seen.waiting.empty() && seen.phase == model::Phase::pending && !seen.settled) {
    seen.waiting = fmt::format("host {} has not reported it yet", host);
  }
  return seen;
}

std::string_view to_string(model::Phase phase) {
  switch (phase) {
    case model::Phase::pending: return "pending";
    case model::Phase::preparing: return "preparing";
    case model::Phase::starting: return "starting";
    case model::Phase::running: return "running";
    case model::Phase::stopping: return "stopping";
    case model::Phase::stopped: return "stopped";
    case model::Phase::removing: return "removing";
    case model::Phase::absent: return "absent";
    case model::Phase::failed: return "failed";
  }
  return "";
}

std::string_view to_string(std::optional<model::Phase> phase) {
  return phase ? to_string(*phase) : "unknown";
}

}  // namespace causeway::scheduler
