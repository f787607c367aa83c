// SPDX-License-Identifier: Apache-2.0
// The workloads of a draft in front of the placement engine.
#include <fmt/format.h>

#include <algorithm>

#include "common/core/text.h"
#include "scheduler/core/draft.h"
#include "scheduler/core/snapshot.h"
#include "scheduler/placement/place.h"

namespace causeway::scheduler {
namespace {

// Why not, as the sentences of an answer.
model::Unplaced unplaced_of(const placement::Refusal& refusal) {
  model::Unplaced unplaced;
  unplaced.workload = refusal.workload;
  for (const auto& finding : refusal.findings)
    unplaced.reasons.push_back(finding.path.empty() ? finding.what
                                                    : fmt::format("{}: {}", finding.path, finding.what));
  if (!refusal.findings.empty()) return unplaced;
  unplaced.reasons.push_back(refusal.summary());
  for (const auto& exclusion : refusal.exclusions)
    unplaced.reasons.push_back(fmt::format("{} excludes {} of {} hosts: {}", exclusion.constraint,
                                           exclusion.hosts, refusal.hosts, exclusion.example));
  for (const auto& near : refusal.nearest)
    unplaced.reasons.push_back(fmt::format("nearest is {}: {}", near.host, join(near.lacks, "; ")));
  for (const auto& change : refusal.counterfactuals)
    unplaced.reasons.push_back(fmt::format("it would fit on {} {}", change.host, change.change));
  if (refusal.conflicts.size() > 1) {
    std::string text = "these can't be placed together:";
    for (const auto& id : refusal.conflicts) text += " " + id.str();
    unplaced.reasons.push_back(std::move(text));
  }
  return unplaced;
}

std::string where(const model::Catalog& catalog, const HostId& host) {
  const auto spec = catalog.site.hosts.find(host);
  return spec == catalog.site.hosts.end() ? fmt::format("on {}", host)
                                          : fmt::format("on {} (rack {})", host, spec->second.rack);
}

}  // namespace

void draft_placement(const State& state, const model::Catalog& catalog, std::map<WorkloadId, Wanted>& wanted,
                     Draft& into) {
  placement::Batch batch;
  std::set<WorkloadId> moved;
  std::map<placement::GroupId, placement::Group> groups;
  for (const auto& [id, one] : wanted) {
    if (!one.is_new && !one.grows) continue;
    auto request = request_of(one.workload);
    // What runs grows where it is: moving it would stop it.
    if (!one.is_new) {
      request.traits.insert(trait_of_host(one.workload.host));
      moved.insert(id);
    }
    if (auto group = group_of(one.workload)) groups.emplace(group->id, std::move(*group));
    batch.requests.push_back(std::move(request));
  }
  if (batch.requests.empty()) return;
  const auto snapshot = snapshot_of(state, catalog, moved);
  for (auto& [id, group] : groups) batch.groups.push_back(std::move(group));

  const auto plan = placement::place_batch(snapshot, batch);
  if (!plan) {
    auto unplaced = unplaced_of(plan.error());
    const auto refused = wanted.find(unplaced.workload);
    if (refused != wanted.end() && !refused->second.is_new)
      unplaced.reasons.insert(unplaced.reasons.begin(),
                              fmt::format("it does not fit on its host {} any more ({})",
                                          refused->second.workload.host, refused->second.text));
    into.unplaced.push_back(std::move(unplaced));
    return;
  }
  for (const auto& placed : plan->workloads) {
    auto& one = wanted.at(placed.request.workload);
    one.workload.host = placed.host;
  }
  for (auto& [id, one] : wanted)
    if (one.is_new || one.changed)
      one.text = fmt::format("{}, {}", where(catalog, one.workload.host), one.text);
}

}  // namespace causeway::scheduler
