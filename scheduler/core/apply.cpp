// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "scheduler/core/draft.h"
#include "scheduler/core/requests.h"

namespace causeway::scheduler {
namespace {

model::ErrorResponse wrong(const Draft& draft) {
  return {{Errc::invalid, fmt::format("{} {} wrong; nothing was changed", draft.findings.size(),
                                      draft.findings.size() == 1 ? "thing is" : "things are")},
          draft.findings};
}

model::PlanResponse shown(const State& state, const Draft& draft) {
  model::PlanResponse response;
  response.lines = draft.lines;
  response.unplaced = draft.unplaced;
  response.unchanged = draft.unchanged;
  if (draft.unplaced.empty()) response.token = token_of(draft, state.tables.state().basis);
  return response;
}

// "wave/wave-1, 3 added, 1 changed" as an event for each manifest.
std::string subject_of(const model::Manifest& manifest) {
  if (const auto* site = std::get_if<model::Site>(&manifest)) return "site/" + site->name;
  if (const auto* wave = std::get_if<model::Wave>(&manifest)) return "wave/" + wave->id.str();
  return std::holds_alternative<model::Departments>(manifest) ? "departments" : "rooms";
}

}  // namespace

model::ResponseBody plan(State& state, const Actor& actor, const model::PlanRequest& request) {
  if (request.manifests.empty())
    return refused(Errc::invalid, "there is nothing to plan: the request names no file");
  const auto made = draft(state, actor, request.manifests);
  if (!made.findings.empty()) return wrong(made);
  return shown(state, made);
}

model::ResponseBody apply(State& state, const Actor& actor, const std::string& reason,
                          const model::ApplyRequest& request) {
  if (request.manifests.empty())
    return refused(Errc::invalid, "there is nothing to apply: the request names no file");
  auto made = draft(state, actor, request.manifests);
  if (!made.findings.empty()) return wrong(made);
  auto response = shown(state, made);
  if (!request.plan.empty() && request.plan != response.token)
    return refused(Errc::conflict,
                   "the state moved since the plan was made; plan again and look at what changed");
  if (request.dry_run || !made.sound() || made.empty()) {
    response.applied = made.sound() && made.empty() && !request.dry_run;
    return response;
  }
  const auto count = [&](char sign) { return std::ranges::count(made.lines, sign, &model::PlanLine::sign); };
  const auto text = fmt::format("{} added, {} changed, {} unchanged", count('+'), count('~'), made.unchanged);
  carry_out(state, std::move(made));
  for (const auto& manifest : request.manifests)
    state.event(actor.name, "apply", subject_of(manifest), text, reason);
  response.applied = true;
  return response;
}

}  // namespace causeway::scheduler
