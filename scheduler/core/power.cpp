// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "scheduler/core/requests.h"

namespace causeway::scheduler {
namespace {

// The workload of that name, or those of the application of that name.
std::vector<WorkloadId> subjects(const Tables& tables, const std::string& name) {
  if (tables.workload(WorkloadId(name)) != nullptr) return {WorkloadId(name)};
  std::vector<WorkloadId> found;
  if (tables.applications().contains(ApplicationId(name)))
    for (const auto* workload : tables.of_application(ApplicationId(name))) found.push_back(workload->id);
  return found;
}

std::vector<std::string> known_subjects(const Tables& tables) {
  std::vector<std::string> names;
  for (const auto& [id, record] : tables.applications()) names.push_back(id.str());
  for (const auto& [id, record] : tables.workloads()) names.push_back(id.str());
  return names;
}

std::string_view verb_of(model::PowerVerb verb) {
  switch (verb) {
    case model::PowerVerb::start: return "start";
    case model::PowerVerb::stop: return "stop";
    case model::PowerVerb::restart: return "restart";
  }
  return "";
}

// Changes the workload as asked; false: it is so already.
bool change(model::Workload& workload, model::PowerVerb verb) {
  if (verb == model::PowerVerb::restart) {
    ++workload.restart;
    return true;
  }
  const auto wanted = verb == model::PowerVerb::start ? model::Power::running : model::Power::stopped;
  // A person who starts a workload knows better than its dependencies.
  const bool released = verb == model::PowerVerb::start && std::exchange(workload.held, false);
  return std::exchange(workload.power, wanted) != wanted || released;
}

}  // namespace

model::ResponseBody power(State& state, const Actor& actor, const std::string& reason,
                          const model::PowerRequest& request) {
  const auto ids = subjects(state.tables, request.subject);
  if (ids.empty()) return not_found("workload or application", request.subject, known_subjects(state.tables));
  const auto verb = verb_of(request.verb);
  std::vector<model::Workload> changed;
  model::DoneResponse done;
  for (const auto& id : ids) {
    auto workload = state.tables.workloads().at(id);
    if (workload.deleting)
      return refused(Errc::conflict, fmt::format("{} is being deleted; there is no way back", id));
    if (request.verb == model::PowerVerb::restart && workload.power == model::Power::stopped)
      return refused(Errc::conflict, fmt::format("{} is stopped; start it: causeway start {}", id, id));
    if (!change(workload, request.verb)) {
      done.messages.push_back(fmt::format("workload {} is so already", id));
      continue;
    }
    workload.generation = workload.generation.next();
    workload.changed = state.now;
    done.messages.push_back(fmt::format("workload {} on {}: {}{}", id, location(workload), verb,
                                        request.dry_run ? " (dry run)" : ""));
    changed.push_back(std::move(workload));
  }
  if (request.dry_run) return done;
  for (auto& workload : changed) {
    state.event(actor.name, std::string(verb), fmt::format("workload/{}", workload.id), "asked for", reason);
    // Stopped or running, it keeps its place.
    state.tables.put(std::move(workload), Basis::kept);
  }
  return done;
}

}  // namespace causeway::scheduler
