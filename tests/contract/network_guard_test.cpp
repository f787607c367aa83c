// SPDX-License-Identifier: Apache-2.0
// What guards promise on every switch, with real packets where it is a real one.
#include <utility>
#include <vector>

#include "tests/contract/network_contract.h"

namespace causeway::agent {
namespace {

// Guests of one network with a guard that lets one of them in, to UDP port 6000 of the others.
struct GuardedContract : NetworkContract {
  PortWiring place_guarded(int host, int last) {
    PortWiring wiring = port(kWeb, last);
    wiring.guard = "app/web";
    return place(host, wiring);
  }
  void let_in(const std::vector<PortWiring>& clients) {
    let_in(clients, {{"app", model::RuleProtocol::udp, 6000, 6000, {}, "application"}});
  }
  void let_in(const std::vector<PortWiring>& clients, const std::vector<model::Rule>& rules) {
    model::AddressSet set{"app", {}};
    for (const PortWiring& client : clients)
      for (const model::IpAddress& address : client.addresses)
        set.members.push_back({address, address.bits()});
    for (ZonePolicy& policy : hosts_) {
      policy.guards = {{"app/web", rules}};
      policy.address_sets = {set};
    }
    program(0);
    program(1);
  }
  static Packet answer_to(const Packet& question) {
    Packet answer = question;
    std::swap(answer.source, answer.destination);
    std::swap(answer.from, answer.to);
    std::swap(answer.from_port, answer.to_port);
    return answer;
  }
};

TEST_P(GuardedContract, AGuardedPortHearsWhomItsRulesLetInAndNobodyElse) {
  const PortWiring a = place_guarded(0, 1);
  const PortWiring b = place_guarded(0, 2);
  const PortWiring there = place_guarded(1, 3);
  let_in({a});
  for (const bool v6 : {false, true}) {
    EXPECT_TRUE(arrives(udp(a, b, v6), a, b));
    EXPECT_TRUE(arrives(udp(a, there, v6), a, there, 0, 1));
    EXPECT_FALSE(arrives(udp(b, there, v6), b, there, 0, 1)) << "no rule speaks of it";
    EXPECT_FALSE(arrives(udp(there, b, v6), there, b, 1, 0));
    Packet other = udp(a, b, v6);
    other.to_port = 6001;
    EXPECT_FALSE(arrives(other, a, b)) << "another port";
  }
}

TEST_P(GuardedContract, WhatWasLetInMayBeAnsweredAndNothingElse) {
  const PortWiring a = place_guarded(0, 1);
  const PortWiring b = place_guarded(0, 2);
  const PortWiring there = place_guarded(1, 3);
  let_in({a});
  EXPECT_FALSE(arrives(answer_to(udp(a, b)), b, a)) << "an answer to nothing";
  EXPECT_FALSE(arrives(answer_to(udp(a, there)), there, a, 1, 0));
  ASSERT_TRUE(arrives(udp(a, b), a, b));
  ASSERT_TRUE(arrives(udp(a, there), a, there, 0, 1));
  EXPECT_TRUE(arrives(answer_to(udp(a, b)), b, a));
  EXPECT_TRUE(arrives(answer_to(udp(a, there)), there, a, 1, 0));
}

TEST_P(GuardedContract, ARuleThatGoesCutsWhatIsOpenInBothDirections) {
  const PortWiring a = place_guarded(0, 1);
  const PortWiring b = place_guarded(0, 2);
  const PortWiring there = place_guarded(1, 3);
  let_in({a});
  ASSERT_TRUE(arrives(udp(a, b), a, b));
  ASSERT_TRUE(arrives(answer_to(udp(a, b)), b, a));
  ASSERT_TRUE(arrives(udp(a, there), a, there, 0, 1));
  ASSERT_TRUE(arrives(answer_to(udp(a, there)), there, a, 1, 0));
  let_in({});
  EXPECT_FALSE(arrives(udp(a, b), a, b));
  EXPECT_FALSE(arrives(answer_to(udp(a, b)), b, a));
  EXPECT_FALSE(arrives(udp(a, there), a, there, 0, 1));
  EXPECT_FALSE(arrives(answer_to(udp(a, there)), there, a, 1, 0));
}

TEST_P(GuardedContract, ARangeIsOpenFromItsFirstPortToItsLast) {
  const PortWiring a = place_guarded(0, 1);
  const PortWiring there = place_guarded(1, 3);
  let_in({a}, {{"app", model::RuleProtocol::udp, 6000, 6100, {}, "application"}});
  for (const bool v6 : {false, true}) {
    for (const auto& [port, open] :
         {std::pair{5999, false}, {6000, true}, {6064, true}, {6100, true}, {6101, false}}) {
      Packet packet = udp(a, there, v6);
      packet.to_port = static_cast<std::uint16_t>(port);
      EXPECT_EQ(arrives(packet, a, there, 0, 1), open) << port;
    }
  }
}

TEST_P(GuardedContract, AQuestionOfIcmpIsLetInByItsTypeAndIsAnswered) {
  const PortWiring a = place_guarded(0, 1);
  const PortWiring there = place_guarded(1, 3);
  const auto icmp = [](Packet packet, std::uint16_t type) {
    packet.protocol = packet.ether_type == kEtherIpv6 ? kIcmpv6 : kIcmp;
    packet.from_port = type;
    packet.to_port = 0;
    return packet;
  };
  const auto rule = [](model::RuleProtocol protocol, std::uint8_t type) {
    return model::Rule{"app", protocol, 0, 65535, type, "application"};
  };
  let_in({a}, {rule(model::RuleProtocol::icmp, kTimestamp), rule(model::RuleProtocol::icmp6, kEcho6Request)});
  EXPECT_FALSE(arrives(icmp(udp(there, a), kTimestamp + 1), there, a, 1, 0)) << "an answer to nothing";
  EXPECT_TRUE(arrives(icmp(udp(a, there), kTimestamp), a, there, 0, 1));
  EXPECT_TRUE(arrives(icmp(udp(there, a), kTimestamp + 1), there, a, 1, 0));
  EXPECT_FALSE(arrives(icmp(udp(a, there), kEchoRequest), a, there, 0, 1)) << "another type";
  EXPECT_TRUE(arrives(icmp(udp(a, there, true), kEcho6Request), a, there, 0, 1));
  EXPECT_TRUE(arrives(icmp(udp(there, a, true), kEcho6Request + 1), there, a, 1, 0));
}

TEST_P(GuardedContract, TwoGuestsOpenNoWayByBothSending) {
  const PortWiring a = place_guarded(0, 1);
  const PortWiring there = place_guarded(1, 3);
  let_in({});
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(arrives(udp(a, there), a, there, 0, 1));
    EXPECT_FALSE(arrives(answer_to(udp(a, there)), there, a, 1, 0));
  }
}

TEST_P(GuardedContract, GroupsAndForeignAddressesReachNoGuardedPort) {
  const PortWiring a = place_guarded(0, 1);
  const PortWiring b = place_guarded(0, 2);
  const PortWiring there = place_guarded(1, 3);
  let_in({a});
  Packet to_all = udp(a, b);
  to_all.destination.bytes.fill(0xff);
  EXPECT_FALSE(arrives(to_all, a, b));
  EXPECT_FALSE(arrives(to_all, a, there, 0, 1));
  Packet elsewhere = udp(a, b);
  elsewhere.to = ip("192.0.2.1");
  EXPECT_FALSE(arrives(elsewhere, a, b)) << "addressed to nobody that a rule speaks of";
}

TEST_P(GuardedContract, WhatARuleThatGoesCutIsCountedOnceOnTheReceiversHost) {
  const PortWiring a = place_guarded(0, 1);
  const PortWiring there = place_guarded(1, 3);
  let_in({a});
  ASSERT_TRUE(arrives(udp(a, there), a, there, 0, 1));
  ASSERT_TRUE(arrives(udp(a, there, true), a, there, 0, 1));
  EXPECT_EQ(observe(1).cuts, std::vector<model::Cut>{});
  hosts_[1].generation = Generation{7};
  let_in({});
  EXPECT_EQ(observe(1).cuts, (std::vector<model::Cut>{{"application", Generation{7}, 2}}));
  EXPECT_EQ(observe(0).cuts, std::vector<model::Cut>{});
}

TEST_P(GuardedContract, AProbeSaysOnBothHostsWhatAPacketWouldFind) {
  const PortWiring a = place_guarded(0, 1);
  const PortWiring b = place_guarded(0, 2);
  const PortWiring there = place_guarded(1, 3);
  let_in({a});
  const auto end = [&](const PortWiring& wiring, int host, bool v6) {
    return model::ProbeEnd{wiring.port, wiring.network, wiring.mac, wiring.addresses[v6 ? 1 : 0],
                           bench_->zone_bridge(host, kZone).underlay};
  };
  const auto passes = [&](int host, const PortWiring& from, const PortWiring& to, int to_host, bool v6,
                          std::uint16_t port) {
    model::ProbeRequest question{1, kZone, end(from, 0, v6), end(to, to_host, v6)};
    question.protocol = model::RuleProtocol::udp;
    question.port = port;
    question.arriving = host != 0;
    const auto passage = agents_[host]->probe(question);
    EXPECT_TRUE(passage) << passage.error().what;
    EXPECT_FALSE(passage->says.empty());
    return passage->passes;
  };
  for (const bool v6 : {false, true}) {
    EXPECT_TRUE(passes(0, a, b, 0, v6, 6000));
    EXPECT_TRUE(passes(0, a, there, 1, v6, 6000));
    EXPECT_TRUE(passes(1, a, there, 1, v6, 6000));
    EXPECT_FALSE(passes(0, a, there, 1, v6, 6001)) << "another port";
    EXPECT_FALSE(passes(1, a, there, 1, v6, 6001));
    EXPECT_FALSE(passes(0, b, there, 1, v6, 6000)) << "no rule speaks of it";
    EXPECT_FALSE(passes(1, b, there, 1, v6, 6000));
  }
}

INSTANTIATE_TEST_SUITE_P(Drivers, GuardedContract,
                         testing::Values(Param{"Simulated", simulated_network_bench},
                                         Param{"Ovs", ovs_network_bench}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace causeway::agent
