// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/place.h"

#include <algorithm>

#include "scheduler/placement/batch.h"
#include "scheduler/placement/explain.h"
#include "scheduler/placement/recover.h"
#include "scheduler/placement/validate.h"

namespace causeway::placement {
namespace {

Refusal invalid(const Batch& batch, Findings findings) {
  Refusal refusal;
  if (batch.requests.size() == 1) refusal.workload = batch.requests.front().workload;
  refusal.findings = std::move(findings);
  return refusal;
}

bool fit_together(Engine& engine, const std::vector<Shape>& shapes) {
  const Seating seating = seat(engine, shapes, true);
  give_back(engine, shapes, seating);
  return seating.left_over.empty();
}

// A smallest set (nothing can be left out of it) that finds no place together with `failed`, by taking halves
// and single requests away for as long as the rest still fails. The number of trials is limited: what is left
// then is a conflict all the same, only not shown to be minimal.
std::vector<WorkloadId> conflict_set(Engine& engine, const std::vector<Shape>& shapes, std::size_t failed) {
  std::vector<Shape> core = shapes;
  std::swap(core[0], core[failed]);
  int trials = 100;
  for (std::size_t step = core.size() / 2; step > 0; step /= 2) {
    for (std::size_t begin = 1; begin < core.size() && trials-- > 0;) {
      std::vector<Shape> less(core.begin(), core.begin() + static_cast<std::ptrdiff_t>(begin));
      const std::size_t end = std::min(core.size(), begin + step);
      less.insert(less.end(), core.begin() + static_cast<std::ptrdiff_t>(end), core.end());
      if (fit_together(engine, less))
        begin = end;
      else
        core = std::move(less);
    }
  }
  std::vector<WorkloadId> conflict;
  for (const Shape& shape : core) conflict.push_back(shape.want.request->workload);
  std::sort(conflict.begin(), conflict.end());
  return conflict;
}

// Why the request finds no place after those of the batch that did.
Refusal refusal_of(Engine& engine, const std::vector<Shape>& shapes, const Seating& seating,
                   const Batch& batch) {
  const std::size_t failed = seating.left_over.front();
  for (std::size_t i = 0; i < shapes.size(); ++i)
    if (seating.choices[i].host != kNone)
      engine.take(shapes[i].want, seating.choices[i].host, seating.choices[i].slot.numa_nodes());
  Refusal refusal = explain_refusal({engine.site(), engine.levels(), engine.usage(), shapes[failed].want});
  for (std::size_t i = 0; i < shapes.size(); ++i)
    if (seating.choices[i].host != kNone)
      engine.give_back(shapes[i].want, seating.choices[i].host, seating.choices[i].slot.numa_nodes());
  if (batch.requests.size() > 1) refusal.conflicts = conflict_set(engine, shapes, failed);
  return refusal;
}

// The same without a word.
Plan bare_plan_of(const Engine& engine, const Seating& seating, const Batch& batch) {
  Plan plan{.groups = batch.groups, .workloads = {}, .placements = {}};
  plan.workloads.reserve(batch.requests.size());
  for (std::size_t i = 0; i < batch.requests.size(); ++i) {
    const Choice& choice = seating.choices[i];
    const auto nodes = choice.slot.numa_nodes();
    plan.workloads.push_back(
        {batch.requests[i], engine.site().host(choice.host).id, {nodes.begin(), nodes.end()}});
  }
  return plan;
}

// The plan's values, in the batch's order. Each request is explained as it stood when it was taken.
Plan plan_of(Engine& engine, const std::vector<Shape>& shapes, const Seating& seating, const Batch& batch) {
  Plan plan{.groups = batch.groups,
            .workloads = std::vector<Placed>(shapes.size()),
            .placements = std::vector<Placement>(shapes.size())};
  for (const std::size_t i : seating.order) {
    const Case in{engine.site(), engine.levels(), engine.usage(), shapes[i].want};
    const Choice& chosen = seating.choices[i];
    Placement& placement = plan.placements[i];
    placement.workload = batch.requests[i].workload;
    placement.chosen = candidate(in, chosen);
    // A runner-up may have more points than the chosen one, where a cohort had to look for a domain that
    // takes all of it.
    for (const Choice& choice : engine.best(shapes[i], 1 + kRunnersUpMax))
      if (choice.host != chosen.host && placement.runners_up.size() < kRunnersUpMax)
        placement.runners_up.push_back(candidate(in, choice));
    plan.workloads[i] = {batch.requests[i], placement.chosen.host, placement.chosen.numa_nodes};
    engine.take(shapes[i].want, chosen.host, chosen.slot.numa_nodes());
  }
  give_back(engine, shapes, seating);
  return plan;
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

  Engine engine(snapshot);
  for (const auto& group : batch.groups) engine.add_group(group);
  std::vector<Shape> shapes;
  shapes.reserve(batch.requests.size());
  for (const auto& request : batch.requests) shapes.push_back(engine.shape(request));
  auto plan = plan_batch(engine, batch, shapes, Reasons::all);
  if (!plan) return plan;
  if (auto broken = broken_reserve(snapshot, *plan)) return std::unexpected(std::move(*broken));
  return plan;
}

Answer<Plan> plan_batch(Engine& engine, const Batch& batch, const std::vector<Shape>& shapes,
                        Reasons reasons) {
  const Seating seating = seat(engine, shapes, true);
  if (!seating.left_over.empty()) return std::unexpected(refusal_of(engine, shapes, seating, batch));
  give_back(engine, shapes, seating);
  return reasons == Reasons::all ? plan_of(engine, shapes, seating, batch)
                                 : bare_plan_of(engine, seating, batch);
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
