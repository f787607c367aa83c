// SPDX-License-Identifier: Apache-2.0
// A console's log is on the workload's host: the request goes there, and the client's answer waits for it.
#include <fmt/format.h>

#include "scheduler/core/requests.h"

namespace causeway::scheduler {

std::optional<model::ResponseBody> console(State& state, const std::string& route, std::uint64_t request_id,
                                           const model::ConsoleLogRequest& request) {
  const auto* workload = state.tables.workload(request.workload);
  if (workload == nullptr) {
    std::vector<std::string> names;
    for (const auto& [id, record] : state.tables.workloads()) names.push_back(id.str());
    return not_found("workload", request.workload.str(), names);
  }
  const auto& host = location(*workload);
  const auto session = state.sessions.find(host);
  if (session == state.sessions.end() || !reachable(state, host))
    return refused(Errc::unavailable, unreachable_reason(state, host));
  if (state.consoles.size() >= kConsolesMax)
    return refused(Errc::busy,
                   fmt::format("{} console logs are being fetched; try again", state.consoles.size()));
  const auto number = state.next_console++;
  state.consoles[number] = {route, request_id, host, state.now + state.options.console_deadline};
  state.messages.push_back(
      {session->second.route, model::ConsoleRequest{number, request.workload, request.max_bytes}});
  return std::nullopt;
}

void take_console(State& state, const HostId& host, const model::ConsoleReply& reply) {
  const auto pending = state.consoles.find(reply.request);
  // Another host's, or one whose client got its answer already.
  if (pending == state.consoles.end() || pending->second.host != host) return;
  model::ResponseBody body = model::TextResponse{reply.text};
  if (!reply.error.empty()) body = refused(Errc::unavailable, fmt::format("host {}: {}", host, reply.error));
  state.replies.push_back({pending->second.route, {pending->second.request_id, std::move(body)}});
  state.consoles.erase(pending);
}

void expire_consoles(State& state) {
  for (auto next = state.consoles.begin(); next != state.consoles.end();) {
    const auto& pending = next->second;
    if (pending.deadline > state.now) {
      ++next;
      continue;
    }
    state.replies.push_back(
        {pending.route,
         {pending.request_id,
          refused(Errc::timeout, fmt::format("host {} did not answer within {}", pending.host,
                                             to_string(state.options.console_deadline)))}});
    next = state.consoles.erase(next);
  }
}

}  // namespace causeway::scheduler
