// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/ahead.h"

#include <fmt/format.h>

#include <algorithm>

namespace causeway::scheduler {

void note_ahead(State& state, const HostId& host) {
  const auto& session = state.sessions.at(host);
  const auto& standing = *state.tables.host(host);
  // An agent that obeys a later term is another scheduler's.
  if (session.epoch > state.tables.state().epoch || session.applied <= standing.told) return;
  if (!state.ahead.insert(host).second) return;
  auto record = standing;
  record.cordoned = true;
  record.reason = ahead_reason(state, host);
  state.event("scheduler", "ahead", fmt::format("host/{}", host), record.reason);
  state.tables.put(std::move(record), Basis::moved);
}

bool is_ahead(const State& state, const HostId& host) { return state.ahead.contains(host); }

std::string ahead_reason(const State& state, const HostId& host) {
  const auto session = state.sessions.find(host);
  if (!is_ahead(state, host) || session == state.sessions.end()) return "";
  return fmt::format(
      "its agent works on generation {}, and these records never told it more than {}: they are older than "
      "what it does (was a backup restored?); it is told nothing until 'causeway host uncordon {}'",
      session->second.applied, state.tables.host(host)->told, host);
}

std::string old_records_reason(const State& state) {
  if (state.ahead.empty()) return "";
  return fmt::format(
      "host {} works by newer records than these, and may run it already; look there, then 'causeway host "
      "uncordon {}'",
      *state.ahead.begin(), *state.ahead.begin());
}

void take_over(State& state, model::HostRecord& host) {
  const auto session = state.sessions.find(host.id);
  if (state.ahead.erase(host.id) == 0 || session == state.sessions.end()) return;
  host.generation = std::max(host.generation, session->second.applied);
  host.told = host.generation;
  // What is made anew from the records is counted up, and so beyond what its agent works on.
  state.assignments.erase(host.id);
}

}  // namespace causeway::scheduler
