// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "agent/network/flow_rules.h"
#include "agent/network/flows.h"
#include "agent/network/gateway.h"
#include "tests/contract/network_contract.h"

namespace causeway::agent {
namespace {

TEST_P(NetworkContract, ABandwidthIsPartOfWhatIsProgrammed) {
  place(0, port(kWeb, 1));
  program(0);
  const auto without = observe(0).bridges.at(0).programmed;
  const std::string before = bench_->written(0);
  hosts_[0].ports[0].bandwidth = MbitPerSecond{200};
  program(0);
  const auto with = observe(0).bridges.at(0).programmed;
  EXPECT_NE(with, without);
  EXPECT_EQ(with, digest(hosts_[0]));
  const std::string after = bench_->written(0);
  EXPECT_NE(after, before);
  program(0);
  EXPECT_EQ(bench_->written(0), after);
}

TEST_P(NetworkContract, ABridgeIsMadeOnce) {
  const ZoneBridge wanted = bench_->zone_bridge(0, kZone);
  ASSERT_TRUE(agents_[0]->ensure_bridge(wanted));
  const SwitchState state = observe(0);
  ASSERT_EQ(state.bridges.size(), 1u);
  EXPECT_EQ(state.bridges[0].bridge, wanted);
  EXPECT_EQ(state.bridges[0].name, bridge_name(kZone));
  EXPECT_EQ(state.bridges[0].programmed, std::nullopt);
  const std::string before = bench_->written(0);
  ASSERT_TRUE(agents_[0]->ensure_bridge(wanted));
  EXPECT_EQ(bench_->written(0), before);
}

TEST_P(NetworkContract, ABridgeOfAnotherOwnerIsReportedAndLeftAlone) {
  bench_->add_foreign_bridge(0, bridge_name(kZone));
  const auto made = agents_[0]->ensure_bridge(bench_->zone_bridge(0, kZone));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::conflict);
  const SwitchState state = observe(0);
  EXPECT_TRUE(state.bridges.empty());
  ASSERT_EQ(state.foreign.size(), 1u);
  EXPECT_EQ(state.foreign[0].kind, Foreign::Kind::bridge);
  EXPECT_EQ(state.foreign[0].name, bridge_name(kZone));
}

TEST_P(NetworkContract, ZonesWhoseNamesBeginAlikeCantShareAHost) {
  ASSERT_TRUE(agents_[0]->ensure_bridge(bench_->zone_bridge(0, kZone)));
  ZoneBridge like = bench_->zone_bridge(0, kOtherZone);
  like.zone = ZoneId("extranet-2");
  const auto made = agents_[0]->ensure_bridge(like);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::conflict);
}

TEST_P(NetworkContract, ZonesWhoseConnectionsWouldMeetCantShareAHost) {
  ASSERT_TRUE(agents_[0]->ensure_bridge(bench_->zone_bridge(0, kZone)));
  ZoneBridge like = bench_->zone_bridge(0, kOtherZone);
  for (int i = 0; conntrack_zone(like.zone) != conntrack_zone(kZone); ++i)
    like.zone = ZoneId("z" + std::to_string(i));
  const auto made = agents_[0]->ensure_bridge(like);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::conflict);
}

TEST_P(NetworkContract, APortIsClosedUntilAPolicyNamesIt) {
  const PortWiring a = place(0, port(kWeb, 1));
  const PortWiring b = place(0, port(kWeb, 2));
  EXPECT_FALSE(observe(0).ports.at(0).open);
  EXPECT_FALSE(arrives(udp(a, b), a, b));
  program(0);
  EXPECT_TRUE(arrives(udp(a, b), a, b));
  EXPECT_TRUE(arrives(udp(b, a, true), b, a));
  const SwitchState state = observe(0);
  ASSERT_EQ(state.ports.size(), 2u);
  EXPECT_EQ(state.ports[0], (PortState{a.port, kZone, tap_name(a.port), a.mtu, true, true, ""}));
  EXPECT_EQ(state.bridges.at(0).programmed, digest(hosts_[0]));
}

TEST_P(NetworkContract, ANetworkSpansTheHostsOfItsZone) {
  const PortWiring a = place(0, port(kWeb, 1));
  const PortWiring b = place(1, port(kWeb, 2));
  program(0);
  program(1);
  EXPECT_TRUE(arrives(udp(a, b), a, b, 0, 1));
  EXPECT_TRUE(arrives(udp(b, a), b, a, 1, 0));
  EXPECT_TRUE(arrives(udp(a, b, true), a, b, 0, 1));
  Packet to_all = udp(a, b);
  to_all.destination.bytes.fill(0xff);
  EXPECT_TRUE(arrives(to_all, a, b, 0, 1));
}

// An exchange gateway's guest has a port on the bridge of each of two zones, and the network joins nothing:
// what a guest of one zone sends, by whatever address and MAC, arrives at no port of the other.
TEST_P(NetworkContract, NothingPassesBetweenTheBridgesThatAnExchangeGatewayStandsOn) {
  const PortWiring inside = port(kHousing, 7, kOtherZone);
  const PortWiring gateway_here = place(0, port(kWeb, 1));
  PortWiring gateway_there = port(kHousing, 9, kOtherZone);
  gateway_there.port = PortId(gateway_here.workload.str() + "/eth1");
  gateway_there.workload = gateway_here.workload;
  const PortWiring outside = place(0, port(kWeb, 2));
  program(0);
  ASSERT_TRUE(agents_[0]->ensure_bridge(bench_->zone_bridge(0, kOtherZone)));
  for (const PortWiring& wiring : {gateway_there, inside}) ASSERT_TRUE(agents_[0]->ensure_port(wiring));
  const auto programmed = agents_[0]->program(
      {kOtherZone, Generation{1}, {{kHousing, 200, {}}}, {gateway_there, inside}, {}, {}, {}});
  ASSERT_TRUE(programmed) << programmed.error().what;
  for (const bool v6 : {false, true}) {
    EXPECT_TRUE(arrives(udp(outside, gateway_here, v6), outside, gateway_here));
    EXPECT_TRUE(arrives(udp(gateway_there, inside, v6), gateway_there, inside));
    EXPECT_FALSE(arrives(udp(outside, inside, v6), outside, inside));
    EXPECT_FALSE(arrives(udp(outside, gateway_there, v6), outside, gateway_there));
    EXPECT_FALSE(arrives(udp(gateway_here, inside, v6), gateway_here, inside));
    EXPECT_FALSE(arrives(udp(inside, outside, v6), inside, outside));
    EXPECT_FALSE(arrives(udp(inside, gateway_here, v6), inside, gateway_here));
    Packet to_all = udp(outside, inside, v6);
    to_all.destination.bytes.fill(0xff);
    EXPECT_FALSE(arrives(to_all, outside, inside));
    to_all.destination = kGatewayMac;
    EXPECT_FALSE(arrives(to_all, outside, inside));
  }
  const auto state = observe(0);
  ASSERT_EQ(state.bridges.size(), 2u);
  EXPECT_EQ(std::ranges::count(state.ports, kZone, &PortState::zone), 2);
  EXPECT_EQ(std::ranges::count(state.ports, kOtherZone, &PortState::zone), 2);
  EXPECT_TRUE(state.foreign.empty());
}

TEST_P(NetworkContract, AGuestIsToldItsNeighboursByItsOwnHost) {
  const PortWiring a = place(0, port(kWeb, 1));
  const PortWiring here = place(0, port(kWeb, 2));
  const PortWiring there = place(1, port(kWeb, 3));
  const PortWiring other = place(0, port(kHousing, 4));
  program(0);
  for (const PortWiring& neighbour : {here, there}) {
    const auto arp = bench_->answer(0, a.port, arp_question(a, neighbour));
    ASSERT_TRUE(arp);
    EXPECT_EQ(arp->operation, 2);
    EXPECT_EQ(arp->sender, neighbour.mac);
    EXPECT_EQ(arp->from, neighbour.addresses[0]);
    EXPECT_EQ(arp->to, a.addresses[0]);
    const auto advertisement = bench_->answer(0, a.port, neighbour_question(a, neighbour));
    ASSERT_TRUE(advertisement);
    EXPECT_EQ(advertisement->from_port, kNeighbourAdvertisement);
    EXPECT_EQ(advertisement->sender, neighbour.mac);
    EXPECT_EQ(advertisement->target, neighbour.addresses[1]);
    EXPECT_EQ(advertisement->destination, a.mac);
  }
  EXPECT_FALSE(bench_->answer(0, a.port, arp_question(a, other)));
  EXPECT_FALSE(bench_->answer(0, a.port, neighbour_question(a, other)));
  EXPECT_FALSE(bench_->answer(0, a.port, arp_question(a, a)));  // an announcement
}

TEST_P(NetworkContract, AGatewayIsOnEveryHostAndPassesOnBetweenJoinedNetworks) {
  const PortWiring web = place(0, port(kWeb, 1));
  const PortWiring here = place(0, port(kHousing, 2));
  const PortWiring there = place(1, port(kHousing, 3));
  for (ZonePolicy& policy : hosts_) {
    policy.segments[0].gateways = {ip("10.52.1.254"), ip("fd52:1::fe")};
    policy.segments[1].gateways = {ip("10.52.2.254"), ip("fd52:2::fe")};
  }
  const auto joined = [&](bool yes) {
    for (const int host : {0, 1}) {
      hosts_[host].joints.clear();
      if (yes) hosts_[host].joints.push_back({kHousing, kWeb});
      program(host);
    }
  };
  const auto by_gateway = [&](const PortWiring& to, bool v6) {
    Packet packet = udp(web, to, v6);
    packet.destination = kGatewayMac;
    return packet;
  };
  // What comes, if anything does; the first packet to another host waits for the underlay's ARP.
  const auto heard = [&](const PortWiring& to, int to_host, bool v6) -> std::optional<Packet> {
    for (int i = 0; i < 10; ++i) {
      bench_->say(0, web.port, encode(by_gateway(to, v6), 1));
      for (const Bytes& frame : bench_->heard(to_host, to.port)) return dissect(frame);
      if (hosts_[0].joints.empty() && i > 1) break;
    }
    return std::nullopt;
  };
  joined(true);
  for (const bool v6 : {false, true}) {
    for (const auto& [to, host] : {std::pair{here, 0}, std::pair{there, 1}}) {
      const auto packet = heard(to, host, v6);
      ASSERT_TRUE(packet) << to.port.str() << (v6 ? " v6" : " v4");
      EXPECT_EQ(packet->source, kGatewayMac);
      EXPECT_EQ(packet->destination, to.mac);
      EXPECT_EQ(packet->hop_limit, 63);
    }
    Packet echo = by_gateway(here, v6);
    echo.protocol = v6 ? kIcmpv6 : kIcmp;
    echo.from_port = v6 ? kEcho6Request : kEchoRequest;
    echo.to_port = 0;
    echo.to = hosts_[0].segments[0].gateways[v6 ? 1 : 0];
    bench_->say(0, web.port, encode(echo, 2));
    const auto replies = bench_->heard(0, web.port);
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(dissect(replies[0]).from, echo.to);
    EXPECT_EQ(dissect(replies[0]).from_port, v6 ? 129 : 0);
  }
  Packet question = arp_question(web, here);
  question.to = ip("10.52.1.254");
  const auto told = bench_->answer(0, web.port, question);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->sender, kGatewayMac);
  joined(false);
  EXPECT_FALSE(heard(here, 0, false));
  EXPECT_FALSE(heard(there, 1, true));
}

TEST_P(NetworkContract, NetworksAreApartOnOneHostAndAcrossHosts) {
  const PortWiring web = place(0, port(kWeb, 1));
  const PortWiring friendly = place(0, port(kWeb, 3));
  const PortWiring here = place(0, port(kHousing, 1));
  const PortWiring there = place(1, port(kHousing, 2));
  program(0);
  program(1);
  ASSERT_TRUE(arrives(udp(web, friendly), web, friendly));
  EXPECT_FALSE(arrives(udp(web, here), web, here));
  EXPECT_FALSE(arrives(arp_question(web, here), web, here));
  EXPECT_FALSE(arrives(udp(web, there), web, there, 0, 1));
  EXPECT_FALSE(arrives(arp_question(web, there), web, there, 0, 1));
  EXPECT_TRUE(arrives(udp(here, there), here, there, 0, 1));
}

TEST_P(NetworkContract, AGuestSpeaksAsNobodyElse) {
  const PortWiring a = place(0, port(kWeb, 1));
  const PortWiring b = place(0, port(kWeb, 2));
  const PortWiring other = port(kWeb, 3);
  program(0);
  ASSERT_TRUE(arrives(udp(a, b), a, b));
  std::map<std::string, Packet> forged;
  (forged["another's MAC"] = udp(a, b)).source = other.mac;
  (forged["another's IPv4 address"] = udp(a, b)).from = other.addresses[0];
  (forged["another's IPv6 address"] = udp(a, b, true)).from = other.addresses[1];
  (forged["a VLAN tag"] = udp(a, b)).tagged = true;
  (forged["an unknown kind of frame"] = udp(a, b)).ether_type = 0x88b5;
  Packet& reply = forged["an ARP answer"] = arp_question(a, b);
  reply.operation = 2;
  reply.destination = b.mac;
  Packet& advertisement = forged["a neighbour advertisement"] = neighbour_question(a, b);
  advertisement.from_port = kNeighbourAdvertisement;
  advertisement.target = a.addresses[1];
  Packet& router = forged["a router advertisement"] = neighbour_question(a, b);
  router.from_port = kRouterAdvertisement;
  Packet& server = forged["a DHCP server"] = udp(a, b);
  server.from_port = 67;
  server.to_port = 68;
  for (const auto& [what, packet] : forged) EXPECT_FALSE(arrives(packet, a, b)) << what;
  EXPECT_TRUE(arrives(udp(a, b), a, b));

  std::map<std::string, Packet> questions;
  (questions["ARP for another's address"] = arp_question(a, b)).from = other.addresses[0];
  (questions["ARP for another's MAC"] = arp_question(a, b)).sender = other.mac;
  (questions["reverse ARP"] = arp_question(a, b)).operation = 3;
  (questions["a solicitation with another's MAC"] = neighbour_question(a, b)).sender = other.mac;
  (questions["a solicitation from another's address"] = neighbour_question(a, b)).from = other.addresses[1];
  (questions["a solicitation from afar"] = neighbour_question(a, b)).hop_limit = 64;
  for (const auto& [what, packet] : questions) {
    EXPECT_FALSE(bench_->answer(0, a.port, packet)) << what;
    EXPECT_FALSE(arrives(packet, a, b)) << what;
  }
  EXPECT_TRUE(bench_->answer(0, a.port, neighbour_question(a, b)));
}

TEST_P(NetworkContract, TheSamePolicyAgainWritesNothing) {
  place(0, port(kWeb, 1));
  place(0, port(kWeb, 2));
  program(0);
  const std::string before = bench_->written(0);
  hosts_[0].generation = Generation{2};
  std::swap(hosts_[0].ports[0], hosts_[0].ports[1]);
  program(0);
  EXPECT_EQ(bench_->written(0), before);
  EXPECT_EQ(observe(0).bridges.at(0).programmed, digest(hosts_[0]));
  EXPECT_EQ(observe(0).bridges.at(0).generation, Generation{2});
  EXPECT_EQ(bench_->written(0), before);
}

TEST_P(NetworkContract, APortThatThePolicyNamesNoLongerIsClosed) {
  const PortWiring a = place(0, port(kWeb, 1));
  const PortWiring b = place(0, port(kWeb, 2));
  program(0);
  ASSERT_TRUE(arrives(udp(a, b), a, b));
  hosts_[0].ports.pop_back();
  program(0);
  EXPECT_FALSE(arrives(udp(a, b), a, b));
  EXPECT_FALSE(arrives(udp(b, a), b, a));
  EXPECT_FALSE(observe(0).ports.at(1).open);
}

TEST_P(NetworkContract, ARestartOfTheSwitchIsSeenAndRepaired) {
  const PortWiring a = place(0, port(kWeb, 1));
  const PortWiring b = place(0, port(kWeb, 2));
  program(0);
  ASSERT_TRUE(arrives(udp(a, b), a, b));
  bench_->stop_switch(0);
  EXPECT_EQ(agents_[0]->observe().error().code, Errc::unavailable);
  EXPECT_EQ(agents_[0]->program(hosts_[0]).error().code, Errc::unavailable);
  bench_->start_switch(0);
  const SwitchState state = observe(0);
  EXPECT_EQ(state.bridges.at(0).programmed, std::nullopt);
  EXPECT_FALSE(state.ports.at(0).open);
  EXPECT_FALSE(arrives(udp(a, b), a, b));
  program(0);
  EXPECT_TRUE(arrives(udp(a, b), a, b));
  EXPECT_EQ(observe(0).bridges.at(0).programmed, digest(hosts_[0]));
}

TEST_P(NetworkContract, ASwitchThatCouldntBeAskedIsFoundAsItWas) {
  const PortWiring a = place(0, port(kWeb, 1));
  const PortWiring b = place(0, port(kWeb, 2));
  program(0);
  bench_->stop_control(0);
  EXPECT_EQ(agents_[0]->observe().error().code, Errc::unavailable);
  EXPECT_EQ(agents_[0]->ensure_port(port(kWeb, 3)).error().code, Errc::unavailable);
  bench_->start_control(0);
  // A connection that was lost is made again after a while that grows to eight seconds.
  auto state = agents_[0]->observe();
  for (int tries = 0; tries < 10 && !state; ++tries) state = agents_[0]->observe();
  ASSERT_TRUE(state) << state.error().what;
  EXPECT_EQ(state->bridges.at(0).programmed, digest(hosts_[0]));
  EXPECT_TRUE(arrives(udp(a, b), a, b));
}

TEST_P(NetworkContract, ANewAgentFindsEverythingAndWritesNothing) {
  const PortWiring a = place(0, port(kWeb, 1));
  const PortWiring b = place(0, port(kWeb, 2));
  program(0);
  const std::string before = bench_->written(0);
  agents_[0] = bench_->agent(0);
  EXPECT_TRUE(arrives(udp(a, b), a, b));
  EXPECT_EQ(observe(0).bridges.at(0).programmed, std::nullopt);
  ASSERT_TRUE(agents_[0]->ensure_bridge(bench_->zone_bridge(0, kZone)));
  ASSERT_TRUE(agents_[0]->ensure_port(a));
  program(0);
  EXPECT_EQ(bench_->written(0), before);
  EXPECT_TRUE(observe(0).ports.at(0).open);
}

TEST_P(NetworkContract, ARemovedPortIsGoneAndTheOthersGoOn) {
  const PortWiring a = place(0, port(kWeb, 1));
  const PortWiring b = place(0, port(kWeb, 2));
  const PortWiring c = place(0, port(kWeb, 3));
  program(0);
  ASSERT_TRUE(arrives(udp(a, b), a, b));
  bench_->stop_guest(b.port);
  ASSERT_TRUE(agents_[0]->remove_port(b.port));
  EXPECT_TRUE(agents_[0]->remove_port(b.port));
  EXPECT_EQ(observe(0).ports.size(), 2u);
  EXPECT_TRUE(arrives(udp(a, c), a, c));
  EXPECT_EQ(agents_[0]->program(hosts_[0]).error().code, Errc::not_found);
}

TEST_P(NetworkContract, ABridgeGoesWhenItsPortsAreGone) {
  const PortWiring a = place(0, port(kWeb, 1));
  program(0);
  const auto early = agents_[0]->remove_bridge(kZone);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Errc::conflict);
  ASSERT_TRUE(agents_[0]->remove_port(a.port));
  ASSERT_TRUE(agents_[0]->remove_bridge(kZone));
  EXPECT_TRUE(agents_[0]->remove_bridge(kZone));
  EXPECT_EQ(observe(0), SwitchState{});
}

TEST_P(NetworkContract, WhatHasNoBridgeIsNotFound) {
  EXPECT_EQ(agents_[0]->ensure_port(port(kWeb, 1)).error().code, Errc::not_found);
  EXPECT_EQ(agents_[0]->program(hosts_[0]).error().code, Errc::not_found);
  EXPECT_TRUE(agents_[0]->remove_port(port(kWeb, 1).port));
}

TEST_P(NetworkContract, APolicyThatContradictsItselfChangesNothing) {
  const PortWiring a = place(0, port(kWeb, 1));
  const PortWiring b = place(0, port(kWeb, 2));
  program(0);
  const std::string before = bench_->written(0);
  ZonePolicy wrong = hosts_[0];
  wrong.segments[1].vni = wrong.segments[0].vni;
  EXPECT_EQ(agents_[0]->program(wrong).error().code, Errc::invalid);
  wrong = hosts_[0];
  wrong.ports[1].mac = a.mac;
  EXPECT_EQ(agents_[0]->program(wrong).error().code, Errc::invalid);
  wrong = hosts_[0];
  wrong.ports[1].network = NetworkId("nowhere");
  EXPECT_EQ(agents_[0]->program(wrong).error().code, Errc::invalid);
  EXPECT_EQ(bench_->written(0), before);
  EXPECT_TRUE(arrives(udp(a, b), a, b));
}

TEST_P(NetworkContract, ZonesOfOneHostNeverMeet) {
  const PortWiring a = place(0, port(kWeb, 1));
  PortWiring inside = port(kWeb, 2, kOtherZone);
  ASSERT_TRUE(agents_[0]->ensure_bridge(bench_->zone_bridge(0, kOtherZone)));
  ASSERT_TRUE(agents_[0]->ensure_port(inside));
  const PortWiring friendly = place(0, port(kWeb, 3));
  program(0);
  // The same VNI in two zones is two networks.
  ASSERT_TRUE(
      agents_[0]->program(ZonePolicy{kOtherZone, Generation{1}, {{kWeb, 100, {}}}, {inside}, {}, {}}));
  ASSERT_TRUE(arrives(udp(a, friendly), a, friendly));
  EXPECT_FALSE(arrives(udp(a, inside), a, inside));
  EXPECT_FALSE(arrives(arp_question(a, inside), a, inside));
}

TEST_P(NetworkContract, AFlowOfAnotherOwnerIsReportedAndProgrammedAway) {
  place(0, port(kWeb, 1));
  program(0);
  bench_->add_foreign_flow(0, kZone);
  const SwitchState state = observe(0);
  EXPECT_EQ(state.bridges.at(0).programmed, std::nullopt);
  ASSERT_EQ(state.foreign.size(), 1u);
  EXPECT_EQ(state.foreign[0].kind, Foreign::Kind::flow);
  program(0);
  EXPECT_EQ(observe(0).foreign, std::vector<Foreign>{});
  EXPECT_EQ(observe(0).bridges.at(0).programmed, digest(hosts_[0]));
}

// Counts wakeups, and waits for one.
class Wakeups {
 public:
  std::function<void()> sink() {
    return [this] {
      const std::lock_guard lock(mutex_);
      ++count_;
      changed_.notify_all();
    };
  }
  bool come_within(std::chrono::milliseconds span) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, span, [&] { return count_ > 0; });
  }
  // Until none has come for a while: what was done before has been told.
  void drain() {
    std::unique_lock lock(mutex_);
    do count_ = 0;
    while (changed_.wait_for(lock, std::chrono::milliseconds(300), [&] { return count_ > 0; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST_P(NetworkContract, APortOfAnotherOwnerIsReportedAndLeftAlone) {
  ASSERT_TRUE(agents_[0]->ensure_bridge(bench_->zone_bridge(0, kZone)));
  bench_->add_foreign_port(0, kZone, "other0");
  const SwitchState state = observe(0);
  ASSERT_EQ(state.foreign.size(), 1u);
  EXPECT_EQ(state.foreign[0].kind, Foreign::Kind::port);
  EXPECT_EQ(state.foreign[0].name, "other0");
  EXPECT_TRUE(state.ports.empty());
  EXPECT_EQ(agents_[0]->remove_bridge(kZone).error().code, Errc::conflict);
}

TEST_P(NetworkContract, WhoeverChangesAPortOrAFlowWakesTheAgentWithinASecond) {
  place(0, port(kWeb, 1));
  program(0);
  Wakeups wakeups;
  agents_[0]->set_wakeup(wakeups.sink());
  wakeups.drain();
  bench_->add_foreign_port(0, kZone, "other0");
  EXPECT_TRUE(wakeups.come_within(std::chrono::seconds(1)));
  wakeups.drain();
  EXPECT_TRUE(observe(0).bridges.at(0).programmed);
  EXPECT_TRUE(observe(0).bridges.at(0).programmed);
  bench_->add_foreign_flow(0, kZone);
  EXPECT_TRUE(wakeups.come_within(std::chrono::seconds(1)));
  EXPECT_FALSE(observe(0).bridges.at(0).programmed);
  wakeups.drain();
  bench_->stop_switch(0);
  EXPECT_TRUE(wakeups.come_within(std::chrono::seconds(1)));
  wakeups.drain();
  bench_->start_switch(0);
  EXPECT_TRUE(wakeups.come_within(std::chrono::seconds(2)));
  agents_[0].reset();
}

INSTANTIATE_TEST_SUITE_P(Drivers, NetworkContract,
                         testing::Values(Param{"Simulated", simulated_network_bench},
                                         Param{"Ovs", ovs_network_bench}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace causeway::agent
