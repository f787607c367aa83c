// SPDX-License-Identifier: Apache-2.0
// How much a guest may do, counted on a real switch: meters have no simulated twin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ranges>

#include "tests/contract/network_bench.h"

namespace causeway::agent {
namespace {

const ZoneId kZone{"extranet"};
constexpr std::size_t kFrameSize = 1000;

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

// A frame of 1000 bytes.
Bytes large(const PortWiring& from, const PortWiring& to, std::uint32_t mark) {
  Packet packet;
  packet.source = from.mac;
  packet.destination = to.mac;
  packet.ether_type = kEtherIpv4;
  packet.from = from.addresses[0];
  packet.to = to.addresses[0];
  packet.from_port = 5000;
  packet.to_port = 6000;
  Bytes frame = encode(packet, mark);
  frame.resize(kFrameSize);
  return frame;
}

// How much of a flood arrives, a frame that nothing limits after each of it, and how much can have passed a
// meter of a Mbit meanwhile at most: what it has saved up, and its rate for as long as it took.
struct Flood {
  std::size_t arrived = 0;
  std::size_t at_most = 0;
};

TEST_F(NetworkLimits, AFloodIsHeldToThePortsBandwidthInBothDirectionsAndOthersAreNot) {
  const PortWiring limited = policy_.ports[0];
  const PortWiring other = policy_.ports[1];
  const PortWiring third = port(3);
  ASSERT_TRUE(agent_->ensure_port(third));
  policy_.ports.push_back(third);
  policy_.ports[0].bandwidth = MbitPerSecond{1};
  const auto done = agent_->program(policy_);
  ASSERT_TRUE(done) << done.error().what;

  constexpr std::uint32_t kFrames = 2000;
  constexpr std::uint32_t kAtOnce = 80;
  const auto flood = [&](const PortWiring& from, const PortWiring& to) {
    static_cast<void>(bench_->heard(0, to.port));
    const auto begun = std::chrono::steady_clock::now();
    Flood counted;
    for (std::uint32_t i = 0; i < kFrames; i += kAtOnce) {
      for (std::uint32_t j = 0; j < kAtOnce; ++j) bench_->say(0, from.port, large(from, to, i + j));
      counted.arrived += bench_->heard(0, to.port).size();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    const double kilobits = 2000 + 1000 + 1000 * took.count();
    counted.at_most = static_cast<std::size_t>(kilobits * 1000 / (8 * kFrameSize));
    return counted;
  };
  for (const auto& [from, to] : {std::pair(limited, other), std::pair(other, limited)}) {
    const Flood held = flood(from, to);
    EXPECT_LE(held.arrived, held.at_most);
    EXPECT_GT(held.arrived, 100u);
    // While it has nothing left to spend, others have.
    const Flood free = flood(other, third);
    EXPECT_GT(free.arrived, kFrames * 3 / 4);
  }
}

TEST_F(NetworkLimits, ABandwidthThatChangesIsCarriedOutAndOneThatGoesLeavesNothing) {
  const std::string before = bench_->written(0);
  policy_.ports[0].bandwidth = MbitPerSecond{200};
  ASSERT_TRUE(agent_->program(policy_));
  EXPECT_THAT(bench_->written(0), testing::HasSubstr("rate=200000 burst_size=20000"));
  policy_.ports[0].bandwidth = MbitPerSecond{300};
  ASSERT_TRUE(agent_->program(policy_));
  EXPECT_THAT(bench_->written(0), testing::Not(testing::HasSubstr("rate=200000")));
  EXPECT_THAT(bench_->written(0), testing::HasSubstr("rate=300000 burst_size=30000"));
  const auto meters = [&] {
    const std::string all = bench_->written(0);
    return std::ranges::distance(std::views::split(all, std::string_view("meter="))) - 1;
  };
  EXPECT_EQ(meters(), 4);
  policy_.ports[0].bandwidth = {};
  ASSERT_TRUE(agent_->program(policy_));
  EXPECT_EQ(meters(), 2);
}

TEST_F(NetworkLimits, ABandwidthThatSomebodyLoosenedIsSeenAndSetRight) {
  policy_.ports[0].bandwidth = MbitPerSecond{200};
  ASSERT_TRUE(agent_->program(policy_));
  const std::string before = bench_->written(0);
  bench_->loosen_meters(0, kZone);
  const auto seen = agent_->observe();
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->bridges.at(0).programmed);
  ASSERT_TRUE(agent_->program(policy_));
  EXPECT_EQ(bench_->written(0), before);
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
