// SPDX-License-Identifier: Apache-2.0
// Every forged and malformed frame of the table, sent by a guest through each driver's switch: on a real one
// from its tap, with real wires to a second host.
#include <gtest/gtest.h>

#include "tests/contract/network_bench.h"
#include "tests/support/spoofs.h"

namespace causeway::agent {
namespace {

const ZoneId kZone{"extranet"};

model::IpAddress ip(const std::string& text) { return *model::IpAddress::parse(text); }

PortWiring port(const std::string& network, std::uint8_t last) {
  PortWiring wiring;
  wiring.workload = WorkloadId("d/a/w" + std::to_string(last));
  wiring.port = PortId(wiring.workload.str() + "/eth0");
  wiring.zone = kZone;
  wiring.network = NetworkId(network);
  wiring.mac.bytes = {0x52, 0x54, 0, 0, 1, last};
  wiring.addresses = {ip("10.52.1." + std::to_string(last)), ip("fd52:1::" + std::to_string(last))};
  wiring.subnets = {*model::Subnet::parse("10.52.1.0/24"), *model::Subnet::parse("fd52:1::/64")};
  return wiring;
}

using Make = std::unique_ptr<NetworkBench> (*)();

class NetworkSpoofs : public testing::TestWithParam<Make> {
 protected:
  struct Guest {
    int host;
    PortWiring wiring;
  };

  void SetUp() override {
    bench_ = GetParam()();
    if (const auto why = bench_->why_not(); !why.empty()) GTEST_SKIP() << why;
    for (const int host : {0, 1}) {
      ZonePolicy policy{
          kZone, Generation{1}, {{NetworkId("web"), 100, {}}, {NetworkId("other"), 200, {}}}, {}};
      const auto agent = bench_->agent(host);
      ASSERT_TRUE(agent->ensure_bridge(bench_->zone_bridge(host, kZone)));
      for (const Guest& guest : guests_) {
        if (guest.host == host) {
          ASSERT_TRUE(agent->ensure_port(guest.wiring));
          policy.ports.push_back(guest.wiring);
        } else {
          policy.segments[guest.wiring.network == NetworkId("web") ? 0 : 1].remote.push_back(
              {guest.wiring.mac, guest.wiring.addresses, bench_->zone_bridge(guest.host, kZone).underlay});
        }
      }
      const auto done = agent->program(policy);
      ASSERT_TRUE(done) << done.error().what;
    }
  }

  bool reaches(const Guest& from, const Guest& to) {
    Packet packet;
    packet.source = from.wiring.mac;
    packet.destination = to.wiring.mac;
    packet.from = from.wiring.addresses[0];
    packet.to = to.wiring.addresses[0];
    packet.from_port = 5000;
    packet.to_port = 6000;
    return bench_->arrives(from.host, from.wiring.port, packet, to.host, to.wiring.port);
  }

  // The sender, a neighbour on its host, one on the other host, and one of another network.
  const std::vector<Guest> guests_{
      {0, port("web", 1)}, {0, port("web", 2)}, {1, port("web", 3)}, {0, port("other", 4)}};
  std::unique_ptr<NetworkBench> bench_;
};

TEST_P(NetworkSpoofs, ArriveNowhereAndAreNotAnswered) {
  const Guest& own = guests_[0];
  const auto victims = {guests_[1], guests_[2]};
  for (const Guest& victim : victims) ASSERT_TRUE(reaches(own, victim));
  for (const Guest& guest : guests_) static_cast<void>(bench_->heard(guest.host, guest.wiring.port));
  std::map<Bytes, std::string> names;
  for (const Guest& victim : victims)
    for (const Spoof& spoof : spoofs(own.wiring, victim.wiring)) {
      names[spoof.frame] = spoof.name;
      bench_->say(own.host, own.wiring.port, spoof.frame);
    }
  for (const Guest& guest : guests_)
    for (const Bytes& frame : bench_->heard(guest.host, guest.wiring.port))
      ADD_FAILURE() << guest.wiring.port.str() << " got "
                    << (names.contains(frame) ? names[frame] : testing::PrintToString(frame));
  for (const Guest& victim : victims) EXPECT_TRUE(reaches(own, victim));
}

INSTANTIATE_TEST_SUITE_P(Drivers, NetworkSpoofs, testing::Values(simulated_network_bench, ovs_network_bench),
                         [](const auto& instance) { return instance.index == 0 ? "Simulated" : "Ovs"; });

}  // namespace
}  // namespace causeway::agent
