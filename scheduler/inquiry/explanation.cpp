// SPDX-License-Identifier: Apache-2.0
#include "scheduler/inquiry/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scheduler/inquiry/reasons.h"
#include "scheduler/placement/place.h"

namespace causeway::inquiry {
namespace {

using model::List;
using model::Object;

bool named(const placement::Request& request, const std::string& name) {
  const auto& id = request.workload.str();
  return name.empty() || id == name || id.starts_with(name + "/");
}

void add_choice(Object& into, const placement::Placement& placement) {
  into.emplace_back("candidates", candidates_of(placement));
  into.emplace_back("scorers", scorers_of(placement));
}

// One workload in front of the whole batch: if the batch fails because of another one, it is looked at alone.
Object explain_one(const placement::Snapshot& snapshot, const placement::Batch& batch,
                   const placement::Request& request, const placement::Answer<placement::Plan>& plan) {
  Object object{{"workload", request.workload.str()}};
  const auto note_chosen = [&](const placement::Placement& chosen) {
    object.emplace_back("host", chosen.chosen.host.str());
    add_choice(object, chosen);
  };
  if (plan) {
    note_chosen(*std::ranges::find(plan->placements, request.workload, &placement::Placement::workload));
    return object;
  }
  if (plan.error().workload == request.workload || plan.error().workload.empty()) {
    object.emplace_back("host", "nowhere");
    object.emplace_back("refusal", document_of(plan.error()));
    return object;
  }
  const auto alone = place_batch(snapshot, {.groups = batch.groups, .requests = {request}});
  if (!alone) {
    object.emplace_back("host", "nowhere");
    object.emplace_back("refusal", document_of(alone.error()));
    return object;
  }
  object.emplace_back("note",
                      fmt::format("a batch is placed whole or not at all, and {} of this one finds no "
                                  "place; alone, this workload would be placed as follows",
                                  plan.error().workload));
  note_chosen(alone->placements.front());
  return object;
}

}  // namespace

Object explain_standing(placement::Snapshot snapshot, const WorkloadId& workload) {
  const auto standing = std::ranges::find_if(
      snapshot.workloads, [&](const placement::Placed& one) { return one.request.workload == workload; });
  const placement::Placed placed = std::move(*standing);
  snapshot.workloads.erase(standing);
  const auto plan = placement::place(snapshot, placed.request);
  if (!plan)
    return {{"placed_anew", "nowhere: its place is kept, but nothing would be placed there now"},
            {"refusal", document_of(plan.error())}};
  const auto& placement = plan->placements.front();
  Object object{
      {"placed_anew", placement.chosen.host == placed.host
                          ? "there again"
                          : fmt::format("on {}; what runs is not moved for that", placement.chosen.host)}};
  add_choice(object, placement);
  return object;
}

Explained explain_batch(const placement::Snapshot& snapshot, const placement::Batch& batch,
                        const std::string& name) {
  std::vector<const placement::Request*> chosen;
  for (const auto& request : batch.requests)
    if (named(request, name)) chosen.push_back(&request);
  if (chosen.empty()) return {};
  const auto plan = place_batch(snapshot, batch);
  if (chosen.size() == 1) return {plan.has_value(), explain_one(snapshot, batch, *chosen.front(), plan)};
  Object object{{"workloads", static_cast<std::int64_t>(chosen.size())}, {"fits", plan.has_value()}};
  if (!plan) {
    object.emplace_back("refusal", document_of(plan.error()));
    return {false, std::move(object)};
  }
  List rows;
  for (std::size_t i = 0; i < plan->placements.size(); ++i) {
    const auto& one = plan->placements[i];
    if (!named(plan->workloads[i].request, name)) continue;
    rows.emplace_back(Object{
        {"workload", one.workload.str()},
        {"host", one.chosen.host.str()},
        {"score", Object{{"text", fmt::format("{:.3f}", one.chosen.score)}, {"value", one.chosen.score}}},
        {"next_best",
         one.runners_up.empty() ? model::Value() : model::Value(one.runners_up.front().host.str())}});
  }
  object.emplace_back("placed", std::move(rows));
  return {true, std::move(object)};
}

}  // namespace causeway::inquiry
