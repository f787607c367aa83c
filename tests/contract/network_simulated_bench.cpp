// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "agent/network/simulated.h"
#include "tests/contract/network_bench.h"

namespace causeway::agent {
namespace {

class SimulatedBench final : public NetworkBench {
 public:
  std::string why_not() override { return ""; }
  std::unique_ptr<Switch> agent(int host) override {
    return std::make_unique<SimulatedSwitch>(fabric_, id(host));
  }
  ZoneBridge zone_bridge(int host, const ZoneId& zone) override {
    const int network = zone == ZoneId("extranet") ? 0 : 1;
    return {zone, *model::IpAddress::parse(fmt::format("10.98.{}.{}", network, host + 1)),
            static_cast<std::uint16_t>(4789 + network)};
  }
  bool arrives(int from_host, const PortId& from, const Packet& packet, int, const PortId& to) override {
    return std::ranges::count(fabric_->send(id(from_host), from, packet), to) != 0;
  }
  std::optional<Packet> answer(int host, const PortId& from, const Packet& question) override {
    return fabric_->answer(id(host), from, question);
  }
  void say(int host, const PortId& from, const Bytes& frame) override {
    const auto passed_on = fabric_->passed_on(id(host), from, dissect(frame));
    const Bytes arrived = passed_on ? encode(*passed_on, 0) : frame;
    for (const PortId& port : fabric_->send(id(host), from, dissect(frame))) heard_[port].push_back(arrived);
    if (const auto said = fabric_->answer(id(host), from, dissect(frame)))
      heard_[from].push_back(encode(*said, 0));
  }
  std::vector<Bytes> heard(int, const PortId& by) override { return std::exchange(heard_[by], {}); }
  void stop_guest(const PortId&) override {}
  void stop_switch(int host) override { fabric_->set_answering(id(host), false); }
  void start_switch(int host) override {
    fabric_->restart_switch(id(host));
    fabric_->set_answering(id(host), true);
  }
  void stop_control(int host) override { fabric_->set_answering(id(host), false); }
  void start_control(int host) override { fabric_->set_answering(id(host), true); }
  void add_foreign_flow(int host, const ZoneId& zone) override {
    fabric_->add_foreign_flow(id(host), zone, "priority=9,tcp,actions=drop");
  }
  void add_foreign_port(int host, const ZoneId& zone, const std::string& name) override {
    fabric_->add_foreign_port(id(host), zone, name);
  }
  void add_foreign_bridge(int host, const std::string& name) override {
    fabric_->add_foreign_bridge(id(host), name);
  }
  void loosen_meters(int, const ZoneId&) override {}
  std::string written(int host) override { return std::to_string(fabric_->writes(id(host))); }

 private:
  static HostId id(int host) { return HostId(fmt::format("h{}", host + 1)); }

  std::map<PortId, std::vector<Bytes>> heard_;
  std::shared_ptr<SimulatedFabric> fabric_ = std::make_shared<SimulatedFabric>();
};

}  // namespace

std::unique_ptr<NetworkBench> simulated_network_bench() { return std::make_unique<SimulatedBench>(); }

}  // namespace causeway::agent
