// SPDX-License-Identifier: Apache-2.0
// A policy's digest stands on running switches, so it is the same in every release: it is held against a
// plain form of it, in which each statement is a line of text.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "agent/network/network.h"
#include "agent/network/stable_hash.h"
#include "tests/support/random_network.h"

namespace causeway::agent {
namespace {

std::vector<std::string> statements(const ZonePolicy& policy) {
  std::vector<std::string> lines;
  for (const Segment& segment : policy.segments) {
    lines.push_back(fmt::format("segment {} {}", segment.network, segment.vni));
    for (const model::IpAddress& gateway : segment.gateways)
      lines.push_back(fmt::format("segment {} gateway {}", segment.network, gateway.str()));
    for (const model::RemotePort& remote : segment.remote) {
      lines.push_back(fmt::format("remote {} {} {} {}", segment.network, remote.mac.str(),
                                  remote.underlay.str(), remote.guard));
      for (const model::IpAddress& address : remote.addresses)
        lines.push_back(fmt::format("remote {} {} has {}", segment.network, remote.mac.str(), address.str()));
    }
  }
  for (const PortWiring& port : policy.ports) {
    lines.push_back(fmt::format("port {} {} {} {}", port.port, port.network, port.mac.str(), port.guard));
    lines.push_back(fmt::format("port {} mtu {}", port.port, port.mtu));
    lines.push_back(fmt::format("port {} bandwidth {}", port.port, port.bandwidth.value));
    for (const model::Subnet& subnet : port.subnets)
      lines.push_back(fmt::format("port {} in {}", port.port, subnet.str()));
    for (const model::IpAddress& address : port.addresses)
      lines.push_back(fmt::format("port {} has {}", port.port, address.str()));
  }
  for (const Joint& joint : policy.joints)
    lines.push_back(fmt::format("joint {} {}", std::min(joint.a, joint.b), std::max(joint.a, joint.b)));
  for (const model::Guard& guard : policy.guards) {
    lines.push_back(fmt::format("guard {}", guard.id));
    for (const model::Rule& rule : guard.rules)
      lines.push_back(fmt::format("guard {} {} from {} ports {}-{} type {}", guard.id,
                                  static_cast<int>(rule.protocol), rule.from, rule.first_port, rule.last_port,
                                  rule.icmp_type ? static_cast<int>(*rule.icmp_type) : -1));
  }
  for (const model::AddressSet& set : policy.address_sets)
    for (const model::Subnet& member : set.members)
      lines.push_back(fmt::format("set {} has {}", set.id, member.str()));
  return lines;
}

PolicyDigest plain_digest(const ZonePolicy& policy) {
  std::uint64_t sum = stable_hash(policy.zone.str());
  for (const auto& line : statements(policy)) {
    std::uint64_t value = stable_hash(line);
    value = (value ^ value >> 30U) * 0xbf58476d1ce4e5b9U;
    value = (value ^ value >> 27U) * 0x94d049bb133111ebU;
    sum += value ^ value >> 31U;
  }
  return PolicyDigest{sum};
}

TEST(PolicyDigestLaw, IsTheSumOfItsStatementsAsLinesOfText) {
  EXPECT_TRUE(rc::check("the digest is the plain one's", [](std::uint64_t seed) {
    RandomNetwork random(seed);
    ZonePolicy policy = random.policy();
    random.guard(policy);
    RC_ASSERT((digest(policy) == plain_digest(policy)));
  }));
}

TEST(PolicyDigestLaw, OfOneKnownPolicyIsTheNumberThatItAlwaysWas) {
  ZonePolicy policy;
  policy.zone = ZoneId("extranet");
  policy.segments.push_back({.network = NetworkId("web"), .vni = 4096});
  EXPECT_EQ(plain_digest(policy), digest(policy));
  EXPECT_EQ(digest(policy).value, 0xf8fa13f6d2044092U);
}

}  // namespace
}  // namespace causeway::agent
