// SPDX-License-Identifier: Apache-2.0
#include "tests/support/random_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "agent/network/dhcp6.h"
#include "agent/network/flows.h"
#include "agent/network/gateway.h"

namespace causeway::agent {

RandomNetwork::Somebody RandomNetwork::make(std::uint32_t number) {
  Somebody who;
  who.mac.bytes = {0x52, 0x54, 0, 0, 0, static_cast<std::uint8_t>(number)};
  if (below(8) != 0) who.addresses.push_back(*model::IpAddress::parse(fmt::format("10.52.0.{}", number)));
  if (below(3) != 0) who.addresses.push_back(*model::IpAddress::parse(fmt::format("fd52::{:x}", number)));
  return who;
}

ZonePolicy RandomNetwork::policy() {
  ZonePolicy policy{ZoneId("extranet"), Generation{below(100)}, {}, {}};
  const std::uint32_t networks = 2 + below(2);
  for (std::uint32_t i = 0; i < networks; ++i)
    policy.segments.push_back({NetworkId(fmt::format("n{}", i)), 100 + i, {}});
  for (Segment& segment : policy.segments) {
    if (below(2) == 0)
      segment.gateways.push_back(*model::IpAddress::parse(fmt::format("10.52.9.{}", segment.vni)));
    if (below(2) == 0)
      segment.gateways.push_back(*model::IpAddress::parse(fmt::format("fd52::9:{}", segment.vni)));
  }
  for (std::uint32_t left = below(5); left > 0; --left)
    policy.joints.push_back(
        {policy.segments[below(networks)].network, policy.segments[below(networks)].network});
  std::uint32_t number = 1;
  for (std::uint32_t left = below(6); left > 0; --left) {
    const Somebody who = make(number);
    PortWiring port;
    port.port = PortId(fmt::format("d/a/w{}/eth0", number));
    port.workload = WorkloadId(fmt::format("d/a/w{}", number++));
    port.zone = policy.zone;
    port.network = policy.segments[below(networks)].network;
    port.mac = who.mac;
    port.addresses = who.addresses;
    if (below(2) == 0) port.bandwidth = MbitPerSecond{1 + below(40'000)};
    if (below(2) == 0)
      for (const model::IpAddress& address : who.addresses)
        port.subnets.push_back(*model::Subnet::parse(address.v6 ? "fd52::/64" : "10.52.0.0/16"));
    policy.ports.push_back(port);
  }
  for (std::uint32_t left = below(5); left > 0; --left) {
    const Somebody who = make(number++);
    policy.segments[below(networks)].remote.push_back(
        {who.mac, who.addresses, *model::IpAddress::parse(fmt::format("10.98.0.{}", 2 + below(2)))});
  }
  return policy;
}

model::AddressSet RandomNetwork::address_set(const ZonePolicy& policy, std::uint32_t number) {
  model::AddressSet set{fmt::format("set{}", number), {}};
  for (std::uint32_t left = below(4); left > 0; --left)
    for (const model::IpAddress& one : anybody(policy).addresses) set.members.push_back({one, one.bits()});
  static const std::array<const char*, 6> kPrefixes{"10.52.0.0/30", "10.52.0.4/31", "0.0.0.0/0",
                                                    "fd52::/126",   "::/0",         "fe80::/10"};
  if (below(3) == 0) set.members.push_back(model::Subnet::parse(kPrefixes[below(6)]).value());
  if (!policy.way_out) return set;
  for (const char* prefix : {"203.0.113.0/25", "2001:db8:5::/48", "10.52.0.0/16", "fd52::/64"})
    if (below(2) == 0) set.members.push_back(model::Subnet::parse(prefix).value());
  return set;
}

model::Rule RandomNetwork::rule() {
  using enum model::RuleProtocol;
  static const std::array<std::pair<std::uint16_t, std::uint16_t>, 5> kPorts{
      {{80, 80}, {81, 81}, {0, 65535}, {79, 80}, {81, 9000}}};
  model::Rule rule;
  rule.from = fmt::format("set{}", below(4));  // the last of them is described nowhere
  rule.protocol = std::array{any, tcp, tcp, udp, udp, icmp, icmp6}[below(7)];
  if (rule.protocol == tcp || rule.protocol == udp)
    std::tie(rule.first_port, rule.last_port) = kPorts[below(5)];
  if (rule.protocol == icmp && below(3) != 0) rule.icmp_type = below(2) == 0 ? kEchoRequest : kTimestamp;
  if (rule.protocol == icmp6 && below(2) == 0) rule.icmp_type = kEcho6Request;
  return rule;
}

void RandomNetwork::guard(ZonePolicy& policy) {
  for (std::uint32_t i = 0; i < 3; ++i) policy.address_sets.push_back(address_set(policy, i));
  for (std::uint32_t i = 0; i < 3; ++i) {
    model::Guard& guard = policy.guards.emplace_back();
    guard.id = fmt::format("guard{}", i);
    for (std::uint32_t left = below(5); left > 0; --left) guard.rules.push_back(rule());
    // What goes out or comes in is rare enough without most of it being refused.
    if (policy.way_out && below(2) == 0) guard.rules.emplace_back().from = "set0";
  }
  const auto put = [&](auto& port) {
    if (const std::uint32_t number = below(5); number < 4) port.guard = fmt::format("guard{}", number);
  };
  std::ranges::for_each(policy.ports, put);
  for (Segment& segment : policy.segments) std::ranges::for_each(segment.remote, put);
}

void RandomNetwork::tag(ZonePolicy& policy) {
  for (Segment& segment : policy.segments)
    if (below(2) == 0) segment.vlan = static_cast<int>(200 + segment.vni);
}

void RandomNetwork::lead_out(ZonePolicy& policy) {
  model::WayOut& way = policy.way_out.emplace();
  way.zone = policy.zone;
  way.vlan = 900;
  way.routers = {{{0, 0, 0x5e, 0, 1, 10}}, {{0x52, 0x54, 0, 7, 7, 7}}};
  const auto prefix = [](const char* text) { return model::Subnet::parse(text).value(); };
  way.systems = {{fmt::format("guard{}", below(3)), {prefix("203.0.113.0/24"), prefix("2001:db8:5::/48")}},
                 {fmt::format("guard{}", below(4)), {prefix("198.51.100.64/26")}}};
  for (Segment& segment : policy.segments) segment.way_out = below(4) != 0;
}

model::IpAddress RandomNetwork::outside(bool v6) {
  static const std::array<const char*, 4> kV4{"203.0.113.7", "203.0.113.200", "198.51.100.65",
                                              "198.51.100.1"};
  static const std::array<const char*, 2> kV6{"2001:db8:5::7", "2001:db8:6::7"};
  return *model::IpAddress::parse(v6 ? kV6[below(8) == 0 ? 1 : 0] : kV4[below(4)]);
}

Packet RandomNetwork::from_router(const ZonePolicy& policy) {
  const auto& routers = policy.way_out->routers;
  PortWiring router;
  router.mac = routers[below(static_cast<std::uint32_t>(routers.size()))];
  router.addresses = {outside(false), outside(true)};
  Packet said = packet(policy, router);
  if (policy.ports.empty() || below(4) == 0) return said;
  const auto& port = policy.ports[below(static_cast<std::uint32_t>(policy.ports.size()))];
  if (said.destination != model::Mac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}) said.destination = port.mac;
  const bool v6 = said.ether_type == kEtherIpv6;
  said.to = address({port.mac, port.addresses}, v6);
  if (v6 && said.protocol == kIcmpv6 && said.from_port == kNeighbourSolicitation) said.target = said.to;
  return said;
}

std::optional<std::pair<int, Packet>> RandomNetwork::out_of_uplink(const ZonePolicy& policy) {
  std::vector<std::pair<const Segment*, const model::RemotePort*>> senders;
  for (const Segment& segment : policy.segments)
    for (const model::RemotePort& remote : segment.remote)
      if (segment.vlan) senders.emplace_back(&segment, &remote);
  if (senders.empty()) return std::nullopt;
  const auto [segment, remote] = senders[below(static_cast<std::uint32_t>(senders.size()))];
  PortWiring sender;
  sender.mac = remote->mac;
  sender.addresses = remote->addresses;
  Packet said = packet(policy, sender);
  for (const PortWiring& port : policy.ports) {
    if (port.network != segment->network || below(2) == 0) continue;
    said.destination = port.mac;
    if (said.ether_type == kEtherIpv4 || said.ether_type == kEtherIpv6)
      said.to = address({port.mac, port.addresses}, said.ether_type == kEtherIpv6);
    break;
  }
  return std::pair(below(8) == 0 ? 299 + static_cast<int>(below(5)) : *segment->vlan, said);
}

Tracked RandomNetwork::tracked(const ZonePolicy& policy, const Packet& packet) {
  const bool v6 = packet.from.v6;
  const Connection own{packet.from, packet.to, packet.protocol, packet.from_port, packet.to_port};
  switch (below(6)) {
    case 0: return {};
    case 1: return {Tracked::State::known, false, own};
    case 2:
      return {Tracked::State::known, true, {own.to, own.from, own.protocol, own.to_port, own.from_port}};
    case 3: {
      const auto port = static_cast<std::uint16_t>(79 + below(4));
      const std::uint8_t protocol = below(2) == 0 ? kTcp : kUdp;
      return {Tracked::State::concerns,
              below(2) == 0,
              {address(anybody(policy), v6), address(anybody(policy), v6), protocol, 4000, port}};
    }
    default: return beginning(packet);
  }
}

RandomNetwork::Somebody RandomNetwork::anybody(const ZonePolicy& policy) {
  std::vector<Somebody> everybody{
      {model::Mac{{0x52, 0x54, 0, 0, 0, 0xfe}}, {*model::IpAddress::parse("10.52.0.254")}}};
  for (const PortWiring& port : policy.ports) everybody.push_back({port.mac, port.addresses});
  for (const Segment& segment : policy.segments)
    for (const model::RemotePort& remote : segment.remote)
      everybody.push_back({remote.mac, remote.addresses});
  return everybody[below(static_cast<std::uint32_t>(everybody.size()))];
}

model::IpAddress RandomNetwork::address(const Somebody& who, bool v6) {
  if (v6 && below(4) == 0) return link_local(who.mac);
  const auto found = std::ranges::find(who.addresses, v6, &model::IpAddress::v6);
  if (found != who.addresses.end()) return *found;
  return v6 ? link_local(who.mac) : *model::IpAddress::parse("10.52.0.99");
}

// Into fragments: the first, or another one.
void RandomNetwork::cut(Packet& packet) {
  packet.fragment = below(2) == 0 ? Fragment::first : Fragment::later;
  if (packet.fragment != Fragment::later) return;
  packet.from_port = packet.to_port = 0;
  if (packet.from.v6) packet.protocol = kFragmentHeader;
}

// By way of the gateway, or with an echo for it.
void RandomNetwork::address_gateway(const ZonePolicy& policy, Packet& packet) {
  packet.destination = kGatewayMac;
  if (policy.way_out && below(2) == 0) {
    packet.to = outside(packet.from.v6);
    return;
  }
  const auto& gateways = policy.segments[below(static_cast<std::uint32_t>(policy.segments.size()))].gateways;
  const auto gateway = std::ranges::find(gateways, packet.from.v6, &model::IpAddress::v6);
  if (gateway == gateways.end() || below(2) == 0) return;
  hide(packet, packet.from.v6 ? kIcmpv6 : kIcmp);
  packet.fragment = Fragment::whole;
  packet.from_port = packet.from.v6 ? kEcho6Request : kEchoRequest;
  packet.to = *gateway;
}

// Another protocol, and nothing to be seen of it.
void RandomNetwork::hide(Packet& packet, std::uint8_t protocol) {
  packet.protocol = protocol;
  packet.from_port = packet.to_port = 0;
  packet.target = model::IpAddress{};
  packet.sender = {};
}

// About its own addresses: a router solicitation, or by DHCPv6.
Packet RandomNetwork::question(const PortWiring& from) {
  Packet packet;
  packet.source = from.mac;
  packet.destination = {{0x33, 0x33, 0, 0, 0, 2}};
  packet.ether_type = kEtherIpv6;
  packet.from = below(4) == 0 ? model::IpAddress{true, {}} : link_local(from.mac);
  const bool solicits = below(2) == 0;
  packet.to = solicits ? all_routers() : all_dhcp6_servers();
  packet.protocol = solicits ? kIcmpv6 : kUdp;
  packet.hop_limit = below(4) == 0 ? 64 : 255;
  packet.from_port = solicits ? kRouterSolicitation : 546;
  packet.to_port = solicits ? 0 : 547;
  if (below(6) == 0) packet.to = link_local(from.mac);
  return packet;
}

Packet RandomNetwork::packet(const ZonePolicy& policy, const PortWiring& from) {
  if (below(10) == 0) return question(from);
  const Somebody sender{from.mac, from.addresses};
  const Somebody receiver = anybody(policy);
  const Somebody stranger = anybody(policy);
  Packet packet;
  packet.source = from.mac;
  packet.destination = receiver.mac;
  const auto to_all = [&] { packet.destination.bytes.fill(0xff); };
  const auto fill = [&](bool v6) {
    packet.ether_type = v6 ? kEtherIpv6 : kEtherIpv4;
    packet.from = address(sender, v6);
    packet.to = address(receiver, v6);
  };
  switch (below(6)) {
    case 0:
      fill(false);
      packet.ether_type = kEtherArp;
      packet.operation = static_cast<std::uint16_t>(1 + below(2));
      packet.sender = from.mac;
      if (packet.operation == 1) to_all();
      if (below(4) == 0) packet.from = *model::IpAddress::parse("0.0.0.0");
      break;
    case 1:
    case 2: {
      fill(true);
      packet.protocol = kIcmpv6;
      packet.hop_limit = 255;
      packet.from_port =
          static_cast<std::uint16_t>(below(2) == 0 ? kNeighbourSolicitation : kNeighbourAdvertisement);
      packet.target = packet.from_port == kNeighbourSolicitation ? packet.to : packet.from;
      if (below(3) != 0) packet.sender = from.mac;
      if (packet.from_port == kNeighbourSolicitation && below(3) == 0) {
        packet.target = packet.from;
        packet.from = *model::IpAddress::parse("::");
        packet.sender = {};
      }
      break;
    }
    case 3:
      fill(below(3) != 0);
      packet.protocol = packet.from.v6 ? kIcmpv6 : kIcmp;
      packet.from_port = static_cast<std::uint16_t>(below(2) == 0    ? below(16)
                                                    : packet.from.v6 ? 128 + below(16)
                                                                     : 8);
      break;
    default:
      fill(below(2) == 0);
      packet.protocol = below(2) == 0 ? kUdp : kTcp;
      packet.from_port =
          static_cast<std::uint16_t>(below(6) == 0 ? (below(2) == 0 ? 67 : 547) : 4000 + below(4));
      packet.to_port = static_cast<std::uint16_t>(80 + below(2));
      if (below(6) == 0) packet.to_port = std::array<std::uint16_t, 5>{0, 67, 68, 546, 547}[below(5)];
      if (packet.to_port == 67 && below(2) == 0) packet.from_port = 68;
      if (below(4) == 0) cut(packet);
      break;
  }
  if (below(policy.way_out ? 2 : 3) == 0 &&
      (packet.ether_type == kEtherIpv4 || packet.ether_type == kEtherIpv6))
    address_gateway(policy, packet);
  if (policy.way_out && below(6) == 0) {
    const auto& gateways =
        policy.segments[below(static_cast<std::uint32_t>(policy.segments.size()))].gateways;
    for (const model::IpAddress& gateway : gateways) {
      if (packet.ether_type == kEtherArp && !gateway.v6) packet.to = gateway;
      if (packet.from_port == kNeighbourSolicitation && packet.ether_type == kEtherIpv6 && gateway.v6)
        packet.target = gateway;
    }
  }
  switch (below(18)) {
    case 0: packet.source = stranger.mac; break;
    case 1: packet.from = address(stranger, packet.from.v6); break;
    case 2: packet.sender = stranger.mac; break;
    case 3:
      if (packet.target.v6) packet.target = address(stranger, true);
      break;
    case 4: packet.tagged = true; break;
    case 5: packet.hop_limit = 64; break;
    case 12: packet.hop_limit = 1; break;
    case 6: packet.operation = 3; break;
    case 7: to_all(); break;
    case 8: packet.ether_type = 0x88b5; break;
    case 9: packet.destination.bytes = {0x01, 0x80, 0xc2, 0, 0, static_cast<std::uint8_t>(below(32))}; break;
    case 10:
      if (packet.ether_type == kEtherIpv6 && packet.fragment == Fragment::whole) hide(packet, kUnfinished);
      break;
    case 11:
      if (packet.ether_type == kEtherIpv4 && packet.fragment == Fragment::whole) {
        hide(packet, below(2) == 0 ? kIgmp : kIcmp);
        packet.from_port = packet.protocol == kIcmp ? static_cast<std::uint16_t>(below(12)) : 0;
      }
      break;
    default: break;
  }
  return packet;
}

}  // namespace causeway::agent
