// SPDX-License-Identifier: Apache-2.0
// A whole cluster in one process on virtual time: the scheduler and the agents that ship, over simulated
// storage, switches, hypervisors and a network that does what networks do. One seed decides everything.
//
//   World world(7, 3);
//   world.boot().apply(wave("wave-1", …)).run_for(1s).kill("h2").run_for(10s).heal();
//   EXPECT_TRUE(world.settles_within(5min)) << world.unsettled();
//
// The laws are checked at every step of everybody; violation() tells the first one that was broken.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/agent_node.h"
#include "tests/simulation/client.h"
#include "tests/simulation/scheduler_node.h"
#include "tests/support/scheduler_world.h"

namespace causeway::simulation {

using namespace std::chrono_literals;

// The entry of each exchange gateway here, and of nothing else.
inline constexpr auto kGatewayEntry = "gateway";
inline bool is_gateway(const WorkloadId& id) { return id.str().ends_with(std::string("/") + kGatewayEntry); }

class World {
 public:
  // Hosts h1, h2, … of 8 vCPUs and 16 GiB in the extranet, and three departments: d1, d2, d3. The last
  // `exchange_hosts` of them stand between the extranet and the intranet, where each department has a network
  // too.
  World(std::uint64_t seed, int hosts, Planted planted = std::nullopt, int exchange_hosts = 0);

  // Everything is started and the hosts are known to the scheduler.
  World& boot();
  World& apply(model::Wave wave);
  World& ask(model::RequestBody body);
  World& run_for(Duration span);

  // `name` is a host ("h2", its agent is meant) or the scheduler ("s1").
  World& kill(const std::string& name);
  World& start(const std::string& name);
  World& lose_power(const std::string& host);
  World& return_power(const std::string& host);
  // From the scheduler's next start on each host has a BMC, that switches off what is lost.
  World& give_bmcs(fence::Proof proof, test::SimulatedPower::Mood mood);
  World& set_bmc(const std::string& host, test::SimulatedPower::Mood mood);
  // The management network between the host and the scheduler.
  World& cut(const std::string& host);
  World& mend(const std::string& host);
  // The storage network between the host and the cluster; both networks.
  World& cut_storage(const std::string& host);
  World& mend_storage(const std::string& host);
  World& cut_all(const std::string& host) { return cut(host).cut_storage(host); }
  World& mend_all(const std::string& host) { return mend_storage(host).mend(host); }
  // The agent's process stands still and goes on, as after a hung system call.
  World& freeze(const std::string& host);
  World& thaw(const std::string& host);
  // How the host is lost, as it is durable; none: it is not.
  [[nodiscard]] std::optional<model::Outage> outage(const std::string& host) const;
  // All faults end, everything is started and connected.
  World& heal();

  // Lets the time pass until everything is as it shall be and nobody has anything to do.
  bool settles_within(Duration span);
  // Why it isn't settled; empty: it is. Checks on the hosts themselves, not on what is said about them.
  [[nodiscard]] std::string unsettled();

  [[nodiscard]] const std::optional<std::string>& violation() const { return record_.violation(); }
  [[nodiscard]] Instant now() const { return timeline_.now(); }
  // Whether a connection of the guest's to that port of the other one passes, on the switches as they are:
  // its first packet and the answer. It stays open.
  [[nodiscard]] bool connects(const std::string& from, const std::string& to, std::uint16_t port);
  // The host where the workload has a process; "": nowhere.
  [[nodiscard]] std::string host_of(const std::string& workload) const;

  Timeline& timeline() { return timeline_; }
  Random& random() { return random_; }
  Network& network() { return network_; }
  Record& record() { return record_; }
  SchedulerNode& scheduler() { return *scheduler_; }
  Client& client() { return *client_; }
  AgentNode& agent(const std::string& host) { return *agents_.at(host); }
  agent::SimulatedSite& site() { return site_; }
  [[nodiscard]] std::vector<std::string> hosts() const;
  [[nodiscard]] bool exchanges() const { return exchange_hosts_ > 0; }

  DriverFaults driver_faults;
  SchedulerFaults scheduler_faults;

 private:
  void check_laws();
  void check_zones();
  [[nodiscard]] std::string unsettled_workload(const model::Workload& workload) const;
  [[nodiscard]] bool waits_for_stopped(const model::Workload& workload) const;
  [[nodiscard]] std::string left_behind() const;
  [[nodiscard]] std::string wrong_reach() const;
  [[nodiscard]] std::string other_assignment() const;

  const int exchange_hosts_;
  Instant zones_due_;  // when the zones are looked at again
  Timeline timeline_;
  Random random_;
  Record record_;
  Network network_;
  agent::SimulatedSite site_;
  std::unique_ptr<SchedulerNode> scheduler_;
  std::unique_ptr<Client> client_;
  std::map<std::string, std::unique_ptr<AgentNode>> agents_;
};

}  // namespace causeway::simulation
