// SPDX-License-Identifier: Apache-2.0
// The simulated twin of the Open vSwitch driver: deterministic, without a thread, a clock or a device of its
// own.
//
// SimulatedFabric is what survives when agents die: the switches of all hosts with what they were made to do,
// and the wires between them. It forwards packets by the policies' meaning (evaluate.h). SimulatedSwitch is
// one agent's view of its host and dies with the agent; like the real one it then knows no longer what it has
// programmed.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/network/connection.h"
#include "agent/network/cuts.h"
#include "agent/network/evaluate.h"
#include "agent/network/network.h"
#include "agent/network/packet.h"

namespace causeway::agent {

class SimulatedFabric {
 public:
  SimulatedFabric() = default;
  SimulatedFabric(const SimulatedFabric&) = delete;
  SimulatedFabric& operator=(const SimulatedFabric&) = delete;

  // What a world does to a host. The ports that were plugged in stay; what was programmed goes with the
  // restart.
  void restart_switch(const HostId& host);
  void set_answering(const HostId& host, bool answering);  // the switch goes on forwarding
  void set_connected(const HostId& host,
                     bool connected);  // its underlay; ports of one host reach each other still
  void power_off(const HostId& host);  // everything of the host is gone

  // Somebody meddles: a flow that nobody wants, a port and a bridge that aren't ours.
  void add_foreign_flow(const HostId& host, const ZoneId& zone, const std::string& flow);
  void add_foreign_port(const HostId& host, const ZoneId& zone, const std::string& name);
  void add_foreign_bridge(const HostId& host, const std::string& name);

  // What the host itself says to the guest behind `from` about the packet: an answer for a neighbour's
  // address.
  [[nodiscard]] std::optional<Packet> answer(const HostId& host, const PortId& from,
                                             const Packet& packet) const;

  // As what the packet arrives in another network, if the gateway passes it on.
  [[nodiscard]] std::optional<Packet> passed_on(const HostId& host, const PortId& from,
                                                const Packet& packet) const;

  // Every port on any host that gets the packet, which the guest behind `from` on `host` sends. Sorted.
  [[nodiscard]] std::vector<PortId> send(const HostId& host, const PortId& from, const Packet& packet) const;

  // As what the packet leaves by the zone's way out, which the guest behind `from` sends.
  [[nodiscard]] std::optional<Packet> leaves(const HostId& host, const PortId& from,
                                             const Packet& packet) const;

  // A router of the zone's way out sends the packet: the ports that get it, and what hosts answer.
  struct Entered {
    std::vector<PortId> ports;
    std::vector<Packet> answers;
  };
  [[nodiscard]] Entered enters(const ZoneId& zone, const Packet& packet) const;

  // Whether the port's guest gets an echo from the other: both learn the other's MAC, and request and reply
  // pass, for an address of each in one family. Ports are found on whichever hosts they are.
  [[nodiscard]] bool reaches(const PortId& from, const PortId& to) const;

  // Whether the port is there and the rules that are in place name it.
  [[nodiscard]] bool open(const HostId& host, const PortId& port) const;

  // The zone of the bridge that each port of the host is plugged into.
  [[nodiscard]] std::map<PortId, ZoneId> zones_of_ports(const HostId& host) const;

  // Why the rules that are in place on the host let somebody in (Rule::why).
  [[nodiscard]] std::set<std::string> reasons(const HostId& host) const;

  // How often anything was written on the host, ever.
  [[nodiscard]] std::size_t writes(const HostId& host) const;

 private:
  friend class SimulatedSwitch;

  struct Bridge {
    ZoneBridge bridge;
    std::optional<ZonePolicy> policy;
    PolicyDigest digest;                  // of the policy
    mutable ConnectionTable connections;  // what packets leave behind on their way
    std::vector<std::string> foreign_flows;
    std::vector<std::string> foreign_ports;
  };
  struct Host {
    std::map<ZoneId, Bridge> bridges;
    std::map<PortId, PortWiring> ports;
    std::set<std::string> foreign_bridges;
    bool answering = true;
    bool connected = true;
    int starts = 0;
    std::size_t writes = 0;
    std::function<void()> wakeup;
  };
  struct Place {
    HostId host;
    const PortWiring* wiring;
  };

  // All need the mutex.
  [[nodiscard]] Verdict judge(const HostId& host, const PortId& from, const Packet& packet) const;
  [[nodiscard]] std::vector<PortId> forward(const HostId& host, const PortId& from,
                                            const Packet& packet) const;
  [[nodiscard]] std::vector<Place> places(const PortId& port) const;
  [[nodiscard]] bool echoes(const Place& from, const Place& to, bool answer) const;
  [[nodiscard]] bool learns(const Place& from, const Place& to, const model::IpAddress& source,
                            const model::IpAddress& target) const;

  void wake(const HostId& host);

  mutable std::mutex mutex_;
  std::map<HostId, Host> hosts_;
};

// What goes wrong, set by a test between calls. Counts go down as calls are hit.
struct NetworkFaults {
  int fail_next = 0;  // that many calls do nothing and answer fail_code
  Errc fail_code = Errc::unavailable;
  int lose_answers = 0;  // that many calls do their work and answer timeout
  bool hung = false;     // calls do nothing and answer unavailable, as a stuck switch does after its bound
};

class SimulatedSwitch final : public Switch {
 public:
  SimulatedSwitch(std::shared_ptr<SimulatedFabric> fabric, HostId host);
  SimulatedSwitch(const SimulatedSwitch&) = delete;
  SimulatedSwitch& operator=(const SimulatedSwitch&) = delete;
  ~SimulatedSwitch() override;

  // Not for use while another thread calls.
  NetworkFaults& faults() { return faults_; }

  Result<SwitchState> observe() override;
  Result<> ensure_bridge(const ZoneBridge& bridge) override;
  Result<> ensure_port(const PortWiring& wiring) override;
  Result<> program(const ZonePolicy& policy) override;
  Result<> remove_port(const PortId& port) override;
  Result<> remove_bridge(const ZoneId& zone) override;
  Result<Passage> probe(const model::ProbeRequest& question) override;
  void set_wakeup(std::function<void()> wakeup) override;

 private:
  using Host = SimulatedFabric::Host;

  // What this agent has programmed, and in which life of the switch.
  struct Known {
    PolicyDigest digest;
    Generation generation;
    int start = 0;
  };

  // Runs the work on the host under the fabric's mutex, if no fault says otherwise.
  template <class Work>
  auto call(Work work) -> decltype(work(std::declval<Host&>()));
  Result<> program_on(Host& host, const ZonePolicy& policy);

  std::shared_ptr<SimulatedFabric> fabric_;
  HostId host_;
  std::map<ZoneId, Known> known_;
  CutBook cuts_;
  NetworkFaults faults_;
};

}  // namespace causeway::agent
