// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/state.h"

#include <fmt/format.h>

namespace causeway::scheduler {

void State::event(std::string actor, std::string verb, std::string subject, std::string text,
                  std::string reason) {
  model::EventRecord record;
  record.at = now;
  record.actor = std::move(actor);
  record.verb = std::move(verb);
  record.subject = std::move(subject);
  record.text = std::move(text);
  record.reason = std::move(reason);
  tables.append(std::move(record));
}

Instant last_heard(const State& state, const HostId& host) {
  const auto session = state.sessions.find(host);
  return session == state.sessions.end() ? state.started : session->second.heard;
}

bool reachable(const State& state, const HostId& host) {
  return state.now - last_heard(state, host) <= state.options.unreachable_after;
}

bool up(const State& state, const HostId& host) {
  const auto session = state.sessions.find(host);
  return session != state.sessions.end() && session->second.reported && reachable(state, host);
}

std::string unreachable_reason(const State& state, const HostId& host) {
  const auto* record = state.tables.host(host);
  if (record == nullptr || record->key.empty())
    return fmt::format("host {} has no agent; allow one with 'causeway host add {} --key …'", host, host);
  const auto session = state.sessions.find(host);
  if (session == state.sessions.end() || !session->second.reported)
    return fmt::format("host {} has not reported since this scheduler started at {}", host,
                       to_string(state.started));
  return fmt::format("host {} has not reported since {}", host, to_string(last_heard(state, host)));
}

}  // namespace causeway::scheduler
