// SPDX-License-Identifier: Apache-2.0
#include "agent/network/evaluate.h"

#include <algorithm>
#include <set>

#include "agent/network/flows.h"

namespace causeway::agent {
namespace {

constexpr std::uint16_t kDhcpServerPort = 67;
constexpr std::uint16_t kDhcp6ServerPort = 547;
constexpr std::uint8_t kNeighbourHopLimit = 255;

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
  if (packet.operation != 1 && packet.operation != 2) return "ARP that neither asks nor answers";
  if (packet.sender != port.mac) return "ARP for another's MAC";
  const bool probe = packet.operation == 1 && is_unspecified(packet.from) && owns(port, packet.to);
  if (!probe && !owns(port, packet.from)) return "ARP for another's address";
  return "";
}

std::string refuse_neighbour_discovery(const PortWiring& port, const Packet& packet) {
  if (packet.to_port != 0 || packet.hop_limit != kNeighbourHopLimit) return "malformed neighbour discovery";
  if (packet.from_port == kNeighbourSolicitation) {
    if (is_unspecified(packet.target)) return "a solicitation for nobody";
    if (is_unspecified(packet.from))
      return owns(port, packet.target) && packet.sender == model::Mac{} ? ""
                                                                        : "a probe for another's address";
    return own_or_left_out(port, packet.sender) ? "" : "a solicitation with another's MAC";
  }
  if (!owns(port, packet.target)) return "an advertisement for another's address";
  return own_or_left_out(port, packet.sender) ? "" : "an advertisement with another's MAC";
}

std::string refuse_ipv6(const PortWiring& port, const Packet& packet) {
  if (packet.protocol == kUdp && packet.from_port == kDhcp6ServerPort) return "a guest's DHCPv6 server";
  const bool solicitation = packet.protocol == kIcmpv6 && packet.from_port == kNeighbourSolicitation;
  const bool probe = solicitation && is_unspecified(packet.from);
  if (!probe && !owns(port, packet.from)) return "another's IPv6 address";
  if (packet.protocol != kIcmpv6) return "";
  switch (packet.from_port) {
    case kNeighbourSolicitation:
    case kNeighbourAdvertisement: return refuse_neighbour_discovery(port, packet);
    case 1:
    case 2:
    case 3:
    case 4:
    case 128:
    case 129: return "";
    default: return "ICMPv6 that is no guest's to send";
  }
}

std::string refuse(const PortWiring& port, const Packet& packet) {
  if (packet.tagged) return "a VLAN tag";
  if (packet.source != port.mac) return "another's MAC";
  switch (packet.ether_type) {
    case kEtherArp: return refuse_arp(port, packet);
    case kEtherIpv4:
      if (packet.protocol == kUdp && packet.from_port == kDhcpServerPort) return "a guest's DHCP server";
      return owns(port, packet.from) ? "" : "another's IPv4 address";
    case kEtherIpv6: return refuse_ipv6(port, packet);
    default: return "an unknown kind of frame";
  }
}

// To the ports of the network that are here; never back to where it came from.
std::vector<PortId> receivers(const ZonePolicy& policy, const NetworkId& network, const Packet& packet,
                              const PortId& but) {
  std::vector<PortId> ports;
  for (const PortWiring& port : policy.ports)
    if (port.network == network && port.port != but &&
        (is_group(packet.destination) || port.mac == packet.destination))
      ports.push_back(port.port);
  std::ranges::sort(ports);
  return ports;
}

}  // namespace

Verdict judge_from_port(const ZonePolicy& policy, const PortId& from, const Packet& packet) {
  Verdict verdict;
  const auto port = std::ranges::find(policy.ports, from, &PortWiring::port);
  if (port == policy.ports.end()) {
    verdict.refused = "the port is closed";
    return verdict;
  }
  verdict.refused = refuse(*port, packet);
  if (!verdict.refused.empty()) return verdict;
  const auto segment = std::ranges::find(policy.segments, port->network, &Segment::network);
  verdict.vni = segment->vni;
  verdict.ports = receivers(policy, port->network, packet, from);
  const bool local = std::ranges::any_of(policy.ports, [&](const PortWiring& other) {
    return other.network == port->network && other.mac == packet.destination;
  });
  if (local) return verdict;
  std::set<model::IpAddress> hosts;
  for (const model::RemotePort& remote : segment->remote)
    if (is_group(packet.destination) || remote.mac == packet.destination) hosts.insert(remote.underlay);
  // A MAC on two hosts is taken to be on the first of them.
  if (!is_group(packet.destination) && hosts.size() > 1) hosts.erase(std::next(hosts.begin()), hosts.end());
  verdict.hosts.assign(hosts.begin(), hosts.end());
  return verdict;
}

Verdict judge_from_tunnel(const ZonePolicy& policy, std::uint32_t vni, const model::IpAddress& from_host,
                          const Packet& packet) {
  Verdict verdict;
  verdict.vni = vni;
  const auto segment = std::ranges::find(policy.segments, vni, &Segment::vni);
  const bool known =
      segment != policy.segments.end() &&
      std::ranges::find(segment->remote, from_host, &model::RemotePort::underlay) != segment->remote.end();
  if (known)
    verdict.ports = receivers(policy, segment->network, packet, PortId{});
  else
    verdict.refused = "no port of that network is on that host";
  return verdict;
}

}  // namespace causeway::agent
