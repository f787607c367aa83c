// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/drains.h"

#include <fmt/format.h>

#include "scheduler/core/observed.h"
#include "scheduler/core/outages.h"
#include "scheduler/core/snapshot.h"
#include "scheduler/inquiry/wave_requests.h"

namespace causeway::scheduler {
namespace {

void wait(State& state, const HostId& host, std::string reason, Duration retry) {
  auto& waits = state.drain_waits[host];
  if (waits.reason != reason) waits.since = state.now;
  waits.reason = std::move(reason);
  waits.retry = state.now + retry;
}

// Whether the move that was begun last is over, or has taken too long to wait for.
bool last_move_is_over(State& state, const HostId& host) {
  for (const auto* workload : state.tables.on_host(host)) {
    if (workload->leaving != host) continue;
    const bool away = !reachable(state, host);
    wait(state, host,
         away ? unreachable_reason(state, host) : fmt::format("{} is being stopped here", workload->id),
         Duration{});
    return false;
  }
  const auto waits = state.drain_waits.find(host);
  if (waits == state.drain_waits.end() || waits->second.moving.empty()) return true;
  const auto* moved = state.tables.workload(waits->second.moving);
  const bool over = moved == nullptr || moved->deleting || observe(state, *moved).settled ||
                    state.now - waits->second.moved_at >= kMoveDeadline;
  if (!over)
    wait(state, host, fmt::format("{} is starting on {}", moved->id, moved->host), Duration{});
  else
    waits->second.moving = WorkloadId();
  return over;
}

// The first workload that fits somewhere goes there; false: none does.
bool move_one(State& state, const HostId& host, const std::vector<WorkloadId>& ids) {
  const auto& catalog = state.tables.catalog();
  std::string first_refusal;
  for (const auto& id : ids) {
    auto workload = state.tables.workloads().at(id);
    const placement::Batch batch{inquiry::groups_of(workload), {request_of(workload, catalog)}};
    const auto plan = state.placing.place_batch(state, batch, {.without = {id}, .stays_on = {}});
    if (!plan) {
      if (first_refusal.empty()) first_refusal = plan.error().summary();
      continue;
    }
    workload.leaving = host;
    workload.host = plan->workloads.front().host;
    workload.on_nodes = plan->workloads.front().numa_nodes;
    workload.changed = state.now;
    workload.generation = workload.generation.next();
    state.event("scheduler", "moves", fmt::format("workload/{}", id),
                fmt::format("from {} to {}, because {} is drained", host, workload.host, host));
    state.drain_waits[host] = {fmt::format("{} moves to {}", id, workload.host), state.now, state.now, id,
                               state.now};
    state.tables.put(std::move(workload), Basis::moved);
    return true;
  }
  wait(state, host, first_refusal, kDrainRetry);
  return false;
}

void drain(State& state, const HostId& host) {
  // A lost host is emptied by its fence.
  if (const auto why = outage_reason(state, *state.tables.host(host)); !why.empty())
    return wait(state, host, why, Duration{});
  if (!last_move_is_over(state, host)) return;
  if (const auto waits = state.drain_waits.find(host);
      waits != state.drain_waits.end() && waits->second.retry > state.now)
    return;
  std::vector<WorkloadId> ids;
  for (const auto* workload : state.tables.on_host(host))
    if (location(*workload) == host && !workload->deleting) ids.push_back(workload->id);
  if (ids.empty()) {
    state.drain_waits.erase(host);
    return;
  }
  // Asking a host to stop what it can't be heard about would wait without an end.
  if (!up(state, host)) return wait(state, host, unreachable_reason(state, host), Duration{});
  move_one(state, host, ids);
}

}  // namespace

void go_on_draining(State& state) {
  const auto draining = state.tables.draining();
  for (const auto& id : draining) drain(state, id);
}

}  // namespace causeway::scheduler
