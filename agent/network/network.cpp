// SPDX-License-Identifier: Apache-2.0
#include "agent/network/network.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/network/stable_hash.h"

namespace causeway::agent {
namespace {

void describe_rules(const ZonePolicy& policy, std::vector<std::string>& lines) {
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
}

// Spreads each bit over all others, so that sums of such numbers don't meet (the finalizer of splitmix64).
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ value >> 30U) * 0xbf58476d1ce4e5b9U;
  value = (value ^ value >> 27U) * 0x94d049bb133111ebU;
  return value ^ value >> 31U;
}

}  // namespace

std::string tap_name(const PortId& port) {
  return fmt::format("cw{:011x}", stable_hash(port.str()) & 0xfff'ffff'ffffU);
}

std::string bridge_name(const ZoneId& zone) { return "cw-" + zone.str().substr(0, 8); }

const Segment* find_segment(const ZonePolicy& policy, const NetworkId& network) {
  const auto found = std::ranges::find(policy.segments, network, &Segment::network);
  return found == policy.segments.end() ? nullptr : &*found;
}

PolicyDigest digest(const ZonePolicy& policy) {
  // Every line is a statement about the bridge that stands alone, so that their order says nothing.
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
  describe_rules(policy, lines);
  std::uint64_t value = stable_hash(policy.zone.str());
  for (const std::string& line : lines) value += mixed(stable_hash(line));
  return PolicyDigest{value};
}

}  // namespace causeway::agent
