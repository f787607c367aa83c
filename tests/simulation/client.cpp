// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/client.h"

#include <fmt/format.h>

#include <utility>

#include "common/model/wave.h"
#include "common/wire/codec.h"

namespace causeway::simulation {
namespace {

constexpr Duration kAskAgain{2000};

}  // namespace

Client::Client(Timeline& timeline, Network& network, Record& record, const SchedulerNode& scheduler)
    : timeline_(timeline), network_(network), record_(record), scheduler_(scheduler) {
  network_.attach(kClient, [this](const std::string&, const std::string& bytes) { receive(bytes); });
}

void Client::ask(model::RequestBody body) {
  waiting_.push_back({++last_id_, "simulated", std::move(body)});
  if (waiting_.size() == 1) send(last_id_);
}

void Client::send(std::uint64_t id) {
  if (waiting_.empty() || waiting_.front().id != id) return;
  network_.send(kClient, "s1", wire::encode(waiting_.front()));
  timeline_.after(kAskAgain, [this, id] { send(id); });
}

void Client::receive(const std::string& bytes) {
  auto response = wire::decode_as<model::Response>(bytes);
  if (!response) return record_.broken("a client was sent what can't be decoded: " + response.error().what);
  if (waiting_.empty() || waiting_.front().id != response->id) return;
  const auto asked = std::move(waiting_.front().body);
  waiting_.pop_front();
  newest_ = response->body;
  if (const auto* error = std::get_if<model::ErrorResponse>(&response->body)) {
    ++refused_;
    record_.note(kClient, "refused: " + error->error.what);
  } else {
    ++acknowledged_;
    record_.note(kClient, fmt::format("answer to request {}", response->id));
    check_durable(asked, response->body);
  }
  if (!waiting_.empty()) send(waiting_.front().id);
}

void Client::check_durable(const model::RequestBody& asked, const model::ResponseBody& answer) {
  const auto* apply = std::get_if<model::ApplyRequest>(&asked);
  const auto* done = std::get_if<model::PlanResponse>(&answer);
  if (!apply || !done || !done->applied) return;
  for (const auto& manifest : apply->manifests) {
    const auto* wave = std::get_if<model::Wave>(&manifest);
    if (!wave) continue;
    for (const auto& [name, application] : wave->applications) {
      for (const auto& [entry, spec] : application.workloads) {
        for (const auto& instance : model::instances(entry, spec)) {
          const auto id = model::workload_id(model::application_id(application.department, name), instance);
          if (scheduler_.durable().contains(model::key_of(model::Workload{.id = id}))) continue;
          record_.broken(fmt::format("{} was acknowledged and is not durable", id.str()));
        }
      }
    }
  }
}

}  // namespace causeway::simulation
