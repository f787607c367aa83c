// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/failover.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "scheduler/core/ahead.h"
#include "scheduler/core/outages.h"
#include "scheduler/core/snapshot.h"
#include "scheduler/placement/recover.h"
#include "scheduler/placement/validate.h"

namespace causeway::scheduler {
namespace {

// Whether it is to have another host. A deletion is carried out elsewhere too, because it has volumes to
// remove; an operator who empties the host wants all of it gone; and what is still on its way here from
// another host runs nowhere yet.
bool moves(const model::Workload& workload, const model::HostRecord& host) {
  if (workload.host != host.id) return false;
  const bool on_its_way = !workload.leaving.empty();
  if (on_its_way) return !workload.deleting;
  return workload.is_protected || workload.deleting || host.draining;
}

void note_lost(State& state, const HostId& host, const model::Workload& workload) {
  auto record = *state.tables.host(host);
  record.lost[workload.id] = {workload.zone, workload.generation};
  state.tables.put(std::move(record), Basis::kept);
}

// What was to be stopped here before it goes on elsewhere: the fence stopped it.
void let_leave(State& state, const HostId& host) {
  const auto here = state.tables.on_host(host);
  for (const auto* standing : here) {
    auto workload = *standing;
    if (workload.leaving != host) continue;
    workload.leaving = HostId();
    workload.changed = state.now;
    workload.generation = workload.generation.next();
    note_lost(state, host, workload);
    state.event("scheduler", "moved", fmt::format("workload/{}", workload.id),
                fmt::format("left {}, which is fenced; starts on {}", host, workload.host));
    state.tables.put(std::move(workload), Basis::moved);
  }
}

void move(State& state, const HostId& host, const placement::Placed& place) {
  auto workload = state.tables.workloads().at(place.request.workload);
  workload.host = place.host;
  workload.changed = state.now;
  workload.generation = workload.generation.next();
  // It goes back to where it still runs: then it needn't leave.
  if (workload.leaving == workload.host)
    workload.leaving = HostId();
  else if (workload.leaving.empty())
    note_lost(state, host, workload);
  state.stranded.erase(workload.id);
  state.event("scheduler", "fails-over", fmt::format("workload/{}", workload.id),
              fmt::format("from {}, which is fenced, to {}", host, workload.host));
  state.tables.put(std::move(workload), Basis::moved);
}

}  // namespace

void fail_over(State& state, const HostId& host) {
  const auto old = old_records_reason(state);
  if (old.empty()) let_leave(state, host);
  auto& retry = state.failover_retry[host];
  if (state.now < retry) return;
  retry = state.now + kFailoverRetry;
  const auto& record = *state.tables.host(host);
  std::set<WorkloadId> moving;
  for (const auto* workload : state.tables.on_host(host))
    if (moves(*workload, record)) moving.insert(workload->id);
  if (moving.empty()) return;
  if (!old.empty()) {
    for (const auto& id : moving) state.stranded[id] = old;
    return;
  }
  auto snapshot = snapshot_of(state, state.tables.catalog(), {});
  for (auto& placed : snapshot.workloads)
    if (placed.host == host) placed.request.is_protected = moving.contains(placed.request.workload);
  if (const auto findings = placement::validate(snapshot); !findings.empty()) {
    for (const auto& id : moving)
      state.stranded[id] = fmt::format("{}: {}", findings.front().path, findings.front().what);
    return;
  }
  const auto plan = placement::plan_failover(snapshot, {placement::Scope::host, host.str()});
  for (const auto& refusal : plan.stranded) state.stranded[refusal.workload] = refusal.summary();
  for (const auto& place : plan.moves) move(state, host, place);
}

std::string failover_reason(const State& state, const model::Workload& workload) {
  const auto* host = state.tables.host(location(workload));
  if (host == nullptr || !host->outage) return "";
  const auto what = fmt::format("host {} is {}", host->id, outage_reason(state, *host));
  if (*host->outage == model::Outage::fenced) {
    if (!moves(workload, *host))
      return fmt::format("{}; this one is not protected and waits for the host", what);
    if (const auto why = state.stranded.find(workload.id); why != state.stranded.end())
      return fmt::format("{}; this one finds no place: {}", what, why->second);
  }
  return what;
}

}  // namespace causeway::scheduler
