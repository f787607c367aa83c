// SPDX-License-Identifier: Apache-2.0
// An agent's core on the simulated drivers, with nobody but the test as its scheduler: orders are carried out
// at once, time is what the test lets pass.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/compute/simulated.h"
#include "agent/core/core.h"
#include "agent/daemon/work.h"
#include "agent/network/simulated.h"
#include "agent/storage/simulated.h"
#include "tests/support/assignments.h"
#include "tests/support/virtual_clock.h"

namespace causeway::test {

class OneHost {
 public:
  explicit OneHost(agent::HostSetup host_setup = extranet_host()) : setup(std::move(host_setup)) {
    cluster->assume_files(2_GiB);
    start_agent();
  }

  // A new agent on the same host, from what the one before it saved.
  void start_agent() {
    std::set<ZoneId> zones;
    for (const auto& zone : setup.zones) zones.insert(zone.zone);
    inputs.clear();
    compute = std::make_unique<agent::SimulatedCompute>(hypervisor, clock);
    network = std::make_unique<agent::SimulatedSwitch>(fabric, setup.host);
    storage = std::make_unique<agent::SimulatedStorage>(cluster, setup.host, zones);
    compute->set_wakeup([this] { woken = true; });
    core.emplace(agent::Options{setup, {}, 1}, durable, time);
  }

  void give(model::ToAgent message) { inputs.emplace_back(std::move(message)); }

  // Lets the time pass in the steps that the core asks for.
  void run_for(Duration span) {
    const Instant end = time + span;
    while (true) {
      pass();
      if (!inputs.empty()) continue;
      if (next_step > end) break;
      time = next_step;
    }
    time = end;
  }

  // One step, and whatever it ordered.
  void pass() {
    hypervisor->advance(time);
    if (std::exchange(woken, false)) inputs.emplace_back(agent::Woken{agent::Lane::compute});
    auto outcome = core->step(std::exchange(inputs, {}), time);
    next_step = outcome.next_step;
    if (outcome.save) {
      durable = core->saved();
      ++saves;
    }
    for (auto& message : outcome.messages) {
      if (auto* sent = std::get_if<model::Report>(&message)) {
        report = *sent;
        ++reports;
      }
      messages.push_back(std::move(message));
    }
    for (const auto& order : outcome.orders) {
      if (const auto* action = std::get_if<agent::Action>(&order.work)) {
        actions.push_back(agent::to_string(*action));
        if (refuse && refuse(*action)) {
          inputs.emplace_back(agent::Done{order.id, Result<>(fail(Errc::invalid, "no"))});
          continue;
        }
      } else {
        ++others;
      }
      const agent::Drivers drivers{*compute, *network, *storage};
      inputs.emplace_back(
          agent::Done{order.id, agent::carry_out(order.work, drivers, [](auto&) { return true; })});
    }
    cancels.insert(cancels.end(), outcome.cancels.begin(), outcome.cancels.end());
  }

  [[nodiscard]] const model::WorkloadStatus& status(const std::string& id) const {
    for (const auto& status : report.workloads) {
      if (status.id.str() == id) return status;
    }
    static const model::WorkloadStatus kNone;
    return kNone;
  }

  std::shared_ptr<VirtualClock> clock = std::make_shared<VirtualClock>();
  Instant& time = clock->at;
  agent::HostSetup setup;
  std::shared_ptr<agent::SimulatedCluster> cluster = std::make_shared<agent::SimulatedCluster>();
  std::shared_ptr<agent::SimulatedHypervisor> hypervisor = std::make_shared<agent::SimulatedHypervisor>();
  std::shared_ptr<agent::SimulatedFabric> fabric = std::make_shared<agent::SimulatedFabric>();
  std::unique_ptr<agent::SimulatedCompute> compute;
  std::unique_ptr<agent::SimulatedSwitch> network;
  std::unique_ptr<agent::SimulatedStorage> storage;
  std::optional<agent::Core> core;
  agent::Saved durable;
  int saves = 0;

  Instant next_step{};
  bool woken = false;
  std::vector<agent::Input> inputs;
  std::vector<model::FromAgent> messages;
  model::Report report;  // the newest
  int reports = 0;
  std::vector<std::string> actions;  // all that were ordered
  int others = 0;                    // orders that were no actions
  std::vector<agent::OrderId> cancels;
  std::function<bool(const agent::Action&)> refuse;
};

}  // namespace causeway::test
