// SPDX-License-Identifier: Apache-2.0
#include "agent/network/probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/network/gateway.h"

namespace causeway::agent {
namespace {

constexpr std::uint16_t kAnyClientPort = 40000;

}  // namespace

Packet packet_of(const model::ProbeRequest& question) {
  const bool routed = question.from.network != question.to.network;
  Packet packet;
  packet.source = question.from.mac;
  packet.destination = question.to.mac;
  if (question.from.network.empty()) {
    packet.hop_limit = 64;  // from outside it comes as a router sends it
  } else if (routed && question.arriving) {
    packet.source = kGatewayMac;
    --packet.hop_limit;
  } else if (routed) {
    packet.destination = kGatewayMac;
  }
  packet.ether_type = question.to.address.v6 ? kEtherIpv6 : kEtherIpv4;
  packet.from = question.from.address;
  packet.to = question.to.address;
  packet.from_port = kAnyClientPort;
  packet.to_port = question.port;
  switch (question.protocol) {
    case model::RuleProtocol::udp: packet.protocol = kUdp; break;
    case model::RuleProtocol::icmp:
      packet.protocol = kIcmp;
      packet.from_port = question.port == 0 ? kEchoRequest : question.port;
      packet.to_port = 0;
      break;
    case model::RuleProtocol::icmp6:
      packet.protocol = kIcmpv6;
      packet.from_port = question.port == 0 ? kEcho6Request : question.port;
      packet.to_port = 0;
      break;
    case model::RuleProtocol::any:
    case model::RuleProtocol::tcp: packet.protocol = kTcp; break;
  }
  return packet;
}

Result<std::uint32_t> arrives_in(const ZonePolicy& policy, const model::ProbeRequest& question) {
  const auto segment = std::ranges::find(policy.segments, question.to.network, &Segment::network);
  if (segment == policy.segments.end())
    return fail(Errc::not_found, fmt::format("network {} is not on this host", question.to.network));
  return segment->vni;
}

Passage to_the_port(const model::ProbeRequest& question) {
  return {true, fmt::format("passes to the port of {}", question.to.address.str())};
}

Passage to_the_uplink(int vlan) {
  return {true, fmt::format("passes to the zone's uplink, in VLAN {}", vlan)};
}

std::optional<int> vlan_of(const ZonePolicy& policy, const model::ProbeRequest& question) {
  if (question.from.network.empty() || question.to.network.empty())
    return policy.way_out ? std::optional(policy.way_out->vlan) : std::nullopt;
  const Segment* segment = find_segment(policy, question.to.network);
  if (segment == nullptr || question.from.network != question.to.network) return std::nullopt;
  return segment->vlan;
}

Passage into_the_tunnel(const model::ProbeRequest& question) {
  return {true, fmt::format("passes into the tunnel to {}", question.to.underlay.str())};
}

}  // namespace causeway::agent
