// SPDX-License-Identifier: Apache-2.0
// Why a workload is where it is: the placement engine is asked again, with the workload taken out, and its
// numbers for each host are shown beside the host that it has. Applications and waves are explained by their
// workloads.
#include <fmt/format.h>

#include "scheduler/core/access.h"
#include "scheduler/core/observed.h"
#include "scheduler/core/progress.h"
#include "scheduler/core/requests.h"
#include "scheduler/core/snapshot.h"
#include "scheduler/inquiry/explanation.h"

namespace causeway::scheduler {
namespace {

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
  for (auto& member : inquiry::explain_standing(snapshot_of(state, state.tables.catalog(), {}), workload.id))
    object.push_back(std::move(member));
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
  error.error.what += "; why something of a wave can't be placed is said by 'causeway explain NAME -f WAVE'";
  return error;
}

}  // namespace causeway::scheduler
