// SPDX-License-Identifier: Apache-2.0
#include "agent/network/flows.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "agent/network/evaluate.h"
#include "agent/network/gateway.h"
#include "agent/network/meters.h"
#include "tests/support/random_network.h"
#include "tests/unit/network/flow_machine.h"

namespace causeway::agent {
namespace {

constexpr std::uint32_t kTunnel = 1;
constexpr std::uint32_t kUplink = 2;

PortNumbers numbers_for(const ZonePolicy& policy) {
  PortNumbers numbers{kTunnel, {}, kUplink};
  for (const PortWiring& port : policy.ports)
    numbers.ports[port.port] = static_cast<std::uint32_t>(100 + numbers.ports.size());
  return numbers;
}

Departures as_departures(const Verdict& verdict, const PortNumbers& numbers, const Packet& packet) {
  Departures departures;
  for (const PortId& port : verdict.ports) departures.ports.insert(numbers.ports.at(port));
  if (verdict.vlan) departures.tagged.emplace(kUplink, static_cast<std::uint32_t>(*verdict.vlan));
  if (verdict.out) departures.tagged.emplace(kUplink, static_cast<std::uint32_t>(*verdict.out));
  departures.answer = verdict.answer;
  departures.noted = verdict.begins;
  departures.to_agent = verdict.asks_host;
  for (const model::IpAddress& host : verdict.hosts) departures.tunnels.emplace(verdict.vni, host);
  if (!departures.ports.empty() || !departures.tunnels.empty() || !departures.tagged.empty())
    departures.sent = verdict.passed_on.value_or(packet);
  return departures;
}

// Runs the law on as many random policies as rapidcheck makes seeds, and some packets for each.
template <class Law>
bool holds(const std::string& law, Law check) {
  return rc::check(law, [&](std::uint64_t seed) {
    RandomNetwork random(seed);
    ZonePolicy policy = random.policy();
    random.tag(policy);
    check(random, policy);
  });
}

std::string shown(const Packet& packet) {
  return "ether type " + std::to_string(packet.ether_type) + ", protocol " + std::to_string(packet.protocol) +
         ", " + packet.source.str() + " > " + packet.destination.str() + ", " + packet.from.str() + " > " +
         packet.to.str() + ", ports " + std::to_string(packet.from_port) + " > " +
         std::to_string(packet.to_port) + ", target " + packet.target.str() + ", sender " +
         packet.sender.str();
}

TEST(FlowLaws, PacketsOfGuestsGoWhereThePolicyMeansThemToGo) {
  EXPECT_TRUE(holds("flows and meaning agree for ports", [](RandomNetwork& random, const ZonePolicy& policy) {
    const PortNumbers numbers = numbers_for(policy);
    const auto flows = make_flows(policy, numbers);
    RC_ASSERT(flows.has_value());
    for (const PortWiring& port : policy.ports) {
      for (int i = 0; i < 20; ++i) {
        const Packet packet = random.packet(policy, port);
        RC_LOG() << shown(packet) << "\n";
        RC_ASSERT(run_flows(*flows, kTunnel, {numbers.ports.at(port.port), 0, {}, {}}, packet) ==
                  as_departures(judge_from_port(policy, port.port, packet), numbers, packet));
      }
    }
  }));
}

TEST(FlowLaws, PacketsOfOtherHostsGoToPortsHereAndNeverOn) {
  EXPECT_TRUE(
      holds("flows and meaning agree for tunnels", [](RandomNetwork& random, const ZonePolicy& policy) {
        const PortNumbers numbers = numbers_for(policy);
        const auto flows = make_flows(policy, numbers);
        RC_ASSERT(flows.has_value());
        if (policy.ports.empty()) return;
        for (int i = 0; i < 60; ++i) {
          const auto& sender = policy.ports[random.below(static_cast<std::uint32_t>(policy.ports.size()))];
          const Packet packet = random.packet(policy, sender);
          const std::uint32_t vni = 99 + random.below(5);
          const auto host = *model::IpAddress::parse("10.98.0." + std::to_string(1 + random.below(4)));
          const Departures gone = run_flows(*flows, kTunnel, {kTunnel, vni, host, {}}, packet);
          RC_ASSERT(gone.tunnels.empty());
          RC_ASSERT(gone == as_departures(judge_from_tunnel(policy, vni, host, packet, {}), numbers, packet));
        }
      }));
}

TEST(FlowLaws, WhatComesOutOfTheUplinkIsOfPortsElsewhereOrGoesNowhere) {
  int passed = 0;
  EXPECT_TRUE(holds("flows and meaning agree for uplinks", [&](RandomNetwork& random, ZonePolicy policy) {
    if (random.below(2) == 0) random.guard(policy);
    const PortNumbers numbers = numbers_for(policy);
    const auto flows = make_flows(policy, numbers);
    RC_ASSERT(flows.has_value());
    for (int i = 0; i < 180; ++i) {
      const auto arrives = random.out_of_uplink(policy);
      if (!arrives) return;
      const auto& [vlan, packet] = *arrives;
      const Tracked tracked = random.tracked(policy, packet);
      RC_LOG() << shown(packet) << "\n";
      const Departures gone =
          run_flows(*flows, kTunnel, {kUplink, 0, {}, tracked, static_cast<std::uint32_t>(vlan)}, packet);
      RC_ASSERT(gone.tunnels.empty() && gone.tagged.empty() && !gone.answer && !gone.to_agent);
      RC_ASSERT(gone == as_departures(judge_from_uplink(policy, vlan, packet, tracked), numbers, packet));
      passed += gone.ports.empty() ? 0 : 1;
      // What has no tag is nobody's.
      RC_ASSERT(run_flows(*flows, kTunnel, {kUplink, 0, {}, tracked}, packet) == Departures{});
    }
  }));
  EXPECT_GT(passed, 100);
}

TEST(FlowLaws, WhatIsOutsideIsReachedByTheWayOutAsThePolicyMeans) {
  int left = 0;
  int entered = 0;
  int answered = 0;
  EXPECT_TRUE(holds("flows and meaning agree on the way out", [&](RandomNetwork& random, ZonePolicy policy) {
    random.lead_out(policy);
    random.guard(policy);
    const PortNumbers numbers = numbers_for(policy);
    const auto flows = make_flows(policy, numbers);
    RC_ASSERT(flows.has_value());
    for (const PortWiring& port : policy.ports) {
      for (int i = 0; i < 30; ++i) {
        const Packet packet = random.packet(policy, port);
        const Tracked tracked = random.tracked(policy, packet);
        RC_LOG() << shown(packet) << "\n";
        const Departures gone =
            run_flows(*flows, kTunnel, {numbers.ports.at(port.port), 0, {}, tracked}, packet);
        RC_ASSERT(gone ==
                  as_departures(judge_from_port(policy, port.port, packet, tracked), numbers, packet));
        left += gone.tagged.contains({kUplink, 900}) && !gone.answer ? 1 : 0;
      }
    }
    for (int i = 0; i < 60; ++i) {
      const Packet packet = random.from_router(policy);
      const Tracked tracked = random.tracked(policy, packet);
      RC_LOG() << "from a router: " << shown(packet) << "\n";
      const Departures gone = run_flows(*flows, kTunnel, {kUplink, 0, {}, tracked, 900}, packet);
      RC_ASSERT(gone.tunnels.empty() && gone.tagged.empty() && !gone.to_agent);
      RC_ASSERT(gone == as_departures(judge_from_uplink(policy, 900, packet, tracked), numbers, packet));
      entered += gone.ports.empty() ? 0 : 1;
      answered += gone.answer ? 1 : 0;
      RC_ASSERT(run_flows(*flows, kTunnel, {kUplink, 0, {}, tracked}, packet) == Departures{});
    }
  }));
  EXPECT_GT(left, 20);
  EXPECT_GT(entered, 20);
  EXPECT_GT(answered, 20);
}

TEST(FlowLaws, NothingFromOutsideHasAnAddressOfTheInside) {
  EXPECT_TRUE(holds("what comes in is of a system", [&](RandomNetwork& random, ZonePolicy policy) {
    random.lead_out(policy);
    random.guard(policy);
    const auto flows = make_flows(policy, numbers_for(policy));
    RC_ASSERT(flows.has_value());
    for (int i = 0; i < 60; ++i) {
      const Packet packet = random.from_router(policy);
      const Departures gone =
          run_flows(*flows, kTunnel, {kUplink, 0, {}, random.tracked(policy, packet), 900}, packet);
      if (gone.ports.empty()) continue;
      const auto holds_it = [&](const model::OutsideSystem& system) {
        return std::ranges::any_of(system.prefixes,
                                   [&](const model::Subnet& prefix) { return prefix.contains(packet.from); });
      };
      RC_ASSERT(std::ranges::any_of(policy.way_out->systems, holds_it));
      RC_ASSERT(gone.ports.size() == 1u);
    }
  }));
}

TEST(Flows, RefuseAWayOutThatCanNotBe) {
  ZonePolicy policy{ZoneId("extranet"), Generation{1}, {{NetworkId("n"), 100, {}}}, {}};
  RandomNetwork(1).lead_out(policy);
  policy.segments[0].way_out = true;
  PortWiring& port = policy.ports.emplace_back();
  port.port = PortId("d/a/w/eth0");
  port.network = NetworkId("n");
  port.guard = "guard0";
  port.mac.bytes = {0x52, 0x54, 0, 0, 0, 1};
  port.addresses = {*model::IpAddress::parse("10.52.0.1")};
  const auto refusal = [&](auto change) {
    ZonePolicy wrong = policy;
    change(wrong);
    const auto made = make_flows(wrong, numbers_for(wrong));
    return made ? "" : made.error().what;
  };
  EXPECT_EQ(refusal([](ZonePolicy&) {}), "");
  EXPECT_NE(refusal([](ZonePolicy& p) { p.way_out->vlan = 4095; }), "");
  EXPECT_NE(refusal([](ZonePolicy& p) { p.segments[0].vlan = 900; }), "");
  EXPECT_NE(refusal([](ZonePolicy& p) { p.way_out->routers.clear(); }), "");
  EXPECT_NE(refusal([](ZonePolicy& p) { p.way_out->routers.push_back(kGatewayMac); }), "");
  EXPECT_NE(refusal([](ZonePolicy& p) { p.way_out->routers.push_back(p.ports[0].mac); }), "");
  const auto add = [](ZonePolicy& p, const char* prefix) {
    p.way_out->systems[1].prefixes.push_back(model::Subnet::parse(prefix).value());
  };
  EXPECT_NE(refusal([&](ZonePolicy& p) { add(p, "10.52.0.0/16"); }), "");
  EXPECT_NE(refusal([&](ZonePolicy& p) { add(p, "203.0.113.128/25"); }), "");
  PortNumbers without = numbers_for(policy);
  without.uplink = 0;
  const auto closed = make_flows(policy, without);
  ASSERT_TRUE(closed) << "the rest goes on";
  for (const Flow& flow : *closed) EXPECT_FALSE(flow.actions.contains("vlan_vid")) << flow.actions;
}

TEST(Flows, RefuseAPortOnAVlanWithoutAnUplinkAndAVlanThatIsNoneOrTwice) {
  ZonePolicy policy{
      ZoneId("extranet"), Generation{1}, {{NetworkId("n"), 100, {}}, {NetworkId("m"), 101, {}}}, {}};
  policy.segments[0].vlan = 4094;
  PortNumbers without{kTunnel, {}, 0};
  EXPECT_TRUE(make_flows(policy, without));
  PortWiring& port = policy.ports.emplace_back();
  port.port = PortId("d/a/w/eth0");
  port.network = NetworkId("n");
  port.mac.bytes = {0x52, 0x54, 0, 0, 0, 1};
  without.ports[port.port] = 100;
  const auto none = make_flows(policy, without);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found);
  EXPECT_TRUE(make_flows(policy, numbers_for(policy)));
  for (const int wrong : {0, 4094, 4095}) {
    policy.segments[1].vlan = wrong;
    const auto refused = make_flows(policy, numbers_for(policy));
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, Errc::invalid);
  }
}

TEST(FlowLaws, GuardedPortsHearWhatRulesLetInAndAnswersToIt) {
  EXPECT_TRUE(holds("flows and meaning agree on rules", [](RandomNetwork& random, ZonePolicy policy) {
    random.guard(policy);
    const PortNumbers numbers = numbers_for(policy);
    const auto flows = make_flows(policy, numbers);
    RC_ASSERT(flows.has_value());
    for (const PortWiring& port : policy.ports) {
      for (int i = 0; i < 40; ++i) {
        const Packet packet = random.packet(policy, port);
        const Tracked tracked = random.tracked(policy, packet);
        RC_LOG() << shown(packet) << "\n";
        RC_ASSERT(run_flows(*flows, kTunnel, {numbers.ports.at(port.port), 0, {}, tracked}, packet) ==
                  as_departures(judge_from_port(policy, port.port, packet, tracked), numbers, packet));
        const auto host = *model::IpAddress::parse("10.98.0." + std::to_string(1 + random.below(4)));
        const std::uint32_t vni = 99 + random.below(5);
        RC_ASSERT(run_flows(*flows, kTunnel, {kTunnel, vni, host, tracked}, packet) ==
                  as_departures(judge_from_tunnel(policy, vni, host, packet, tracked), numbers, packet));
      }
    }
  }));
}

TEST(FlowLaws, NothingLeavesItsNetworkButThroughAJoint) {
  EXPECT_TRUE(holds("networks are apart", [](RandomNetwork& random, const ZonePolicy& policy) {
    const PortNumbers numbers = numbers_for(policy);
    const auto flows = make_flows(policy, numbers);
    RC_ASSERT(flows.has_value());
    for (const PortWiring& port : policy.ports) {
      const Departures gone =
          run_flows(*flows, kTunnel, {numbers.ports.at(port.port), 0, {}, {}}, random.packet(policy, port));
      const auto own = std::ranges::find(policy.segments, port.network, &Segment::network);
      const auto meets = [&](const NetworkId& network) {
        return network == port.network || std::ranges::any_of(policy.joints, [&](const Joint& joint) {
                 return std::set{joint.a, joint.b} == std::set{network, port.network};
               });
      };
      for (const auto& [vni, host] : gone.tunnels)
        RC_ASSERT(meets(std::ranges::find(policy.segments, vni, &Segment::vni)->network));
      for (const auto& [by, vlan] : gone.tagged)
        RC_ASSERT(by == kUplink && own->vlan == std::optional(static_cast<int>(vlan)));
      // Without a joint nothing is passed on.
      if (policy.joints.empty())
        for (const auto& [vni, host] : gone.tunnels) RC_ASSERT(vni == own->vni);
      for (const PortWiring& other : policy.ports)
        if (!meets(other.network)) RC_ASSERT(!gone.ports.contains(numbers.ports.at(other.port)));
    }
  }));
}

TEST(FlowLaws, TheOrderOfAPolicySaysNothing) {
  EXPECT_TRUE(holds("order says nothing", [](RandomNetwork& random, ZonePolicy policy) {
    random.guard(policy);
    ZonePolicy turned = policy;
    std::ranges::reverse(turned.ports);
    std::ranges::reverse(turned.segments);
    std::ranges::reverse(turned.guards);
    std::ranges::reverse(turned.address_sets);
    for (model::Guard& guard : turned.guards) std::ranges::reverse(guard.rules);
    for (Segment& segment : turned.segments) std::ranges::reverse(segment.remote);
    RC_ASSERT(make_flows(policy, numbers_for(policy)).value() ==
              make_flows(turned, numbers_for(policy)).value());
    RC_ASSERT((digest(policy) == digest(turned)));
  }));
}

TEST(FlowLaws, AClosedPortIsInNoFlow) {
  EXPECT_TRUE(holds("closed is closed", [](RandomNetwork& random, const ZonePolicy& policy) {
    if (policy.ports.empty()) return;
    const PortNumbers numbers = numbers_for(policy);
    ZonePolicy without = policy;
    const auto closed =
        without.ports.begin() + random.below(static_cast<std::uint32_t>(without.ports.size()));
    const std::string number = std::to_string(numbers.ports.at(closed->port));
    without.ports.erase(closed);
    const auto flows = make_flows(without, numbers);
    RC_ASSERT(flows.has_value());
    for (const Flow& flow : *flows) {
      RC_ASSERT(!flow.match.contains("in_port=" + number));
      RC_ASSERT(!flow.actions.contains("output:" + number));
    }
  }));
}

TEST(Flows, NeverSwitchNormallyOrFlood) {
  RandomNetwork random(7);
  for (int i = 0; i < 50; ++i) {
    const ZonePolicy policy = random.policy();
    const auto flows = make_flows(policy, numbers_for(policy));
    ASSERT_TRUE(flows);
    for (const Flow& flow : *flows)
      for (const char* word : {"NORMAL", "FLOOD", "ALL", "CONTROLLER", "LOCAL"})
        EXPECT_FALSE(flow.actions.contains(word)) << flow.actions;
    for (const Flow& flow : *flows)
      EXPECT_TRUE(!flow.actions.contains("controller") || flow.match.contains(",tp_src=68,tp_dst=67") ||
                  flow.match.contains(",tp_src=546,tp_dst=547") || flow.match.contains(",icmp_type=133"))
          << flow.match;
  }
}

// A switch drops what would go back to where it came from, so that no packet shows whether the flows rely on
// that.
TEST(Flows, LeadToTheTunnelOnlyWhatComesFromAPort) {
  RandomNetwork random(11);
  for (int i = 0; i < 50; ++i) {
    const ZonePolicy policy = random.policy();
    const auto flows = make_flows(policy, numbers_for(policy));
    ASSERT_TRUE(flows);
    for (const Flow& flow : *flows)
      EXPECT_TRUE(!flow.actions.contains("tun_id") || flow.match.contains("reg1=0")) << flow.match;
  }
}

TEST(Flows, LetNoAnswerOutThatHasNotPassedItsPortsMeter) {
  RandomNetwork random(13);
  int answers = 0;
  for (int i = 0; i < 300; ++i) {
    const ZonePolicy policy = random.policy();
    const PortNumbers numbers = numbers_for(policy);
    const auto flows = make_flows(policy, numbers);
    ASSERT_TRUE(flows);
    for (const PortWiring& port : policy.ports) {
      const std::uint32_t number = numbers.ports.at(port.port);
      const Departures gone = run_flows(*flows, kTunnel, {number, 0, {}}, random.packet(policy, port));
      // An echo is answered in the datapath, a question may reach the daemon.
      if (!gone.answer || gone.answer->ether_type == kEtherIpv4 ||
          gone.answer->from_port == kEcho6Request + 1)
        continue;
      EXPECT_TRUE(gone.meters.contains(question_meter(number)));
      ++answers;
    }
  }
  EXPECT_GT(answers, 5);
}

TEST(Flows, PassThePortsMetersWhereItsBandwidthIsLimitedAndNoOthers) {
  RandomNetwork random(19);
  int metered = 0;
  for (int i = 0; i < 300; ++i) {
    const ZonePolicy policy = random.policy();
    const PortNumbers numbers = numbers_for(policy);
    const auto flows = make_flows(policy, numbers);
    ASSERT_TRUE(flows);
    for (const PortWiring& port : policy.ports) {
      const std::uint32_t number = numbers.ports.at(port.port);
      Packet packet = random.packet(policy, port);
      packet.source = port.mac;
      packet.tagged = false;
      const Departures gone = run_flows(*flows, kTunnel, {number, 0, {}}, packet);
      std::set<std::uint32_t> expected;
      if (port.bandwidth != MbitPerSecond{}) expected.insert(sending_meter(number));
      for (const PortWiring& other : policy.ports)
        if (gone.ports.contains(numbers.ports.at(other.port)) && other.bandwidth != MbitPerSecond{} &&
            (packet.destination.bytes[0] & 1U) == 0)
          expected.insert(receiving_meter(numbers.ports.at(other.port)));
      std::set<std::uint32_t> passed = gone.meters;
      passed.erase(question_meter(number));
      passed.erase(receiving_meter(number));  // what it says to itself passes that too, and goes nowhere
      EXPECT_EQ(passed, expected) << shown(packet);
      metered += static_cast<int>(expected.size());
    }
  }
  EXPECT_GT(metered, 100);
}

TEST(Meters, AreEachPortsOwn) {
  RandomNetwork random(17);
  ZonePolicy policy = random.policy();
  while (policy.ports.size() < 2) policy = random.policy();
  policy.ports[0].bandwidth = MbitPerSecond{200};
  policy.ports[1].bandwidth = {};
  policy.ports.resize(2);
  const auto meters = make_meters(policy, numbers_for(policy));
  ASSERT_EQ(meters.size(), 4u);
  EXPECT_EQ(meters[1], (Meter{sending_meter(100), 200'000, 20'000, Meter::Counts::kilobits}));
  EXPECT_EQ(meters[2], (Meter{receiving_meter(100), 200'000, 20'000, Meter::Counts::kilobits}));
  EXPECT_EQ(std::ranges::adjacent_find(meters, {}, &Meter::id), meters.end());
  EXPECT_TRUE(std::ranges::is_sorted(meters));
}

TEST(Flows, GrowWithPortsAndNotWithTheirPairs) {
  const auto count = [](std::uint32_t ports) {
    ZonePolicy policy{ZoneId("extranet"), {}, {{NetworkId("n"), 1, {}}}, {}};
    for (std::uint32_t i = 0; i < ports; ++i) {
      PortWiring port;
      port.port = PortId("p" + std::to_string(i));
      port.network = NetworkId("n");
      port.mac.bytes = {
          0x52, 0, 0, 0, static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i & 0xffU)};
      port.addresses = {model::IpAddress{
          false, {10, 0, static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i & 0xffU)}}};
      policy.ports.push_back(port);
    }
    return make_flows(policy, numbers_for(policy)).value().size();
  };
  const std::size_t fixed = count(0);
  EXPECT_EQ(count(500) - fixed, 5 * (count(100) - fixed) - 4);  // the group's flow is one
}

TEST(Flows, GrowWithPortsPlusRulesAndNotWithTheirProduct) {
  const auto count = [](std::uint32_t ports, std::uint32_t rules) {
    ZonePolicy policy{ZoneId("extranet"), {}, {{NetworkId("n"), 1, {}}}, {}, {}, {}};
    policy.address_sets.push_back({"set", {}});
    for (std::uint32_t i = 0; i < ports; ++i) {
      PortWiring port;
      port.port = PortId("p" + std::to_string(i));
      port.network = NetworkId("n");
      const auto high = static_cast<std::uint8_t>(i >> 8U);
      const auto low = static_cast<std::uint8_t>(i & 0xffU);
      port.mac.bytes = {0x52, 0, 0, 0, high, low};
      port.addresses = {model::IpAddress{false, {10, 0, high, low}}};
      port.guard = "guard";
      policy.address_sets[0].members.push_back({port.addresses[0], 32});
      policy.ports.push_back(port);
    }
    policy.guards.push_back({"guard", {}});
    for (std::uint32_t i = 0; i < rules; ++i) {
      const auto port = static_cast<std::uint16_t>(1000 + i);
      policy.guards[0].rules.push_back({"set", model::RuleProtocol::tcp, port, port, {}, "application"});
    }
    return make_flows(policy, numbers_for(policy)).value().size();
  };
  EXPECT_EQ(count(100, 40) - count(100, 20), 20U) << "a flow for each rule";
  EXPECT_EQ(count(200, 20) - count(100, 20), count(200, 40) - count(100, 40)) << "whatever the rules";
  EXPECT_EQ(count(200, 20) - count(100, 20), 100U * 13U) << "and its address for each port";
}

TEST(Flows, RefuseAPolicyThatContradictsItself) {
  const auto refusal = [](const ZonePolicy& policy, const PortNumbers& numbers) {
    const auto flows = make_flows(policy, numbers);
    return flows ? "made" : std::string(to_string(flows.error().code));
  };
  PortWiring port;
  port.port = PortId("d/a/w/eth0");
  port.network = NetworkId("n");
  port.mac = *model::Mac::parse("52:54:00:00:00:01");
  const ZonePolicy right{ZoneId("z"), {}, {{NetworkId("n"), 1, {}}}, {port}};
  const PortNumbers numbers = numbers_for(right);
  EXPECT_EQ(refusal(right, numbers), "made");
  EXPECT_EQ(refusal(right, {kTunnel, {}}), "not-found");
  ZonePolicy wrong = right;
  wrong.segments[0].vni = 0;
  EXPECT_EQ(refusal(wrong, numbers), "invalid");
  wrong.segments[0].vni = 1U << 24U;
  EXPECT_EQ(refusal(wrong, numbers), "invalid");
  wrong = right;
  wrong.segments.push_back({NetworkId("m"), 1, {}});
  EXPECT_EQ(refusal(wrong, numbers), "invalid");
  wrong = right;
  wrong.ports[0].network = NetworkId("m");
  EXPECT_EQ(refusal(wrong, numbers), "invalid");
  wrong = right;
  wrong.ports[0].mac = *model::Mac::parse("01:00:5e:00:00:01");
  EXPECT_EQ(refusal(wrong, numbers), "invalid");
}

TEST(Names, FitIntoAnInterfaceName) {
  EXPECT_EQ(tap_name(PortId("civil-affairs/marriage-registration/web-1/eth0")).size(), 13u);
  EXPECT_NE(tap_name(PortId("a/b/c/eth0")), tap_name(PortId("a/b/c/eth1")));
  EXPECT_EQ(bridge_name(ZoneId("intranet-2")), "cw-intranet");
}

TEST(Names, TheLinkLocalAddressOfAMacIsTheOneThatGuestsDerive) {
  EXPECT_EQ(link_local(*model::Mac::parse("52:54:00:0a:0b:0c")).str(), "fe80::5054:ff:fe0a:b0c");
}

TEST(Digests, DifferWhereAPolicyDoes) {
  RandomNetwork random(3);
  ZonePolicy policy = random.policy();
  while (policy.ports.empty()) policy = random.policy();
  ZonePolicy other = policy;
  other.generation = other.generation.next();
  EXPECT_EQ(digest(policy), digest(other));
  other.ports[0].addresses.push_back(*model::IpAddress::parse("10.9.9.9"));
  EXPECT_NE(digest(policy), digest(other));
  other = policy;
  other.segments[0].vni = 77;
  EXPECT_NE(digest(policy), digest(other));
  other = policy;
  other.ports[0].guard = "guard";
  EXPECT_NE(digest(policy), digest(other));
  other = policy;
  other.guards.push_back({"guard", {{"set", model::RuleProtocol::tcp, 80, 80, {}, "application"}}});
  EXPECT_NE(digest(policy), digest(other));
  ZonePolicy reason = other;
  reason.guards[0].rules[0].why = "grant";
  EXPECT_EQ(digest(reason), digest(other)) << "a switch does not care why";
  other = policy;
  other.ports.pop_back();
  EXPECT_NE(digest(policy), digest(other));
}

}  // namespace
}  // namespace causeway::agent
