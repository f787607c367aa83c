// SPDX-License-Identifier: Apache-2.0
// A simulated host: its hypervisor, switch and way to the storage, and the agent that ships, which may be
// killed at any moment and starts again from what it made durable. An order takes time; a kill finds it
// before its driver did anything, or after.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/core/core.h"
#include "agent/daemon/simulated_site.h"
#include "agent/daemon/work.h"
#include "tests/simulation/network.h"
#include "tests/simulation/planted.h"
#include "tests/simulation/record.h"

namespace causeway::simulation {

// How drivers misbehave, each with its rate per order.
struct DriverFaults {
  double slow = 0;         // takes up to half a minute
  double failing = 0;      // does nothing and says unavailable
  double lost_answer = 0;  // does its work and says timeout
  double bad_save = 0;     // the state file can't be written, or was written though it seemed not to be: the
                           // agent ends
};

struct NodeParts {
  Timeline& timeline;
  Random& random;
  Network& network;
  Record& record;
  agent::SimulatedSite& site;
  const DriverFaults& faults;
  Planted planted;
};

class AgentNode {
 public:
  AgentNode(NodeParts parts, agent::HostSetup setup);

  void start();  // nothing happens if it is up, or the host has no power
  void kill();
  // Whether the next start is of the program of the version before (previous_version.h).
  void change(bool to_older) { to_older_ = to_older; }
  [[nodiscard]] bool older() const { return older_; }
  // Its process stands still; what comes in meanwhile waits. Guests go on.
  void freeze();
  void thaw();
  void lose_power();
  void return_power();
  // The way to the scheduler stands again.
  void connected();
  // Something outside of the agent changed its host.
  void advance_guests();

  [[nodiscard]] bool up() const { return core_.has_value(); }
  [[nodiscard]] const std::string& name() const { return setup_.host.str(); }
  [[nodiscard]] const HostId& host() const { return setup_.host; }
  [[nodiscard]] bool exchanges() const { return setup_.exchange_host; }
  [[nodiscard]] bool quiet() const { return core_ && core_->quiet(); }
  // The address that a scheduler answers to. It is another one after each start.
  [[nodiscard]] std::string route() const { return name() + "#" + std::to_string(life_); }
  // What it would go on with after a restart.
  [[nodiscard]] const std::optional<model::Assignment>& assignment() const { return durable_.assignment; }
  // What its last report found on the host and left alone.
  [[nodiscard]] const std::vector<std::string>& foreign() const { return foreign_; }
  // When the storage took its newest sign of life.
  [[nodiscard]] Instant signed_at() const { return signed_; }
  // What is true on the host, whatever the agent thinks.
  [[nodiscard]] std::vector<agent::ObservedWorkload> processes() const;

 private:
  void receive(const std::string& bytes);
  void step(std::vector<agent::Input> inputs);
  bool save(const agent::Saved& saved);
  void check(const model::Report& report);
  void check_said(Epoch epoch, Generation applied);
  void send(model::FromAgent message);
  void begin(const agent::Order& order);
  agent::Became carry_out(const agent::Work& work);
  Duration duration_of(const agent::Work& work);
  void wake(agent::Lane lane);

  NodeParts parts_;
  const agent::HostSetup setup_;
  std::shared_ptr<agent::SimulatedHypervisor> hypervisor_;
  std::unique_ptr<agent::SimulatedCompute> observer_;
  agent::Saved durable_;
  bool powered_ = true;
  bool frozen_ = false;
  std::vector<agent::Input> waiting_;  // that came in while it was frozen
  Instant signed_;
  Epoch said_epoch_;  // the highest that it ever said, over all its lives
  Generation said_applied_;
  std::optional<Instant> guests_change_;
  std::vector<std::string> foreign_;
  bool to_older_ = false;  // the next life is one of the version before

  // Of this life.
  bool older_ = false;
  std::uint64_t life_ = 0;
  std::unique_ptr<agent::SimulatedCompute> compute_;
  std::unique_ptr<agent::SimulatedSwitch> network_;
  std::unique_ptr<agent::SimulatedStorage> storage_;
  std::optional<agent::Core> core_;
  std::map<agent::OrderId, agent::Work> begun_;  // the drivers have not done these yet
  Instant next_step_;
  std::set<agent::Lane> woken_;
};

}  // namespace causeway::simulation
