// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "agent/network/flow_rules.h"
#include "agent/network/flows.h"
#include "agent/network/meters.h"
#include "tests/support/random_network.h"

namespace causeway::agent {
namespace {

// Ports of one network, each with as many rules, of which every one names one of the sets.
struct Size {
  std::uint32_t ports = 0;
  std::uint32_t rules = 0;
  std::uint32_t sets = 0;
  std::uint32_t members = 0;  // of each set
};

PortNumbers numbers_of(const ZonePolicy& policy) {
  PortNumbers numbers{1, {}};
  for (const PortWiring& port : policy.ports)
    numbers.ports[port.port] = static_cast<std::uint32_t>(100 + numbers.ports.size());
  return numbers;
}

ZonePolicy sized(const Size& size) {
  ZonePolicy policy{ZoneId("extranet"), Generation{1}, {{NetworkId("n"), 100, {}}}, {}};
  for (std::uint32_t i = 0; i < size.ports; ++i) {
    PortWiring port;
    port.port = PortId(fmt::format("d/a/w{}/eth0", i));
    port.network = NetworkId("n");
    port.mac = {{0x52, 0x54, 0, 0, static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i & 0xffU)}};
    port.addresses = {*model::IpAddress::parse(fmt::format("10.52.{}.{}", i / 256, i % 256))};
    port.guard = fmt::format("guard{}", i);
    model::Guard guard{port.guard, {}};
    for (std::uint32_t rule = 0; rule < size.rules; ++rule) {
      const auto service = static_cast<std::uint16_t>(1000 + rule);
      guard.rules.push_back(
          {fmt::format("set{}", rule % size.sets), model::RuleProtocol::tcp, service, service});
    }
    policy.guards.push_back(guard);
    policy.ports.push_back(port);
  }
  for (std::uint32_t i = 0; i < size.sets; ++i) {
    model::AddressSet set{fmt::format("set{}", i), {}};
    for (std::uint32_t member = 0; member < size.members; ++member)
      set.members.push_back(*model::Subnet::parse(fmt::format("10.{}.{}.0/24", 60 + i, member)));
    policy.address_sets.push_back(set);
  }
  return policy;
}

std::size_t flows_of(const Size& size) {
  const ZonePolicy policy = sized(size);
  return make_flows(policy, numbers_of(policy)).value().size();
}

TEST(RuleFlows, AreAsManyAsPortsPlusRulesPlusMembersAndNeverTheirProduct) {
  const Size some{20, 5, 4, 10};
  const std::size_t base = flows_of(some);
  const auto more = [&](Size size) { return flows_of(size) - base; };
  // Each port brings the same number of flows, whatever the number of rules, sets and members.
  const std::size_t a_port = more({21, 5, 4, 10}) - 5;
  EXPECT_EQ(more({120, 5, 4, 10}), 100 * (a_port + 5));
  EXPECT_EQ(flows_of({21, 20, 4, 60}) - flows_of({20, 20, 4, 60}), a_port + 20);
  // A rule is a flow, whatever the size of the set that it names; a member is one, whoever names its set.
  EXPECT_EQ(more({20, 25, 4, 10}), 20 * 20);
  EXPECT_EQ(more({20, 5, 4, 60}), 4 * 50);
  EXPECT_EQ(flows_of({500, 20, 4, 60}) - flows_of({500, 20, 4, 10}), 4 * 50);
}

TEST(RuleFlows, ARuleChangeIsOneFlowForAnother) {
  const ZonePolicy before = sized({50, 20, 4, 10});
  ZonePolicy after = before;
  after.guards[7].rules[3].first_port = after.guards[7].rules[3].last_port = 8443;
  const auto change = rule_change(before, after);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->gone.size(), 1u);
  EXPECT_EQ(change->come.size(), 1u);
}

TEST(RuleFlows, AChangeOfAnythingElseIsNoRuleChange) {
  const ZonePolicy before = sized({5, 2, 2, 2});
  ZonePolicy after = before;
  after.ports[0].guard = "guard1";
  EXPECT_FALSE(rule_change(before, after));
  after = before;
  after.segments[0].gateways.push_back(*model::IpAddress::parse("10.52.9.9"));
  EXPECT_FALSE(rule_change(before, after));
}

// Guards and sets of one policy on another's ports and networks.
RC_GTEST_PROP(RuleFlows, ARuleChangeLeadsWhereAllFlowsAnewWouldLead, (std::uint64_t seed)) {
  RandomNetwork random(seed);
  ZonePolicy before = random.policy();
  random.guard(before);
  ZonePolicy after = before;
  ZonePolicy other = before;
  other.guards.clear();
  other.address_sets.clear();
  random.guard(other);
  for (std::size_t i = 0; i < after.guards.size(); ++i)
    if (random.below(2) == 0) after.guards[i] = other.guards[i];
  if (random.below(2) == 0) after.address_sets = other.address_sets;
  if (random.below(4) == 0) after.guards.pop_back();
  const auto change = rule_change(before, after);
  RC_PRE(change.has_value());
  auto flows = make_flows(before, numbers_of(before)).value();
  for (const Flow& gone : change->gone) RC_ASSERT(std::erase(flows, gone) == 1u);
  flows.insert(flows.end(), change->come.begin(), change->come.end());
  std::ranges::sort(flows);
  RC_ASSERT(flows == make_flows(after, numbers_of(after)).value());
}

}  // namespace
}  // namespace causeway::agent
