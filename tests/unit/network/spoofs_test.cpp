// SPDX-License-Identifier: Apache-2.0
#include "tests/support/spoofs.h"

#include <gtest/gtest.h>

#include <set>

#include "agent/network/dhcp.h"
#include "agent/network/evaluate.h"
#include "tests/support/random_network.h"
#include "tests/unit/network/flow_machine.h"

namespace causeway::agent {
namespace {

constexpr std::uint32_t kTunnel = 1;

model::IpAddress ip(const std::string& text) { return *model::IpAddress::parse(text); }

PortWiring port(std::uint8_t last) {
  PortWiring wiring;
  wiring.port = PortId("d/a/w" + std::to_string(last) + "/eth0");
  wiring.network = NetworkId("n");
  wiring.mac.bytes = {0x52, 0x54, 0, 0, 1, last};
  wiring.addresses = {ip("10.52.1." + std::to_string(last)), ip("fd52:1::" + std::to_string(last))};
  wiring.subnets = {*model::Subnet::parse("10.52.1.0/24"), *model::Subnet::parse("fd52:1::/64")};
  return wiring;
}

const ZonePolicy kPolicy{ZoneId("extranet"),
                         {},
                         {{NetworkId("n"), 100, {{port(3).mac, port(3).addresses, ip("10.98.0.2")}}}},
                         {port(1), port(2)}};
const PortNumbers kNumbers{kTunnel, {{port(1).port, 101}, {port(2).port, 102}}};

TEST(Spoofs, AreMoreThanAHundredKindsAndNoTwoAreTheSame) {
  std::set<std::string> names;
  std::set<Bytes> frames;
  for (const Spoof& spoof : spoofs(port(1), port(2))) {
    EXPECT_TRUE(names.insert(spoof.name).second) << spoof.name;
    EXPECT_TRUE(frames.insert(spoof.frame).second) << spoof.name;
  }
  EXPECT_GT(names.size(), 100u);
}

TEST(Spoofs, AreRefusedByWhatThePolicyMeansAndByItsFlows) {
  const auto flows = make_flows(kPolicy, kNumbers);
  ASSERT_TRUE(flows);
  for (const PortWiring& victim : {port(2), port(3)}) {
    for (const Spoof& spoof : spoofs(port(1), victim)) {
      const Packet packet = dissect(spoof.frame);
      const Verdict verdict = judge_from_port(kPolicy, port(1).port, packet);
      const Departures gone = run_flows(*flows, kTunnel, {101, 0, {}}, packet);
      EXPECT_EQ(gone.to_agent, verdict.asks_host) << spoof.name;
      if (verdict.asks_host) {
        // The agent looks inside.
        EXPECT_FALSE(answer_dhcp(*lease_for(port(1), kPolicy.segments[0]), spoof.frame)) << spoof.name;
        EXPECT_TRUE(gone.ports.empty() && gone.tunnels.empty() && !gone.answer) << spoof.name;
        continue;
      }
      EXPECT_NE(verdict.refused, "") << spoof.name;
      EXPECT_EQ(gone, Departures{}) << spoof.name;
    }
  }
}

TEST(Spoofs, LeaveRoomForFragmentsOfHonestGuests) {
  for (const Fragment fragment : {Fragment::first, Fragment::later}) {
    for (const int family : {0, 1}) {
      Packet packet;
      packet.source = port(1).mac;
      packet.destination = port(2).mac;
      packet.ether_type = family == 0 ? kEtherIpv4 : kEtherIpv6;
      packet.from = port(1).addresses.at(static_cast<std::size_t>(family));
      packet.to = port(2).addresses.at(static_cast<std::size_t>(family));
      packet.fragment = fragment;
      packet.from_port = 5000;
      packet.to_port = 6000;
      const Packet read = dissect(encode(packet, 1));
      EXPECT_EQ(judge_from_port(kPolicy, port(1).port, read).ports, std::vector{port(2).port});
      EXPECT_EQ(run_flows(make_flows(kPolicy, kNumbers).value(), kTunnel, {101, 0, {}}, read).ports,
                std::set<std::uint32_t>{102});
    }
  }
}

TEST(Frames, AreReadAsThePacketsTheyWereMadeOf) {
  RandomNetwork random(5);
  for (int i = 0; i < 2000; ++i) {
    const ZonePolicy policy = random.policy();
    if (policy.ports.empty()) continue;
    const PortWiring& from = policy.ports.front();
    const Packet packet = random.packet(policy, from);
    const Verdict meant = judge_from_port(policy, from.port, packet);
    const Verdict read = judge_from_port(policy, from.port, dissect(encode(packet, 1)));
    ASSERT_EQ(read.ports, meant.ports) << meant.refused << " / " << read.refused;
    ASSERT_EQ(read.hosts, meant.hosts);
    ASSERT_EQ(read.answer.has_value(), meant.answer.has_value());
  }
}

}  // namespace
}  // namespace causeway::agent
