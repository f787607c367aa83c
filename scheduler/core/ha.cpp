// SPDX-License-Identifier: Apache-2.0
// Lost hosts in the hands of an operator: what is going on, and a pause for work on the networks or the
// storage, which would look like death.
#include <fmt/format.h>

#include "scheduler/core/liveness.h"
#include "scheduler/core/outages.h"
#include "scheduler/core/requests.h"

namespace causeway::scheduler {
namespace {

constexpr Duration kDisarmMost{std::chrono::hours(24)};

model::ResponseBody ha_status(const State& state) {
  const auto& numbers = state.tables.state();
  model::Object document;
  document.emplace_back("fencing",
                        state.options.fences ? "on" : "off: this scheduler has no key for fencing");
  document.emplace_back("armed", state.options.fences && !disarmed(state));
  if (disarmed(state)) {
    document.emplace_back("disarmed_until", to_string(numbers.disarmed_until));
    document.emplace_back("reason", numbers.disarmed_reason);
  }
  if (const auto why = blindness(state); !why.empty()) document.emplace_back("blind", why);
  document.emplace_back("lease", to_string(state.options.lease));
  document.emplace_back("fence_budget", static_cast<std::int64_t>(fence_budget(state)));
  if (!state.over_budget.empty()) {
    document.emplace_back("over_budget", static_cast<std::int64_t>(state.over_budget.size()));
    document.emplace_back("over_budget_since", to_string(state.over_budget_since));
  }
  model::Object power;
  for (const auto& [pattern, proof] : state.options.power)
    power.emplace_back(pattern, proof == fence::Proof::power
                                    ? "switched off when lost; nothing starts elsewhere before that is proven"
                                    : "switched off when lost; nobody waits for that");
  if (!power.empty()) document.emplace_back("power", std::move(power));
  model::Object hosts;
  for (const auto& [id, host] : state.tables.hosts()) {
    std::string text = condition_of(state, host);
    if (const auto why =
            outage_reason(state, host) + left_alone_reason(state, host) + storage_reason(state, host);
        !why.empty())
      text += fmt::format(": {}", why);
    hosts.emplace_back(id.str(), std::move(text));
  }
  document.emplace_back("hosts", std::move(hosts));
  return model::DocumentResponse{std::move(document)};
}

}  // namespace

model::ResponseBody ha(State& state, const Actor& actor, const std::string& reason,
                       const model::HaRequest& request) {
  if (request.verb == model::HaVerb::status) return ha_status(state);
  const bool arms = request.verb == model::HaVerb::arm;
  if (!arms && reason.empty())
    return refused(Errc::invalid, "say why with --reason: who comes after you has to know");
  if (!arms && (request.span <= Duration{} || request.span > kDisarmMost))
    return refused(Errc::invalid, fmt::format("{} is no time to be disarmed for; say 1m to {}",
                                              to_string(request.span), to_string(kDisarmMost)));
  if (arms && !disarmed(state)) return model::DoneResponse{{"armed already"}};
  state.tables.disarm(arms ? state.now : state.now + request.span, arms ? "" : reason);
  const auto text =
      arms ? std::string("armed: lost hosts are fenced, and what is protected restarts elsewhere")
           : fmt::format("disarmed until {}: no host is fenced and nothing restarts elsewhere",
                         to_string(state.tables.state().disarmed_until));
  state.event(actor.name, arms ? "ha-arm" : "ha-disarm", "site/" + state.tables.site().name, text, reason);
  return model::DoneResponse{{text}};
}

}  // namespace causeway::scheduler
