// SPDX-License-Identifier: Apache-2.0
#include "scheduler/daemon/loop.h"

#include <algorithm>
#include <variant>

#include "common/process/service.h"
#include "common/wire/codec.h"

namespace causeway::scheduler {
namespace {

void log_events(std::span<const model::Change> changes) {
  for (const auto& change : changes) {
    const auto* record = std::get_if<model::Record>(&change);
    const auto* event = record == nullptr ? nullptr : std::get_if<model::EventRecord>(record);
    if (event == nullptr) continue;
    process::log_event(event->verb, {{"subject", event->subject},
                                     {"actor", event->actor},
                                     {"text", event->text},
                                     {"reason", event->reason}});
  }
}

}  // namespace

Result<Input> input_of(transport::Incoming incoming) {
  auto message = wire::decode(incoming.bytes);
  if (!message) return std::unexpected(message.error());
  if (auto* request = std::get_if<model::Request>(&*message))
    return Message{std::move(incoming.key), std::move(incoming.route), std::move(*request)};
  if (auto* said = std::get_if<model::FromAgent>(&*message))
    return Message{std::move(incoming.key), std::move(incoming.route), std::move(*said)};
  return fail(Errc::invalid, "a message that only a scheduler sends");
}

Result<> Loop::begin() { return carry_out(std::vector<Input>{Tick{}}); }

Result<> Loop::turn() {
  const auto now = clock_.now();
  backups_.work(now);
  const auto wait = backups_.busy() ? Duration{} : std::clamp(next_tick_ - now, Duration{}, kTickInterval);
  auto arrived = server_->poll(wait);
  CAUSEWAY_TRY(may_go_on_());
  std::vector<Input> inputs;
  inputs.reserve(arrived.size() + 1);
  for (auto& incoming : arrived) {
    const auto key = incoming.key.substr(0, 8);
    auto input = input_of(std::move(incoming));
    if (input)
      inputs.push_back(std::move(*input));
    else
      process::log_event("unreadable", {{"key", key}, {"why", input.error().what}});
  }
  if (fencer_ != nullptr)
    for (auto& done : fencer_->take()) inputs.push_back(std::move(done));
  if (clock_.now() >= next_tick_) {
    if (fencer_ != nullptr) fencer_->watch(core_.watched());
    inputs.emplace_back(Tick{});
    next_tick_ = clock_.now() + kTickInterval;
  }
  if (inputs.empty()) return {};
  return carry_out(inputs);
}

Result<> Loop::carry_out(std::span<const Input> inputs) {
  auto outcome = core_.step(inputs, clock_.now());
  if (const auto committed = store_.commit(outcome.changes); !committed)
    return while_doing(committed.error(), "committing; what was asked is not acknowledged");
  // Who was stopped for long during the commit may not lead any more.
  CAUSEWAY_TRY(may_go_on_());
  log_events(outcome.changes);
  if (fencer_ != nullptr)
    for (auto& order : outcome.fences) fencer_->submit(std::move(order));
  if (server_ == nullptr) return {};
  if (outcome.keys_changed) server_->allow(core_.peer_keys());
  send(std::move(outcome));
  return {};
}

void Loop::send(Outcome outcome) {
  for (auto& reply : outcome.replies) server_->send(reply.route, wire::encode(std::move(reply.response)));
  for (auto& message : outcome.messages)
    server_->send(message.route, wire::encode(std::move(message.message)));
  for (auto& [route, request_id, request] : outcome.backups)
    server_->send(route,
                  wire::encode(model::Response{request_id, backups_.answer(route, request, clock_.now())}));
}

}  // namespace causeway::scheduler
