// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/place.h"

#include <algorithm>
#include <numeric>

#include "scheduler/placement/reference.h"
#include "scheduler/placement/validate.h"

namespace causeway::placement {
namespace {

Refusal invalid(const Batch& batch, Findings findings) {
  Refusal refusal;
  if (batch.requests.size() == 1) refusal.workload = batch.requests.front().workload;
  refusal.findings = std::move(findings);
  return refusal;
}

// Large before small, by the larger share of the largest host; what has hard rules before what is free of
// them, because it has fewer places to go.
std::vector<std::size_t> hardest_first(const Site& site, const Batch& batch) {
  Amounts largest{.cpu = 1, .memory = 1, .huge_pages = 1};
  for (Index i = 0; i < site.hosts(); ++i) {
    const auto& capacity = site.capacity(i);
    largest.cpu = std::max(largest.cpu, capacity.cpu);
    largest.memory = std::max(largest.memory, capacity.memory + capacity.huge_pages);
  }
  std::vector<double> share;
  for (const auto& request : batch.requests)
    share.push_back(
        std::max(100.0 * static_cast<double>(request.vcpus) / static_cast<double>(largest.cpu),
                 static_cast<double>(request.memory.value) / static_cast<double>(largest.memory)));
  const auto hard_rules = [&](const Request& request) {
    return std::any_of(request.groups.begin(), request.groups.end(), [&](const GroupId& id) {
      const auto& rules = site.groups()[site.group_index(id)].rules;
      return std::any_of(rules.begin(), rules.end(), [](const Rule& rule) { return rule.hard(); });
    });
  };
  std::vector<int> ruled;
  for (const auto& request : batch.requests) ruled.push_back(hard_rules(request) ? 1 : 0);

  std::vector<std::size_t> order(batch.requests.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (share[a] != share[b]) return share[a] > share[b];
    if (ruled[a] != ruled[b]) return ruled[a] > ruled[b];
    return batch.requests[a].workload < batch.requests[b].workload;
  });
  return order;
}

}  // namespace

Answer<Plan> place(const Snapshot& snapshot, const Request& request) {
  return place_batch(snapshot, {.groups = {}, .requests = {request}});
}

Answer<Plan> place_batch(const Snapshot& snapshot, const Batch& batch) {
  if (auto findings = validate(snapshot); !findings.empty())
    return std::unexpected(invalid(batch, std::move(findings)));
  if (auto findings = validate(snapshot, batch); !findings.empty())
    return std::unexpected(invalid(batch, std::move(findings)));

  Reference engine(snapshot);
  for (const auto& group : batch.groups) engine.add_group(group);
  Plan plan{.groups = batch.groups,
            .workloads = std::vector<Placed>(batch.requests.size()),
            .placements = std::vector<Placement>(batch.requests.size())};
  for (const std::size_t i : hardest_first(engine.site(), batch)) {
    auto placement = engine.choose(batch.requests[i]);
    if (!placement) return std::unexpected(std::move(placement).error());
    plan.workloads[i] = {batch.requests[i], placement->chosen.host, placement->chosen.numa_nodes};
    plan.placements[i] = std::move(*placement);
    engine.take(plan.workloads[i]);
  }
  return plan;
}

Snapshot applied(Snapshot snapshot, const Plan& plan) {
  for (const auto& group : plan.groups) {
    const auto known = std::find_if(snapshot.groups.begin(), snapshot.groups.end(),
                                    [&](const Group& other) { return other.id == group.id; });
    if (known == snapshot.groups.end())
      snapshot.groups.push_back(group);
    else
      known->rules = group.rules;
  }
  snapshot.workloads.insert(snapshot.workloads.end(), plan.workloads.begin(), plan.workloads.end());
  return snapshot;
}

}  // namespace causeway::placement
