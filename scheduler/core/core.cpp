// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/core.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "common/core/check.h"
#include "scheduler/core/access.h"
#include "scheduler/core/answers.h"
#include "scheduler/core/assignments.h"
#include "scheduler/core/drains.h"
#include "scheduler/core/grants.h"
#include "scheduler/core/holds.h"
#include "scheduler/core/liveness.h"
#include "scheduler/core/outages.h"
#include "scheduler/core/probes.h"
#include "scheduler/core/reports.h"
#include "scheduler/core/requests.h"
#include "scheduler/core/snapshot.h"
#include "scheduler/core/state.h"
#include "scheduler/inquiry/snapshot_document.h"

namespace causeway::scheduler {
namespace {

// The configuration's operators can always do everything: who can write it can read the keys as well. A key
// that was revoked stays revoked under its name until the configuration names another one.
void allow_configured_operators(State& state) {
  for (const auto& [name, key] : state.options.operators) {
    const auto held = state.tables.keys().find(name);
    if (held != state.tables.keys().end() && held->second.key == key) continue;
    state.tables.put(model::KeyRecord{name, key, model::Role::operator_, DepartmentId(), false});
    state.event("scheduler", "key-allow", "key/" + name, "role operator, by the scheduler's configuration");
  }
}

void begin(State& state) {
  state.begun = true;
  state.started = state.now;
  state.tables.begin_epoch();
  allow_configured_operators(state);
  state.event("scheduler", "epoch", "scheduler/" + state.options.name,
              fmt::format("epoch {} begins", state.tables.state().epoch));
}

std::optional<model::ResponseBody> back_up(State& state, const Actor& actor, const std::string& route,
                                           std::uint64_t request_id, const model::BackupRequest& request) {
  state.backups.push_back({route, request_id, request});
  if (request.backup == 0)
    state.event(actor.name, "backup", "scheduler/" + state.options.name, "a copy of the state is taken");
  return std::nullopt;
}

std::optional<model::ResponseBody> answer(State& state, const Actor& actor, const Message& message,
                                          const model::Request& request) {
  return std::visit(
      [&]<class Body>(const Body& body) -> std::optional<model::ResponseBody> {
        if constexpr (std::is_same_v<Body, model::PlanRequest>)
          return plan(state, actor, body);
        else if constexpr (std::is_same_v<Body, model::ApplyRequest>)
          return apply(state, actor, request.reason, body);
        else if constexpr (std::is_same_v<Body, model::StatusRequest>)
          return status(state, actor, body);
        else if constexpr (std::is_same_v<Body, model::GetRequest>)
          return get(state, actor, body);
        else if constexpr (std::is_same_v<Body, model::DescribeRequest>)
          return describe(state, actor, body);
        else if constexpr (std::is_same_v<Body, model::ExplainRequest>)
          return explain(state, actor, body);
        else if constexpr (std::is_same_v<Body, model::PowerRequest>)
          return power(state, actor, request.reason, body);
        else if constexpr (std::is_same_v<Body, model::DeleteRequest>)
          return remove(state, actor, request.reason, body);
        else if constexpr (std::is_same_v<Body, model::HostRequest>)
          return change_host(state, actor, request.reason, body);
        else if constexpr (std::is_same_v<Body, model::KeyAllowRequest>)
          return allow_key(state, actor, request.reason, body);
        else if constexpr (std::is_same_v<Body, model::KeyRevokeRequest>)
          return revoke_key(state, actor, request.reason, body);
        else if constexpr (std::is_same_v<Body, model::SnapshotRequest>)
          return model::DocumentResponse{
              inquiry::document_of(snapshot_of(state, state.tables.catalog(), {}))};
        else if constexpr (std::is_same_v<Body, model::BackupRequest>)
          return back_up(state, actor, message.route, request.id, body);
        else if constexpr (std::is_same_v<Body, model::GrantAddRequest>)
          return add_grant(state, actor, request.reason, body);
        else if constexpr (std::is_same_v<Body, model::GrantRevokeRequest>)
          return revoke_grant(state, actor, request.reason, body);
        else if constexpr (std::is_same_v<Body, model::ReachRequest>)
          return ask_reach(state, actor, message.route, request.id, body);
        else if constexpr (std::is_same_v<Body, model::HaRequest>)
          return ha(state, actor, request.reason, body);
        else
          return console(state, message.route, request.id, body);
      },
      request.body);
}

void take_request(State& state, const Message& message, const model::Request& request) {
  const auto reply = [&](model::ResponseBody body) {
    state.replies.push_back({message.route, {request.id, std::move(body)}});
  };
  const auto actor = identify(state.tables, message.key);
  if (!actor) {
    note_refusal(state, message.key, actor.error().what);
    return reply(model::ErrorResponse{actor.error(), {}});
  }
  if (const auto allowed = authorize(*actor, request.body); !allowed) {
    note_refusal(state, message.key, allowed.error().what);
    return reply(model::ErrorResponse{allowed.error(), {}});
  }
  if (auto repeated = answered_before(state, message.key, request)) return reply(std::move(*repeated));
  auto body = answer(state, *actor, message, request);
  if (!body) return;
  remember_answer(state, message.key, request, *body);
  reply(std::move(*body));
}

void take_from_agent(State& state, const Message& message, const model::FromAgent& said) {
  const auto* record = state.tables.host_of_key(message.key);
  if (record == nullptr) return note_refusal(state, message.key, "an agent with a key of no host");
  const HostId host = record->id;
  const auto speaks_for_itself = [&](const HostId& named) {
    if (named == host) return true;
    note_refusal(state, message.key, fmt::format("the agent of host {} claims to be host {}", host, named));
    return false;
  };
  if (const auto* report = std::get_if<model::Report>(&said)) {
    if (speaks_for_itself(report->host)) take_report(state, host, message.route, *report);
  } else if (const auto* heartbeat = std::get_if<model::Heartbeat>(&said)) {
    if (speaks_for_itself(heartbeat->host)) take_heartbeat(state, host, message.route, *heartbeat);
  } else if (const auto* probe = std::get_if<model::ProbeReply>(&said)) {
    take_probe(state, host, *probe);
  } else {
    take_console(state, host, std::get<model::ConsoleReply>(said));
  }
}

// A report is about the assignment as it is before anything of this step changes it.
void prepare(State& state, const Input& input) {
  const auto* message = std::get_if<Message>(&input);
  const auto* said = message == nullptr ? nullptr : std::get_if<model::FromAgent>(&message->body);
  if (said == nullptr || !std::holds_alternative<model::Report>(*said)) return;
  if (const auto* host = state.tables.host_of_key(message->key)) assignment_of(state, host->id);
}

void take(State& state, const Input& input) {
  if (const auto* look = std::get_if<StorageLook>(&input)) return take_look(state, *look);
  if (const auto* done = std::get_if<FenceDone>(&input)) return take_fence(state, *done);
  const auto* message = std::get_if<Message>(&input);
  if (message == nullptr) return;
  if (const auto* request = std::get_if<model::Request>(&message->body))
    take_request(state, *message, *request);
  else
    take_from_agent(state, *message, std::get<model::FromAgent>(message->body));
}

}  // namespace

Core::Core(std::vector<model::Record> loaded, Options options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  // Events are listed in their order, in whichever the store gave them.
  std::ranges::stable_sort(loaded, {}, [](const model::Record& record) {
    const auto* event = std::get_if<model::EventRecord>(&record);
    return event == nullptr ? 0 : event->sequence + 1;
  });
  for (auto& record : loaded) state_->tables.load(std::move(record));
}

Core::~Core() = default;
Core::Core(Core&&) noexcept = default;
Core& Core::operator=(Core&&) noexcept = default;

Outcome Core::step(std::span<const Input> inputs, Instant now) {
  auto& state = *state_;
  CAUSEWAY_CHECK(now >= state.now);
  state.now = now;
  if (!state.begun) begin(state);
  for (const auto& input : inputs) prepare(state, input);
  for (const auto& input : inputs) take(state, input);
  watch_hosts(state);
  state.placing.follow(state);
  expire_consoles(state);
  expire_probes(state);
  go_on_with_outages(state);
  go_on_draining(state);
  release_holds(state);
  expire_grants(state);
  close_grants(state);
  refresh_assignments(state);
  send_assignments(state);
  Outcome outcome;
  outcome.changes = state.tables.take_changes();
  outcome.replies = std::exchange(state.replies, {});
  outcome.messages = std::exchange(state.messages, {});
  outcome.backups = std::exchange(state.backups, {});
  outcome.keys_changed = state.tables.take_keys_changed();
  outcome.fences = std::exchange(state.fences, {});
  return outcome;
}

std::string Core::difference_from_records() { return state_->placing.difference(*state_); }

std::set<std::string> Core::peer_keys() const {
  std::set<std::string> keys;
  for (const auto& [name, key] : state_->tables.keys())
    if (!key.revoked) keys.insert(key.key);
  for (const auto& [id, host] : state_->tables.hosts())
    if (!host.key.empty()) keys.insert(host.key);
  return keys;
}

fence::Watched Core::watched() const {
  fence::Watched watched;
  const auto& site = state_->tables.site();
  for (const auto& [id, spec] : site.hosts) {
    auto& pools = watched[id];
    for (const auto& zone : spec.zones)
      if (const auto found = site.zones.find(zone); found != site.zones.end())
        pools.insert(found->second.pool);
  }
  return watched;
}

Epoch Core::epoch() const { return state_->tables.state().epoch; }
Revision Core::revision() const { return state_->tables.state().revision; }

}  // namespace causeway::scheduler
