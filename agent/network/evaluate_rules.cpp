// SPDX-License-Identifier: Apache-2.0
#include "agent/network/evaluate_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace causeway::agent {
namespace {

bool within(const ZonePolicy& policy, const std::string& set, const model::IpAddress& address) {
  for (const model::AddressSet& one : policy.address_sets)
    if (one.id == set && std::ranges::any_of(one.members, [&](const model::Subnet& subnet) {
          return subnet.contains(address);
        }))
      return true;
  return false;
}

bool speaks_of(const model::Rule& rule, const Connection& connection) {
  const auto ports = [&](std::uint8_t protocol) {
    return connection.protocol == protocol && rule.first_port <= connection.to_port &&
           connection.to_port <= rule.last_port;
  };
  const auto type = [&](bool v6, std::uint8_t protocol) {
    return connection.to.v6 == v6 && connection.protocol == protocol &&
           (!rule.icmp_type || *rule.icmp_type == connection.from_port);
  };
  switch (rule.protocol) {
    case model::RuleProtocol::any: return true;
    case model::RuleProtocol::tcp: return ports(kTcp);
    case model::RuleProtocol::udp: return ports(kUdp);
    case model::RuleProtocol::icmp: return type(false, kIcmp);
    case model::RuleProtocol::icmp6: return type(true, kIcmpv6);
  }
  return false;
}

// Whose rules hold for what goes to the address or comes from it. This host's own ports know best; where
// several have the address, the first name that is one.
std::string guard_of(const ZonePolicy& policy, const model::IpAddress& address) {
  const auto has = [&](const auto& port) {
    return std::ranges::find(port.addresses, address) != port.addresses.end();
  };
  std::vector<std::string> names;
  for (const PortWiring& port : policy.ports)
    if (has(port)) names.push_back(port.guard);
  if (names.empty())
    for (const Segment& segment : policy.segments)
      for (const model::RemotePort& port : segment.remote)
        if (has(port)) names.push_back(port.guard);
  std::erase(names, "");
  if (!names.empty()) return *std::ranges::min_element(names);
  const auto* outside = outside_system(policy, address);
  return outside == nullptr ? "" : outside->guard;
}

}  // namespace

std::optional<std::string> let_in_by(const ZonePolicy& policy, const std::string& guard,
                                     const Connection& connection) {
  for (const model::Guard& one : policy.guards) {
    if (one.id != guard) continue;
    for (const model::Rule& rule : one.rules)
      if (speaks_of(rule, connection) && within(policy, rule.from, connection.from)) return rule.why;
  }
  return std::nullopt;
}

bool lets_in(const ZonePolicy& policy, const std::string& guard, const Connection& connection) {
  return let_in_by(policy, guard, connection).has_value();
}

std::string refuse_by_rules(const ZonePolicy& policy, const Packet& packet, const Tracked& tracked) {
  const std::string guard = guard_of(policy, tracked.answers ? packet.from : packet.to);
  if (guard.empty()) return "";
  if (tracked.state == Tracked::State::nothing) return "part of no connection";
  if (lets_in(policy, guard, tracked.connection)) return "";
  return fmt::format("no rule of '{}' lets it in", guard);
}

const model::OutsideSystem* outside_system(const ZonePolicy& policy, const model::IpAddress& address) {
  if (!policy.way_out) return nullptr;
  for (const model::OutsideSystem& system : policy.way_out->systems)
    if (std::ranges::any_of(system.prefixes,
                            [&](const model::Subnet& prefix) { return prefix.contains(address); }))
      return &system;
  return nullptr;
}

bool has_guards(const ZonePolicy& policy) {
  if (policy.way_out) return true;
  for (const PortWiring& port : policy.ports)
    if (!port.guard.empty()) return true;
  for (const Segment& segment : policy.segments)
    for (const model::RemotePort& port : segment.remote)
      if (!port.guard.empty()) return true;
  return false;
}

}  // namespace causeway::agent
