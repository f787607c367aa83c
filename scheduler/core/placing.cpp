// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/placing.h"

#include <map>
#include <utility>

#include "scheduler/core/snapshot.h"
#include "scheduler/core/state.h"
#include "scheduler/inquiry/wave_requests.h"
#include "scheduler/placement/check.h"
#include "scheduler/placement/place.h"
#include "scheduler/placement/validate.h"

namespace causeway::scheduler {

void Placing::make_anew(const State& state) {
  auto snapshot = standing_snapshot(state);
  standing_.reset();
  if (placement::validate(snapshot).empty())
    standing_ = std::make_unique<placement::Standing>(std::move(snapshot));
}

void Placing::follow(State& state) {
  auto news = state.tables.take_placement_news();
  news.hosts.merge(std::exchange(touched_, {}));
  // Who was never heard is given time after a start, and then taken for away, all at once.
  if (!judged_silent_ && state.now - state.started > state.options.unreachable_after) {
    judged_silent_ = true;
    for (const auto& [id, record] : state.tables.hosts())
      if (!state.sessions.contains(id)) news.hosts.insert(id);
  }
  const bool anew = news.site || (standing_ == nullptr && !news.workloads.empty());
  if (anew || (standing_ != nullptr && !follow_workloads(state, news.workloads))) return make_anew(state);
  if (standing_ != nullptr) follow_hosts(state, news.hosts);
}

bool Placing::follow_workloads(const State& state, const std::set<WorkloadId>& changed) {
  const auto& catalog = state.tables.catalog();
  std::set<ApplicationId> applications;
  for (const auto& id : changed) applications.insert(model::application_of(id));
  // The rules of an entry are those of its first workload.
  for (const auto& application : applications) {
    std::map<GroupId, placement::Group> groups;
    for (const auto* workload : state.tables.of_application(application))
      for (auto& group : inquiry::groups_of(*workload)) groups.try_emplace(group.id, std::move(group));
    for (const auto& [id, group] : groups) standing_->put(group);
  }
  for (const auto& id : changed) {
    const auto* workload = state.tables.workload(id);
    if (workload == nullptr) {
      standing_->erase(id);
      continue;
    }
    auto placed = placed_of(*workload, catalog);
    if (!standing_->knows(placed)) return false;
    standing_->put(std::move(placed));
  }
  return true;
}

void Placing::follow_hosts(const State& state, const std::set<HostId>& changed) {
  for (const auto& id : changed)
    if (state.tables.site().hosts.contains(id)) standing_->set_state(id, host_state(state, id));
}

placement::Answer<placement::Plan> Placing::place_batch(State& state, const placement::Batch& batch,
                                                        const placement::Standing::Terms& terms) {
  follow(state);
  if (standing_ != nullptr) return standing_->place_batch(batch, terms);
  // It says itself what is wrong with the snapshot.
  return placement::place_batch(snapshot_of(state, state.tables.catalog(), terms.without), batch);
}

std::string Placing::difference(State& state) {
  follow(state);
  if (standing_ == nullptr) return "";
  return standing_->difference(placement::Standing(standing_snapshot(state)));
}

}  // namespace causeway::scheduler
