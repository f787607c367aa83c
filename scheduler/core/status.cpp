// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "scheduler/core/access.h"
#include "scheduler/core/ahead.h"
#include "scheduler/core/liveness.h"
#include "scheduler/core/outages.h"
#include "scheduler/core/progress.h"
#include "scheduler/core/requests.h"
#include "scheduler/core/topology.h"

namespace causeway::scheduler {
namespace {

model::ApplicationProgress line_of(const State& state, const ApplicationId& id,
                                   const model::ApplicationRecord& record) {
  const auto progress = progress_of(state, state.tables.of_application(id));
  model::ApplicationProgress line;
  line.id = id;
  line.title = record.spec.title;
  line.phase = progress.phase;
  line.percent = progress.percent;
  line.running = progress.running;
  line.workloads = progress.workloads;
  line.waiting = progress.waiting;
  line.since = progress.since;
  return line;
}

// What hosts lack of what the site file says that they have.
std::vector<std::string> host_findings(const State& state) {
  std::vector<std::string> findings;
  if (auto why = blindness(state); !why.empty()) findings.push_back(std::move(why));
  for (const auto& id : state.ahead)
    findings.push_back(fmt::format("host {}: {}", id, ahead_reason(state, id)));
  for (const auto& [id, host] : state.tables.hosts()) {
    if (const auto why = power_problem(state, host); !why.empty())
      findings.push_back(fmt::format("host {} is lost, and it can't be switched off: {}", id, why));
    if (const auto why = storage_reason(state, host); !why.empty())
      findings.push_back(fmt::format("host {}: {}", id, why));
  }
  for (const auto& [id, session] : state.sessions) {
    const auto declared = state.tables.site().hosts.find(id);
    if (!session.reported || declared == state.tables.site().hosts.end()) continue;
    for (const auto& missing : missing_from(session.facts, declared->second))
      findings.push_back(fmt::format("host {}: {}", id, missing));
  }
  return findings;
}

}  // namespace

model::ResponseBody status(const State& state, const Actor& actor, const model::StatusRequest& request) {
  const auto& tables = state.tables;
  model::StatusResponse response;
  if (request.wave.empty()) {
    response.title = fmt::format("{} {}", tables.site().name, tables.site().title);
  } else {
    const auto wave = tables.waves().find(request.wave);
    if (wave == tables.waves().end()) {
      std::vector<std::string> names;
      for (const auto& [id, record] : tables.waves()) names.push_back(id.str());
      return not_found("wave", request.wave.str(), names);
    }
    response.title = fmt::format("{} {}", wave->first, wave->second.title);
  }
  std::vector<const model::Workload*> all;
  int settled = 0;
  for (const auto& [id, record] : tables.applications()) {
    const bool asked = request.wave.empty() || record.wave == request.wave;
    if (!asked || !sees(actor, record.spec.department)) continue;
    auto line = line_of(state, id, record);
    const auto workloads = tables.of_application(id);
    all.insert(all.end(), workloads.begin(), workloads.end());
    settled += progress_of(state, workloads).done() ? 1 : 0;
    response.applications.push_back(std::move(line));
  }
  const auto total = progress_of(state, all);
  response.settled = total.done();
  response.failed = total.failed > 0;
  const auto waiting =
      std::ranges::count_if(response.applications, [](const auto& line) { return !line.waiting.empty(); });
  response.summary = {{"applications", static_cast<std::int64_t>(response.applications.size())},
                      {"applications_settled", settled},
                      {"applications_waiting", static_cast<std::int64_t>(waiting)},
                      {"workloads", total.workloads},
                      {"workloads_running", total.running},
                      {"workloads_failed", total.failed},
                      {"percent", all.empty() ? 100 : total.percent}};
  if (request.wave.empty() && sees_all(actor)) {
    const auto away =
        std::ranges::count_if(tables.hosts(), [&](const auto& entry) { return !up(state, entry.first); });
    response.summary.emplace_back("hosts", static_cast<std::int64_t>(tables.hosts().size()));
    response.summary.emplace_back("hosts_unreachable", static_cast<std::int64_t>(away));
    response.findings = host_findings(state);
    const auto lost = std::ranges::count_if(
        tables.hosts(), [](const auto& entry) { return entry.second.outage.has_value(); });
    response.summary.emplace_back("hosts_lost", static_cast<std::int64_t>(lost));
    response.summary.emplace_back("hosts_over_fence_budget",
                                  static_cast<std::int64_t>(state.over_budget.size()));
    response.summary.emplace_back("ha_armed", state.options.fences && !disarmed(state));
  }
  response.revision = tables.state().revision.value;
  return response;
}

}  // namespace causeway::scheduler
