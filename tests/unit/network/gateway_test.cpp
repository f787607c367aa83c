// SPDX-License-Identifier: Apache-2.0
#include "agent/network/gateway.h"

#include <gtest/gtest.h>

#include "agent/network/evaluate.h"
#include "tests/support/random_network.h"
#include "tests/unit/network/flow_machine.h"

namespace causeway::agent {
namespace {

constexpr std::uint32_t kTunnel = 1;

model::IpAddress ip(const std::string& text) { return *model::IpAddress::parse(text); }

PortWiring port(const std::string& network, std::uint8_t net, std::uint8_t last) {
  PortWiring wiring;
  wiring.port = PortId(network + std::to_string(last));
  wiring.network = NetworkId(network);
  wiring.mac.bytes = {0x52, 0x54, 0, 0, net, last};
  wiring.addresses = {ip("10.52." + std::to_string(net) + "." + std::to_string(last)),
                      ip("fd52:" + std::to_string(net) + "::" + std::to_string(last))};
  return wiring;
}

const PortWiring kWeb = port("web", 1, 1);
const PortWiring kDb = port("db", 2, 1);
const PortWiring kFarDb = port("db", 2, 2);
const PortWiring kFarWeb = port("web", 1, 2);

class Gateways : public testing::Test {
 protected:
  Departures send(const Packet& packet) {
    const auto flows = make_flows(policy_, numbers_);
    EXPECT_TRUE(flows);
    return run_flows(*flows, kTunnel, {100, 0, {}}, packet);
  }

  static Packet to_gateway(const PortWiring& to, bool v6 = false) {
    Packet packet;
    packet.source = kWeb.mac;
    packet.destination = kGatewayMac;
    packet.ether_type = v6 ? kEtherIpv6 : kEtherIpv4;
    packet.from = kWeb.addresses[v6 ? 1 : 0];
    packet.to = to.addresses[v6 ? 1 : 0];
    packet.from_port = 5000;
    packet.to_port = 80;
    return packet;
  }

  ZonePolicy policy_{ZoneId("extranet"),
                     {},
                     {{NetworkId("web"),
                       10,
                       {{kFarWeb.mac, kFarWeb.addresses, ip("10.98.0.3")}},
                       {ip("10.52.1.254"), ip("fd52:1::fe")}},
                      {NetworkId("db"), 20, {{kFarDb.mac, kFarDb.addresses, ip("10.98.0.2")}}, {}}},
                     {kWeb, kDb},
                     {},
                     {},
                     {{NetworkId("web"), NetworkId("db")}}};
  PortNumbers numbers_{kTunnel, {{kWeb.port, 100}, {kDb.port, 101}}};
};

TEST_F(Gateways, PassPacketsOnBetweenJoinedNetworksAsTheirOwnWithAHopLess) {
  for (const bool v6 : {false, true}) {
    const Departures gone = send(to_gateway(kDb, v6));
    EXPECT_EQ(gone.ports, std::set<std::uint32_t>{101});
    ASSERT_TRUE(gone.sent);
    EXPECT_EQ(gone.sent->source, kGatewayMac);
    EXPECT_EQ(gone.sent->destination, kDb.mac);
    EXPECT_EQ(gone.sent->hop_limit, 63);
    EXPECT_EQ(gone.sent->from, kWeb.addresses[v6 ? 1 : 0]);
  }
}

TEST_F(Gateways, SendWhatIsForAnotherHostThereInTheReceiversNetwork) {
  const Departures gone = send(to_gateway(kFarDb));
  EXPECT_EQ(gone.ports, std::set<std::uint32_t>{});
  EXPECT_EQ(gone.tunnels, (std::set<std::pair<std::uint32_t, model::IpAddress>>{{20, ip("10.98.0.2")}}));
}

TEST_F(Gateways, LetInWhatAnotherHostPassedOnFromAJoinedNetwork) {
  Packet packet = to_gateway(kDb);
  packet.source = kGatewayMac;
  packet.destination = kDb.mac;
  const auto flows = make_flows(policy_, numbers_).value();
  EXPECT_EQ(run_flows(flows, kTunnel, {kTunnel, 20, ip("10.98.0.3")}, packet).ports,
            std::set<std::uint32_t>{101});
  policy_.joints.clear();
  const auto apart = make_flows(policy_, numbers_).value();
  EXPECT_EQ(run_flows(apart, kTunnel, {kTunnel, 20, ip("10.98.0.3")}, packet), Departures{});
}

TEST_F(Gateways, KeepNetworksApartThatNothingJoins) {
  policy_.joints.clear();
  EXPECT_EQ(send(to_gateway(kDb)), Departures{});
  EXPECT_EQ(send(to_gateway(kDb, true)), Departures{});
  policy_.joints = {{NetworkId("web"), NetworkId("of nobody here")}, {NetworkId("web"), NetworkId("web")}};
  EXPECT_EQ(send(to_gateway(kDb)), Departures{});
}

TEST_F(Gateways, DropWhatHasNoHopLeftAndWhatNobodyHas) {
  Packet packet = to_gateway(kDb);
  packet.hop_limit = 1;
  EXPECT_EQ(send(packet), Departures{});
  packet = to_gateway(kDb);
  packet.to = ip("10.52.2.99");
  EXPECT_EQ(send(packet), Departures{});
}

TEST_F(Gateways, AnswerEcho) {
  for (const bool v6 : {false, true}) {
    Packet echo = to_gateway(kDb, v6);
    echo.protocol = v6 ? kIcmpv6 : kIcmp;
    echo.from_port = v6 ? kEcho6Request : kEchoRequest;
    echo.to_port = 0;
    echo.to = policy_.segments[0].gateways[v6 ? 1 : 0];
    const Departures gone = send(echo);
    ASSERT_TRUE(gone.answer);
    EXPECT_EQ(gone.answer->from, echo.to);
    EXPECT_EQ(gone.answer->to, echo.from);
    EXPECT_EQ(gone.answer->from_port, v6 ? 129 : 0);
    EXPECT_EQ(gone.answer->source, kGatewayMac);
  }
}

TEST_F(Gateways, AreToldToWhoAsksForThem) {
  Packet question = to_gateway(kDb);
  question.destination.bytes.fill(0xff);
  question.ether_type = kEtherArp;
  question.operation = 1;
  question.sender = kWeb.mac;
  question.to = ip("10.52.1.254");
  const Departures gone = send(question);
  ASSERT_TRUE(gone.answer);
  EXPECT_EQ(gone.answer->sender, kGatewayMac);
}

TEST_F(Gateways, HaveAMacThatNoPortMayHave) {
  policy_.ports[0].mac = kGatewayMac;
  EXPECT_EQ(make_flows(policy_, numbers_).error().code, Errc::invalid);
}

TEST_F(Gateways, AddFlowsPerAddressAndPerPairAndNotPerBoth) {
  const auto count = [&](std::uint8_t networks, std::uint8_t each) {
    ZonePolicy policy{ZoneId("extranet"), {}, {}, {}, {}, {}, {}};
    for (std::uint8_t n = 0; n < networks; ++n) {
      const std::string name = "n" + std::to_string(n);
      policy.segments.push_back({NetworkId(name), 10U + n, {}, {ip("10.0.0." + std::to_string(n + 1))}});
      for (std::uint8_t i = 0; i < n; ++i)
        policy.joints.push_back({NetworkId(name), policy.segments[i].network});
      for (std::uint8_t i = 0; i < each; ++i)
        policy.segments.back().remote.push_back(
            {port(name, n, i).mac, port(name, n, i).addresses, ip("10.98.0.2")});
    }
    std::vector<Flow> flows;
    add_gateway_flows(policy, 40, flows);
    return flows.size();
  };
  EXPECT_EQ(count(4, 20) - count(4, 10), 4u * 10u * 2u);
  EXPECT_EQ(count(8, 0) - count(4, 0), 8u * 7u - 4u * 3u + 4u * 2u);
}

TEST(RandomNetworks, PassPacketsOnOftenEnoughToSaySomething) {
  int passed_on = 0;
  int echoes = 0;
  RandomNetwork random(3);
  for (int i = 0; i < 3000; ++i) {
    const ZonePolicy policy = random.policy();
    if (policy.ports.empty()) continue;
    const Packet packet = random.packet(policy, policy.ports[0]);
    const Verdict verdict = judge_from_port(policy, policy.ports[0].port, packet);
    passed_on += verdict.passed_on ? 1 : 0;
    echoes += verdict.answer && verdict.answer->source == kGatewayMac ? 1 : 0;
  }
  EXPECT_GT(passed_on, 10);
  EXPECT_GT(echoes, 20);
}

}  // namespace
}  // namespace causeway::agent
