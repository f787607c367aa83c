// SPDX-License-Identifier: Apache-2.0
// Why a workload is where it is: the placement engine is asked again, with the workload taken out, and its
// numbers for each host are shown beside the host that it has. Applications and waves are explained by their
// workloads.
#include <fmt/format.h>

#include "common/core/text.h"
#include "scheduler/core/access.h"
#include "scheduler/core/observed.h"
#include "scheduler/core/progress.h"
#include "scheduler/core/requests.h"
#include "scheduler/core/snapshot.h"
#include "scheduler/placement/place.h"

namespace causeway::scheduler {
namespace {

model::Object candidate_of(const placement::Candidate& candidate) {
  model::List parts;
  for (const auto& part : candidate.parts)
    parts.emplace_back(
        model::Object{{"scorer", std::string(part.scorer)}, {"weight", part.weight}, {"value", part.value}});
  return {{"host", candidate.host.str()}, {"score", candidate.score}, {"parts", std::move(parts)}};
}

model::Object refusal_of(const placement::Refusal& refusal) {
  model::List exclusions;
  for (const auto& exclusion : refusal.exclusions)
    exclusions.emplace_back(model::Object{{"constraint", exclusion.constraint},
                                          {"hosts", exclusion.hosts},
                                          {"alone", exclusion.alone},
                                          {"example", exclusion.example}});
  model::List nearest;
  for (const auto& near : refusal.nearest)
    nearest.emplace_back(model::Object{{"host", near.host.str()}, {"lacks", join(near.lacks, "; ")}});
  model::List changes;
  for (const auto& change : refusal.counterfactuals)
    changes.emplace_back(model::Object{{"change", change.change}, {"host", change.host.str()}});
  return {{"summary", refusal.summary()},
          {"exclusions", std::move(exclusions)},
          {"nearest", std::move(nearest)},
          {"would_fit", std::move(changes)}};
}

model::Object workload_of(const State& state, const model::Workload& workload) {
  const auto seen = observe(state, workload);
  model::Object object{{"workload", workload.id.str()},
                       {"host", workload.host.str()},
                       {"phase", std::string(to_string(seen.phase))},
                       {"settled", seen.settled},
                       {"waiting", seen.waiting},
                       {"since", to_string(seen.since)}};
  if (!workload.leaving.empty()) object.emplace_back("leaves", workload.leaving.str());
  return object;
}

model::ResponseBody explain_workload(const State& state, const model::Workload& workload) {
  auto object = workload_of(state, workload);
  const auto catalog = state.tables.catalog();
  placement::Batch batch{{}, {request_of(workload)}};
  if (auto group = group_of(workload)) batch.groups.push_back(std::move(*group));
  const auto plan = placement::place_batch(snapshot_of(state, catalog, {workload.id}), batch);
  if (!plan) {
    object.emplace_back("placed_anew", "nowhere: its place is kept, but nothing would be placed there now");
    object.emplace_back("refusal", refusal_of(plan.error()));
    return model::DocumentResponse{std::move(object)};
  }
  const auto& placement = plan->placements.front();
  object.emplace_back("placed_anew",
                      placement.chosen.host == workload.host
                          ? "there again"
                          : fmt::format("on {}; what runs is not moved for that", placement.chosen.host));
  model::List candidates;
  candidates.emplace_back(candidate_of(placement.chosen));
  for (const auto& other : placement.runners_up) candidates.emplace_back(candidate_of(other));
  object.emplace_back("candidates", std::move(candidates));
  return model::DocumentResponse{std::move(object)};
}

model::ResponseBody explain_all(const State& state, std::string noun, const std::string& name,
                                const std::vector<const model::Workload*>& workloads) {
  const auto progress = progress_of(state, workloads);
  model::List list;
  for (const auto* workload : workloads)
    if (!observe(state, *workload).settled) list.emplace_back(workload_of(state, *workload));
  return model::DocumentResponse{{{std::move(noun), name},
                                  {"phase", progress.phase},
                                  {"percent", progress.percent},
                                  {"settled", progress.done()},
                                  {"waiting", progress.waiting},
                                  {"since", to_string(progress.since)},
                                  {"unsettled", std::move(list)}}};
}

}  // namespace

model::ResponseBody explain(const State& state, const Actor&, const model::ExplainRequest& request) {
  const auto& tables = state.tables;
  const auto& name = request.subject;
  if (const auto* workload = tables.workload(WorkloadId(name))) return explain_workload(state, *workload);
  if (tables.applications().contains(ApplicationId(name)))
    return explain_all(state, "application", name, tables.of_application(ApplicationId(name)));
  if (tables.waves().contains(WaveId(name)))
    return explain_all(state, "wave", name, workloads_of(tables, WaveId(name)));
  std::vector<std::string> known;
  for (const auto& [id, record] : tables.workloads()) known.push_back(id.str());
  for (const auto& [id, record] : tables.applications()) known.push_back(id.str());
  for (const auto& [id, record] : tables.waves()) known.push_back(id.str());
  auto error = not_found("workload, application or wave", name, known);
  error.error.what += "; why something can't be placed is said by 'causeway plan' of its wave";
  return error;
}

}  // namespace causeway::scheduler
