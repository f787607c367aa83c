// SPDX-License-Identifier: Apache-2.0
#include "agent/network/gateway.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace causeway::agent {
namespace {

// What comes from a port: a packet out of the tunnel was passed on where it was sent.
constexpr auto kFromPort = "reg1=0";

struct Owner {
  model::Mac mac;
  std::uint32_t vni = 0;
};

// Who has which address, in the networks that are joined with any. A port of this host counts before one
// elsewhere.
std::map<model::IpAddress, Owner> owners(const ZonePolicy& policy) {
  std::map<model::IpAddress, Owner> here;
  std::map<model::IpAddress, Owner> elsewhere;
  const auto claim = [](auto& into, const auto& port, std::uint32_t vni) {
    for (const model::IpAddress& address : port.addresses) {
      const auto [held, added] = into.emplace(address, Owner{port.mac, vni});
      if (!added && std::pair(vni, port.mac) < std::pair(held->second.vni, held->second.mac))
        held->second = {port.mac, vni};
    }
  };
  for (const Segment& segment : policy.segments) {
    if (joined_with(policy, segment).empty()) continue;
    for (const PortWiring& port : policy.ports)
      if (port.network == segment.network) claim(here, port, segment.vni);
    for (const model::RemotePort& port : segment.remote) claim(elsewhere, port, segment.vni);
  }
  here.merge(elsewhere);
  return here;
}

std::string answer_echo(const model::IpAddress& gateway) {
  const bool v6 = gateway.v6;
  return fmt::format(
      "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:{}->eth_src,{},set_field:{}->{},set_field:{}->{},"
      "set_field:64->nw_ttl,in_port",
      kGatewayMac.str(),
      v6 ? "move:NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[]" : "move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]",
      gateway.str(), v6 ? "ipv6_src" : "ip_src", v6 ? 129 : 0, v6 ? "icmpv6_type" : "icmp_type");
}

}  // namespace

bool has_gateway(const ZonePolicy& policy) {
  return std::ranges::any_of(policy.segments, [](const Segment& s) { return !s.gateways.empty(); });
}

std::vector<model::IpAddress> gateway_addresses(const Segment& segment) {
  auto addresses = segment.gateways;
  if (!addresses.empty()) addresses.push_back(link_local(kGatewayMac));
  return addresses;
}

std::set<std::uint32_t> joined_with(const ZonePolicy& policy, const Segment& segment) {
  std::set<std::uint32_t> vnis;
  for (const Joint& joint : policy.joints) {
    if (joint.a != segment.network && joint.b != segment.network) continue;
    const Segment* other = find_segment(policy, joint.a == segment.network ? joint.b : joint.a);
    if (other != nullptr && other->vni != segment.vni) vnis.insert(other->vni);
  }
  return vnis;
}

std::set<model::IpAddress> sending_hosts(const ZonePolicy& policy, const Segment& segment) {
  const auto joined = joined_with(policy, segment);
  std::set<model::IpAddress> hosts;
  for (const Segment& other : policy.segments)
    if ((other.vni == segment.vni && !segment.vlan) || joined.contains(other.vni))
      for (const model::RemotePort& port : other.remote) hosts.insert(port.underlay);
  return hosts;
}

void add_gateway_flows(const ZonePolicy& policy, std::uint8_t next, std::vector<Flow>& flows) {
  if (!has_gateway(policy)) return;
  const auto add = [&](std::uint8_t table, std::uint16_t priority, std::string match, std::string actions) {
    flows.push_back({table, priority, std::move(match), std::move(actions)});
  };
  const std::string for_gateway = fmt::format("{},dl_dst={}", kFromPort, kGatewayMac.str());
  add(kGateway, 0, "", fmt::format("goto_table:{}", next));
  add(kGateway, 10, fmt::format("dl_dst={}", kGatewayMac.str()), "drop");
  for (const char* family : {"ip", "ipv6"})
    add(kGateway, 50, fmt::format("{},{}", for_gateway, family),
        fmt::format("dec_ttl,goto_table:{}", kOwner));
  for (const Segment& segment : policy.segments) {
    for (const model::IpAddress& address : gateway_addresses(segment)) {
      const auto* echo =
          address.v6 ? "icmp6,icmp_type=128,icmp_code=0,ipv6_dst" : "icmp,icmp_type=8,icmp_code=0,nw_dst";
      add(kGateway, 100, fmt::format("reg0={},{},{}={}", segment.vni, for_gateway, echo, address.str()),
          answer_echo(address));
    }
    for (const std::uint32_t vni : joined_with(policy, segment))
      add(kJoined, 100, fmt::format("reg0={},reg5={}", segment.vni, vni),
          fmt::format("set_field:{}->reg0,goto_table:{}", vni, next));
  }
  for (const auto& [address, owner] : owners(policy))
    add(kOwner, 100, fmt::format("{}={}", address.v6 ? "ipv6,ipv6_dst" : "ip,nw_dst", address.str()),
        fmt::format("set_field:{}->eth_src,set_field:{}->eth_dst,set_field:{}->reg5,goto_table:{}",
                    kGatewayMac.str(), owner.mac.str(), owner.vni, kJoined));
}

}  // namespace causeway::agent
