// SPDX-License-Identifier: Apache-2.0
// How much a guest may do, counted on a real switch: meters have no simulated twin.
#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>

#include "tests/contract/network_bench.h"

namespace causeway::agent {
namespace {

const ZoneId kZone{"extranet"};

model::IpAddress ip(const std::string& text) { return *model::IpAddress::parse(text); }

PortWiring port(std::uint8_t last) {
  PortWiring wiring;
  wiring.workload = WorkloadId("d/a/w" + std::to_string(last));
  wiring.port = PortId(wiring.workload.str() + "/eth0");
  wiring.zone = kZone;
  wiring.network = NetworkId("web");
  wiring.mac.bytes = {0x52, 0x54, 0, 0, 1, last};
  wiring.addresses = {ip("10.52.1." + std::to_string(last)), ip("fd52:1::" + std::to_string(last))};
  return wiring;
}

Packet question(const PortWiring& from, const PortWiring& to) {
  Packet packet;
  packet.source = from.mac;
  packet.destination.bytes.fill(0xff);
  packet.ether_type = kEtherArp;
  packet.operation = 1;
  packet.sender = from.mac;
  packet.from = from.addresses[0];
  packet.to = to.addresses[0];
  return packet;
}

class NetworkLimits : public testing::Test {
 protected:
  void SetUp() override {
    bench_ = ovs_network_bench();
    if (const auto why = bench_->why_not(); !why.empty()) GTEST_SKIP() << why;
    agent_ = bench_->agent(0);
    ASSERT_TRUE(agent_->ensure_bridge(bench_->zone_bridge(0, kZone)));
    for (const PortWiring& wiring : policy_.ports) ASSERT_TRUE(agent_->ensure_port(wiring));
    const auto done = agent_->program(policy_);
    ASSERT_TRUE(done) << done.error().what;
  }

  ZonePolicy policy_{kZone, Generation{1}, {{NetworkId("web"), 100, {}}}, {port(1), port(2)}};
  std::unique_ptr<NetworkBench> bench_;
  std::unique_ptr<Switch> agent_;
};

TEST_F(NetworkLimits, AGuestThatAsksWithoutEndIsAnsweredSomeTimesAndKeepsNobodyElseFromAsking) {
  const PortWiring a = policy_.ports[0];
  const PortWiring b = policy_.ports[1];
  ASSERT_TRUE(bench_->answer(0, a.port, question(a, b)));
  ASSERT_TRUE(bench_->answer(0, b.port, question(b, a)));
  static_cast<void>(bench_->heard(0, a.port));
  for (std::uint32_t i = 0; i < 2000; ++i) bench_->say(0, a.port, encode(question(a, b), i));
  EXPECT_TRUE(bench_->answer(0, b.port, question(b, a)));
  const std::size_t answers = bench_->heard(0, a.port).size();
  EXPECT_GT(answers, 50u);
  EXPECT_LT(answers, 500u);
}

TEST_F(NetworkLimits, AMeterThatSomebodyChangedIsSetRight) {
  const std::string before = bench_->written(0);
  bench_->loosen_meters(0, kZone);
  EXPECT_NE(bench_->written(0), before);
  agent_ = bench_->agent(0);
  ASSERT_TRUE(agent_->program(policy_));
  EXPECT_EQ(bench_->written(0), before);
}

TEST_F(NetworkLimits, APortThatGoesTakesItsMetersAlong) {
  bench_->stop_guest(policy_.ports[1].port);
  const std::string before = bench_->written(0);
  ASSERT_TRUE(agent_->remove_port(policy_.ports[1].port));
  const std::string after = bench_->written(0);
  EXPECT_EQ(std::ranges::distance(std::views::split(before, std::string_view("meter="))), 3);
  EXPECT_EQ(std::ranges::distance(std::views::split(after, std::string_view("meter="))), 2);
}

}  // namespace
}  // namespace causeway::agent
