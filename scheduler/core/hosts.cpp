// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "common/core/text.h"
#include "scheduler/core/ahead.h"
#include "scheduler/core/requests.h"
#include "scheduler/core/snapshot.h"
#include "scheduler/placement/recover.h"
#include "scheduler/placement/validate.h"

namespace causeway::scheduler {
namespace {

std::string moves_text(std::size_t workloads) {
  if (workloads == 0) return "nothing is on it";
  return workloads == 1
             ? "1 workload moves, stopped here and then started elsewhere"
             : fmt::format(
                   "{} workloads move one after the other, each stopped here and then started elsewhere",
                   workloads);
}

// What the verb makes of the record, in words; nothing: it is so already.
std::optional<std::string> change(const State& state, const model::HostRequest& request,
                                  const std::string& reason, model::HostRecord& host) {
  switch (request.verb) {
    case model::HostVerb::add:
      if (host.key == request.key) return std::nullopt;
      host.key = request.key;
      return fmt::format("host {}: its agent is allowed", host.id);
    case model::HostVerb::cordon:
      if (host.cordoned) return std::nullopt;
      host.cordoned = true;
      host.reason = reason;
      return fmt::format("host {} takes nothing new, and what is on it stays: {}", host.id,
                         counted(state.tables.on_host(host.id).size(), "workload"));
    case model::HostVerb::uncordon:
      if (!host.cordoned && !host.draining && !is_ahead(state, host.id)) return std::nullopt;
      host.cordoned = false;
      host.draining = false;
      host.reason.clear();
      if (is_ahead(state, host.id))
        return fmt::format(
            "host {} takes workloads again, and these records hold for it: what its agent did by newer ones "
            "is brought back to them, and what they don't know is left alone and shown as foreign",
            host.id);
      return fmt::format("host {} takes workloads again", host.id);
    case model::HostVerb::drain:
      if (host.draining) return std::nullopt;
      host.cordoned = true;
      host.draining = true;
      host.reason = reason;
      return fmt::format("host {} is emptied: {}; 'causeway describe host {}' shows how far it is", host.id,
                         moves_text(state.tables.on_host(host.id).size()), host.id);
  }
  return std::nullopt;
}

// Whether what is on the host finds a place elsewhere as things stand, and what doesn't.
std::vector<std::string> what_stays(const State& state, const HostId& host) {
  constexpr std::size_t kShown = 5;
  const auto snapshot = snapshot_of(state, state.tables.catalog(), {});
  if (state.tables.on_host(host).empty() || !placement::validate(snapshot).empty())
    return {};  // the drain itself says what is wrong
  const auto stays = placement::plan_drain(snapshot, {placement::Scope::host, host.str()}).stranded;
  if (stays.empty()) return {"as things stand, all find a place elsewhere"};
  std::vector<std::string> lines{fmt::format("as things stand, {} {} no place elsewhere:", stays.size(),
                                             stays.size() == 1 ? "finds" : "find")};
  for (std::size_t i = 0; i < std::min(stays.size(), kShown); ++i)
    lines.push_back(fmt::format("  {}", stays[i].summary()));
  if (stays.size() > kShown) lines.push_back(fmt::format("  and {} more", stays.size() - kShown));
  return lines;
}

std::string_view verb_of(model::HostVerb verb) {
  switch (verb) {
    case model::HostVerb::add: return "host-add";
    case model::HostVerb::cordon: return "cordon";
    case model::HostVerb::uncordon: return "uncordon";
    case model::HostVerb::drain: return "drain";
  }
  return "";
}

}  // namespace

model::ResponseBody change_host(State& state, const Actor& actor, const std::string& reason,
                                const model::HostRequest& request) {
  const auto* standing = state.tables.host(request.host);
  if (standing == nullptr) {
    std::vector<std::string> names;
    for (const auto& [id, record] : state.tables.hosts()) names.push_back(id.str());
    auto error = not_found("host", request.host.str(), names);
    error.error.what += error.error.what.ends_with('?') ? " " : "; ";
    error.error.what += "hosts stand in the site file";
    return error;
  }
  if (request.verb == model::HostVerb::add && standing->key != request.key)
    if (auto problem = key_problem(state.tables, request.key); !problem.empty())
      return refused(Errc::invalid, std::move(problem));
  auto host = *standing;
  const auto text = change(state, request, reason, host);
  if (!text) return model::DoneResponse{{fmt::format("host {} is so already", request.host)}};
  model::DoneResponse done{{*text}};
  if (request.verb == model::HostVerb::drain)
    for (auto& line : what_stays(state, request.host)) done.messages.push_back(std::move(line));
  if (!request.dry_run) {
    // Another agent's session says nothing about this one.
    if (request.verb == model::HostVerb::add) state.sessions.erase(request.host);
    if (request.verb == model::HostVerb::uncordon) take_over(state, host);
    if (request.verb != model::HostVerb::drain) state.drain_waits.erase(request.host);
    state.event(actor.name, std::string(verb_of(request.verb)), fmt::format("host/{}", request.host), *text,
                reason);
    state.tables.put(std::move(host), Basis::moved);
  }
  return done;
}

}  // namespace causeway::scheduler
