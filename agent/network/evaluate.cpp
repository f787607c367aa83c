// SPDX-License-Identifier: Apache-2.0
#include "agent/network/evaluate.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "agent/network/dhcp.h"
#include "agent/network/dhcp6.h"
#include "agent/network/evaluate_rules.h"
#include "agent/network/flows.h"
#include "agent/network/gateway.h"

namespace causeway::agent {
namespace {

constexpr std::uint16_t kDhcpServerPort = 67;
constexpr std::uint16_t kDhcpClientPort = 68;
constexpr std::uint16_t kDhcp6ClientPort = 546;
constexpr std::uint16_t kDhcp6ServerPort = 547;
constexpr std::uint16_t kRedirect = 5;
constexpr std::uint16_t kIcmpRouterAdvertisement = 9;
constexpr std::uint8_t kNeighbourHopLimit = 255;
constexpr std::array<std::uint8_t, 3> kBridgeGroup{0x01, 0x80, 0xc2};

bool is_group(const model::Mac& mac) { return (mac.bytes[0] & 1U) != 0; }

bool is_unspecified(const model::IpAddress& address) { return address.bytes == model::IpAddress{}.bytes; }

bool owns(const PortWiring& port, const model::IpAddress& address) {
  return std::ranges::find(port.addresses, address) != port.addresses.end() ||
         (address.v6 && address == link_local(port.mac));
}

bool own_or_left_out(const PortWiring& port, const model::Mac& option) {
  return option == port.mac || option == model::Mac{};
}

std::string refuse_arp(const PortWiring& port, const Packet& packet) {
  if (packet.operation != 1) return "ARP that asks nothing";
  if (packet.sender != port.mac) return "ARP for another's MAC";
  if (!owns(port, packet.from) || packet.from.v6) return "ARP for another's address";
  return "";
}

std::string refuse_solicitation(const PortWiring& port, const Packet& packet) {
  if (packet.to_port != 0 || packet.hop_limit != kNeighbourHopLimit) return "malformed neighbour discovery";
  if (is_unspecified(packet.target)) return "a solicitation for nobody";
  return own_or_left_out(port, packet.sender) ? "" : "a solicitation with another's MAC";
}

// Asks or answers about addresses, which is between a guest and its host.
bool speaks_dhcp(const Packet& packet, std::uint16_t client, std::uint16_t server) {
  return packet.protocol == kUdp && packet.fragment != Fragment::later &&
         (packet.from_port == server || packet.to_port == server || packet.to_port == client);
}

// As its own guest's client does, on a port that has a lease of that family.
bool asks_for_lease(const ZonePolicy& policy, const PortWiring& port, const Packet& packet) {
  const Segment* segment = find_segment(policy, port.network);
  if (segment == nullptr || packet.tagged || packet.source != port.mac || packet.fragment != Fragment::whole)
    return false;
  if (packet.ether_type == kEtherIpv4)
    return packet.protocol == kUdp && packet.from_port == kDhcpClientPort &&
           packet.to_port == kDhcpServerPort && lease_for(port, *segment).has_value();
  if (packet.ether_type != kEtherIpv6 || !lease6_for(port, *segment)) return false;
  const bool own = packet.from == link_local(port.mac);
  if (packet.protocol == kUdp)
    return own && packet.to == all_dhcp6_servers() && packet.from_port == kDhcp6ClientPort &&
           packet.to_port == kDhcp6ServerPort;
  return packet.protocol == kIcmpv6 && packet.from_port == kRouterSolicitation && packet.to_port == 0 &&
         packet.hop_limit == kNeighbourHopLimit && packet.to == all_routers() &&
         (own || is_unspecified(packet.from));
}

bool hides_its_ports(const Packet& packet) {
  return (packet.protocol == kUdp || packet.protocol == kTcp) && packet.fragment != Fragment::later &&
         packet.to_port == 0;
}

std::string refuse_ipv4(const PortWiring& port, const Packet& packet) {
  if (speaks_dhcp(packet, kDhcpClientPort, kDhcpServerPort)) return "DHCP past its host";
  if (hides_its_ports(packet)) return "ports that can't be seen";
  if (packet.protocol == kIgmp) return "a group membership";
  const bool routes = packet.from_port == kRedirect || packet.from_port == kIcmpRouterAdvertisement;
  if (packet.protocol == kIcmp && packet.fragment != Fragment::later && routes) return "ICMP of a router";
  return owns(port, packet.from) ? "" : "another's IPv4 address";
}

std::string refuse_ipv6(const PortWiring& port, const Packet& packet) {
  if (packet.protocol == kUnfinished) return "headers without an end";
  if (speaks_dhcp(packet, kDhcp6ClientPort, kDhcp6ServerPort)) return "DHCPv6 past its host";
  if (hides_its_ports(packet)) return "ports that can't be seen";
  if (!owns(port, packet.from)) return "another's IPv6 address";
  if (packet.protocol != kIcmpv6) return "";
  if (packet.from_port == kNeighbourSolicitation) return refuse_solicitation(port, packet);
  const bool error_or_echo = (packet.from_port >= 1 && packet.from_port <= 4) ||
                             packet.from_port == kEcho6Request || packet.from_port == kEcho6Request + 1;
  return error_or_echo ? "" : "ICMPv6 that is no guest's to send";
}

std::string refuse(const PortWiring& port, const Packet& packet) {
  if (packet.tagged) return "a VLAN tag";
  if (packet.source != port.mac) return "another's MAC";
  if (std::ranges::equal(std::span(packet.destination.bytes).first(3), kBridgeGroup))
    return "a frame for bridges";
  switch (packet.ether_type) {
    case kEtherArp: return refuse_arp(port, packet);
    case kEtherIpv4: return refuse_ipv4(port, packet);
    case kEtherIpv6: return refuse_ipv6(port, packet);
    default: return "an unknown kind of frame";
  }
}

bool is_question(const Packet& packet) {
  return packet.ether_type == kEtherArp || (packet.ether_type == kEtherIpv6 && packet.protocol == kIcmpv6 &&
                                            packet.from_port == kNeighbourSolicitation);
}

bool is_gateway(const Segment& segment, const model::IpAddress& address) {
  return std::ranges::find(segment.gateways, address) != segment.gateways.end() ||
         (!segment.gateways.empty() && address == link_local(kGatewayMac));
}

// The MAC of whoever has the address, in the network; ports of this host first.
std::optional<model::Mac> owner_of(const ZonePolicy& policy, const Segment& segment,
                                   const model::IpAddress& address) {
  if (is_gateway(segment, address)) return kGatewayMac;
  std::set<model::Mac> here;
  std::set<model::Mac> elsewhere;
  for (const PortWiring& port : policy.ports)
    if (port.network == segment.network && owns(port, address)) here.insert(port.mac);
  for (const model::RemotePort& remote : segment.remote)
    if (std::ranges::find(remote.addresses, address) != remote.addresses.end() ||
        address == link_local(remote.mac))
      elsewhere.insert(remote.mac);
  if (!here.empty()) return *here.begin();
  return elsewhere.empty() ? std::nullopt : std::optional(*elsewhere.begin());
}

std::optional<Packet> answer(const ZonePolicy& policy, const Segment& segment, const PortWiring& asker,
                             const Packet& question) {
  const bool arp = question.ether_type == kEtherArp;
  const auto owner = owner_of(policy, segment, arp ? question.to : question.target);
  // Announcing an address of its own asks nobody.
  if (!owner || (arp && *owner == asker.mac)) return std::nullopt;
  Packet said = question;
  said.source = *owner;
  said.destination = question.source;
  said.to = question.from;
  said.from = arp ? question.to : question.target;
  // Who leaves its own MAC out of a question knows the other's, and is not told again.
  if (arp || question.sender != model::Mac{}) said.sender = *owner;
  if (arp)
    said.operation = 2;
  else
    said.from_port = kNeighbourAdvertisement;
  return said;
}

bool is_ip(const Packet& packet) {
  return packet.ether_type == kEtherIpv4 || packet.ether_type == kEtherIpv6;
}

// A guarded port hears only what is said to one of its own addresses: rules speak of no others.
bool hears(const PortWiring& port, const Packet& packet) {
  if (port.guard.empty()) return is_group(packet.destination) || port.mac == packet.destination;
  return port.mac == packet.destination && is_ip(packet) &&
         std::ranges::find(port.addresses, packet.to) != port.addresses.end();
}

// What rules refuse goes nowhere; what they let in for the first time is to be remembered.
void hold_against_rules(const ZonePolicy& policy, const Packet& packet, const Tracked& tracked,
                        Verdict& verdict) {
  if (!is_ip(packet) || is_group(packet.destination) || !has_guards(policy)) return;
  verdict.refused = refuse_by_rules(policy, packet, tracked);
  verdict.begins = verdict.refused.empty() && tracked.state == Tracked::State::begins;
}

// To the ports of the network that are here; never back to where it came from.
std::vector<PortId> receivers(const ZonePolicy& policy, const NetworkId& network, const Packet& packet,
                              const PortId& but) {
  std::vector<PortId> ports;
  for (const PortWiring& port : policy.ports)
    if (port.network == network && port.port != but && hears(port, packet)) ports.push_back(port.port);
  std::ranges::sort(ports);
  return ports;
}

// To whoever of the network has the packet's destination, here or on another host.
void deliver(const ZonePolicy& policy, const Segment& segment, const PortId& from, const Packet& packet,
             Verdict& verdict) {
  verdict.vni = segment.vni;
  verdict.ports = receivers(policy, segment.network, packet, from);
  const bool local = std::ranges::any_of(policy.ports, [&](const PortWiring& other) {
    return other.network == segment.network && other.mac == packet.destination;
  });
  if (local) return;
  std::set<model::IpAddress> hosts;
  for (const model::RemotePort& remote : segment.remote)
    if ((is_group(packet.destination) && remote.guard.empty()) || remote.mac == packet.destination)
      hosts.insert(remote.underlay);
  // On a VLAN it is the switches' to find them. A gateway's packets don't go there.
  if (segment.vlan && packet.source != kGatewayMac) {
    if (!hosts.empty()) verdict.vlan = segment.vlan;
    return;
  }
  // A MAC on two hosts is taken to be on the first of them.
  if (!is_group(packet.destination) && hosts.size() > 1) hosts.erase(std::next(hosts.begin()), hosts.end());
  verdict.hosts.assign(hosts.begin(), hosts.end());
}

bool joined(const ZonePolicy& policy, const NetworkId& a, const NetworkId& b) {
  return a != b && std::ranges::any_of(policy.joints, [&](const Joint& joint) {
           return (joint.a == a && joint.b == b) || (joint.a == b && joint.b == a);
         });
}

bool asks_for_echo(const Packet& packet) {
  if (packet.fragment == Fragment::later || packet.to_port != 0) return false;
  return packet.ether_type == kEtherIpv4 ? packet.protocol == kIcmp && packet.from_port == kEchoRequest
                                         : packet.protocol == kIcmpv6 && packet.from_port == kEcho6Request;
}

// A port that what is outside may speak with at all.
bool is_found_outside(const ZonePolicy& policy, const PortWiring& port) {
  const Segment* segment = find_segment(policy, port.network);
  return policy.way_out && segment != nullptr && segment->way_out && !port.guard.empty();
}

// The MAC that a router is told when it asks who has the address.
std::optional<model::Mac> found_outside(const ZonePolicy& policy, const model::IpAddress& address) {
  std::set<model::Mac> owners;
  for (const PortWiring& port : policy.ports)
    if (is_found_outside(policy, port) && std::ranges::find(port.addresses, address) != port.addresses.end())
      owners.insert(port.mac);
  return owners.empty() ? std::nullopt : std::optional(*owners.begin());
}

// A router's question for an address; the port that has it answers.
void answer_router(const ZonePolicy& policy, const Packet& question, Verdict& verdict) {
  const bool arp = question.ether_type == kEtherArp;
  const bool well_formed = arp ? question.operation == 1
                               : question.to_port == 0 && question.hop_limit == kNeighbourHopLimit &&
                                     !is_unspecified(question.from);
  const auto owner = found_outside(policy, arp ? question.to : question.target);
  if (!well_formed || !owner) {
    verdict.refused = "a question that nobody here has an answer for";
    return;
  }
  Packet said = question;
  said.source = *owner;
  said.destination = question.source;
  said.to = question.from;
  said.from = arp ? question.to : question.target;
  if (arp || question.sender != model::Mac{}) said.sender = *owner;
  if (arp)
    said.operation = 2;
  else
    said.from_port = kNeighbourAdvertisement;
  verdict.answer = said;
}

// What a router sends, in the way out's VLAN.
Verdict judge_from_outside(const ZonePolicy& policy, const Packet& packet, const Tracked& tracked) {
  Verdict verdict;
  const auto refuse_it = [&](const char* why) {
    verdict.refused = why;
    return verdict;
  };
  const auto& routers = policy.way_out->routers;
  if (std::ranges::find(routers, packet.source) == routers.end()) return refuse_it("not of a router");
  if (packet.tagged) return refuse_it("a VLAN tag");
  if (is_question(packet)) {
    answer_router(policy, packet, verdict);
    return verdict;
  }
  if (!is_ip(packet)) return refuse_it("an unknown kind of frame");
  const auto meant = [&](const PortWiring& port) {
    return port.mac == packet.destination && is_found_outside(policy, port);
  };
  const auto port = std::ranges::find_if(policy.ports, meant);
  if (port == policy.ports.end()) return refuse_it("no port here that has a way out has that MAC");
  verdict.vni = find_segment(policy, port->network)->vni;
  if (outside_system(policy, packet.from) == nullptr) return refuse_it("of no system outside");
  PortWiring sender;
  sender.addresses = {packet.from};
  verdict.refused =
      packet.ether_type == kEtherIpv4 ? refuse_ipv4(sender, packet) : refuse_ipv6(sender, packet);
  if (verdict.refused.empty()) hold_against_rules(policy, packet, tracked, verdict);
  if (!verdict.refused.empty()) return verdict;
  verdict.passed_on = packet;
  verdict.passed_on->source = kGatewayMac;
  verdict.ports = receivers(policy, port->network, packet, PortId{});
  return verdict;
}

// A packet for the gateway's MAC: the gateway's own, or one to pass on.
void judge_at_gateway(const ZonePolicy& policy, const Segment& segment, const PortId& from,
                      const Packet& packet, Verdict& verdict) {
  if (asks_for_echo(packet) && is_gateway(segment, packet.to)) {
    Packet echo = packet;
    echo.source = kGatewayMac;
    echo.destination = packet.source;
    echo.from = packet.to;
    echo.to = packet.from;
    echo.from_port = packet.ether_type == kEtherIpv4 ? 0 : kEcho6Request + 1;
    echo.hop_limit = 64;
    verdict.answer = echo;
    return;
  }
  for (const Segment& other : policy.segments) {
    if (!joined(policy, segment.network, other.network)) continue;
    const auto owner = owner_of(policy, other, packet.to);
    if (!owner || *owner == kGatewayMac || packet.to == link_local(*owner)) continue;
    if (packet.hop_limit <= 1) {
      verdict.refused = "its last hop";
      return;
    }
    verdict.passed_on = packet;
    verdict.passed_on->source = kGatewayMac;
    verdict.passed_on->destination = *owner;
    --verdict.passed_on->hop_limit;
    deliver(policy, other, from, *verdict.passed_on, verdict);
    return;
  }
  if (segment.way_out && outside_system(policy, packet.to) != nullptr) {
    if (packet.hop_limit <= 1) {
      verdict.refused = "its last hop";
      return;
    }
    verdict.passed_on = packet;
    verdict.passed_on->destination = policy.way_out->routers.front();
    --verdict.passed_on->hop_limit;
    verdict.out = policy.way_out->vlan;
    return;
  }
  verdict.refused = "no network behind the gateway has that address";
}

}  // namespace

Verdict judge_from_port(const ZonePolicy& policy, const PortId& from, const Packet& packet) {
  return judge_from_port(policy, from, packet, beginning(packet));
}

Verdict judge_from_port(const ZonePolicy& policy, const PortId& from, const Packet& packet,
                        const Tracked& tracked) {
  Verdict verdict;
  const auto port = std::ranges::find(policy.ports, from, &PortWiring::port);
  if (port == policy.ports.end()) {
    verdict.refused = "the port is closed";
    return verdict;
  }
  verdict.asks_host = asks_for_lease(policy, *port, packet);
  if (verdict.asks_host) return verdict;
  verdict.refused = refuse(*port, packet);
  if (!verdict.refused.empty()) return verdict;
  const Segment* segment = find_segment(policy, port->network);
  verdict.vni = segment->vni;
  if (is_question(packet)) {
    verdict.answer = answer(policy, *segment, *port, packet);
    verdict.vlan = segment->vlan;  // from which the VLAN's switches learn where the guest is
    if (is_found_outside(policy, *port) &&
        is_gateway(*segment, packet.ether_type == kEtherArp ? packet.to : packet.target))
      verdict.out = policy.way_out->vlan;
    return verdict;
  }
  hold_against_rules(policy, packet, tracked, verdict);
  if (!verdict.refused.empty()) return verdict;
  const bool has_gateway =
      std::ranges::any_of(policy.segments, [](const Segment& other) { return !other.gateways.empty(); });
  if (packet.destination == kGatewayMac && has_gateway)
    judge_at_gateway(policy, *segment, from, packet, verdict);
  else
    deliver(policy, *segment, from, packet, verdict);
  return verdict;
}

Verdict judge_from_tunnel(const ZonePolicy& policy, std::uint32_t vni, const model::IpAddress& from_host,
                          const Packet& packet, const Tracked& tracked) {
  Verdict verdict;
  verdict.vni = vni;
  const auto segment = std::ranges::find(policy.segments, vni, &Segment::vni);
  // A port of the network itself, or of one whose packets are passed on into it. Into a VLAN only the latter
  // come this way.
  const bool known =
      segment != policy.segments.end() && (!segment->vlan || packet.source == kGatewayMac) &&
      std::ranges::any_of(policy.segments, [&](const Segment& other) {
        return ((other.network == segment->network && !segment->vlan) ||
                joined(policy, other.network, segment->network)) &&
               std::ranges::find(other.remote, from_host, &model::RemotePort::underlay) != other.remote.end();
      });
  if (known)
    hold_against_rules(policy, packet, tracked, verdict);
  else
    verdict.refused = "no port of that network is on that host";
  if (verdict.refused.empty() && packet.destination != kGatewayMac)
    verdict.ports = receivers(policy, segment->network, packet, PortId{});
  return verdict;
}

Verdict judge_from_uplink(const ZonePolicy& policy, int vlan, const Packet& packet, const Tracked& tracked) {
  if (policy.way_out && vlan == policy.way_out->vlan) return judge_from_outside(policy, packet, tracked);
  Verdict verdict;
  const auto segment = std::ranges::find(policy.segments, std::optional(vlan), &Segment::vlan);
  if (segment == policy.segments.end()) {
    verdict.refused = "no network here is that VLAN";
    return verdict;
  }
  verdict.vni = segment->vni;
  // Whoever it says to be sends as a guest of this host would have to, and asks nobody here.
  verdict.refused = "no port of that network on another host has that MAC";
  const bool here = std::ranges::any_of(policy.ports, [&](const PortWiring& port) {
    return port.network == segment->network && port.mac == packet.source;
  });
  for (const model::RemotePort& remote : segment->remote) {
    if (here || remote.mac != packet.source) continue;
    PortWiring sender;
    sender.mac = remote.mac;
    sender.addresses = remote.addresses;
    verdict.refused = refuse(sender, packet);
    if (verdict.refused.empty()) break;
  }
  if (verdict.refused.empty() && is_question(packet)) verdict.refused = "a question out of a VLAN";
  if (verdict.refused.empty()) hold_against_rules(policy, packet, tracked, verdict);
  if (verdict.refused.empty() && packet.destination != kGatewayMac)
    verdict.ports = receivers(policy, segment->network, packet, PortId{});
  return verdict;
}

}  // namespace causeway::agent
