// SPDX-License-Identifier: Apache-2.0
// Networks that are VLANs on a zone's uplink: from host to host with each driver's switch, and on a real one
// with a hand on the wire, which sees the tags and sends what anybody on a VLAN may send.
#include <fmt/format.h>

#include <set>
#include <utility>
#include <vector>

#include "agent/network/ovs.h"
#include "tests/contract/network_contract.h"

namespace causeway::agent {
namespace {

constexpr const char* kUplink = "up0";
constexpr int kVlan = 300;

class UplinkContract : public NetworkContract {
 protected:
  // A guest on each host, of a network that is a VLAN.
  void SetUp() override {
    NetworkContract::SetUp();
    if (IsSkipped()) return;
    here_ = place(0, port(kWeb, 1));
    there_ = place(1, port(kWeb, 2));
    for (const int host : {0, 1}) {
      hosts_[host].segments[0].vlan = kVlan;
      const auto made = agents_[host]->ensure_bridge(bridge(host));
      ASSERT_TRUE(made) << made.error().what;
      program(host);
    }
  }

  ZoneBridge bridge(int host) {
    ZoneBridge wanted = bench_->zone_bridge(host, kZone);
    wanted.uplink = kUplink;
    return wanted;
  }

  PortWiring here_;
  PortWiring there_;
};

TEST_P(UplinkContract, GuestsOfAVlanReachEachOtherOnTwoHosts) {
  for (const bool v6 : {false, true}) {
    EXPECT_TRUE(arrives(udp(here_, there_, v6), here_, there_, 0, 1));
    EXPECT_TRUE(arrives(udp(there_, here_, v6), there_, here_, 1, 0));
  }
  const auto said = bench_->answer(0, here_.port, arp_question(here_, there_));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->sender, there_.mac);
}

TEST_P(UplinkContract, NetworksOfTwoVlansAreApart) {
  ASSERT_TRUE(arrives(udp(here_, there_), here_, there_, 0, 1));
  hosts_[1].segments[0].vlan = kVlan + 1;
  program(1);
  EXPECT_FALSE(arrives(udp(here_, there_), here_, there_, 0, 1));
}

TEST_P(UplinkContract, AnUplinkIsPartOfTheBridgeAndNotForeign) {
  const SwitchState state = observe(0);
  ASSERT_EQ(state.bridges.size(), 1u);
  EXPECT_EQ(state.bridges[0].bridge, bridge(0));
  EXPECT_TRUE(state.foreign.empty());
  const std::string before = bench_->written(0);
  ASSERT_TRUE(agents_[0]->ensure_bridge(bridge(0)));
  EXPECT_EQ(bench_->written(0), before);
}

TEST_P(UplinkContract, WithoutAnUplinkAVlansPortsAreRefusedAndTunnelsGoOn) {
  ASSERT_TRUE(agents_[0]->ensure_bridge(bench_->zone_bridge(0, kZone)));
  EXPECT_EQ(observe(0).bridges.at(0).bridge.uplink, "");
  const auto refused = agents_[0]->program(hosts_[0]);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_found);
  for (const int host : {0, 1}) {
    hosts_[host].segments[0].vlan.reset();
    program(host);
  }
  EXPECT_TRUE(arrives(udp(here_, there_), here_, there_, 0, 1));
}

TEST_P(UplinkContract, TwoZonesDoNotShareAnUplink) {
  ZoneBridge other = bench_->zone_bridge(0, kOtherZone);
  other.uplink = kUplink;
  const auto made = agents_[0]->ensure_bridge(other);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::conflict);
  EXPECT_TRUE(arrives(udp(here_, there_), here_, there_, 0, 1));
}

TEST_P(UplinkContract, AProbeSaysThatAPacketGoesByTheUplink) {
  model::ProbeRequest question;
  question.zone = kZone;
  question.from = {here_.port, kWeb, here_.mac, here_.addresses[0], bridge(0).underlay};
  question.to = {there_.port, kWeb, there_.mac, there_.addresses[0], bridge(1).underlay};
  question.protocol = model::RuleProtocol::tcp;
  question.port = 443;
  const auto leaves = agents_[0]->probe(question);
  ASSERT_TRUE(leaves) << leaves.error().what;
  EXPECT_TRUE(leaves->passes) << leaves->says;
  EXPECT_NE(leaves->says.find("VLAN 300"), std::string::npos) << leaves->says;
  question.arriving = true;
  const auto comes = agents_[1]->probe(question);
  ASSERT_TRUE(comes) << comes.error().what;
  EXPECT_TRUE(comes->passes) << comes->says;
}

TEST_P(UplinkContract, AZonesBridgeGoesWithItsUplink) {
  hosts_[0].ports.clear();
  program(0);
  ASSERT_TRUE(agents_[0]->remove_port(here_.port));
  const auto gone = agents_[0]->remove_bridge(kZone);
  EXPECT_TRUE(gone) << gone.error().what;
  EXPECT_TRUE(observe(0).bridges.empty());
}

INSTANTIATE_TEST_SUITE_P(Drivers, UplinkContract,
                         testing::Values(Param{"Simulated", simulated_network_bench},
                                         Param{"Ovs", ovs_network_bench}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace causeway::agent
