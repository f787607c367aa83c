// SPDX-License-Identifier: Apache-2.0
#include "agent/network/connection.h"

#include <optional>

namespace causeway::agent {
namespace {

Connection connection_of(const Packet& packet) {
  return {packet.from, packet.to, packet.protocol, packet.from_port, packet.to_port};
}

bool is_icmp(const Packet& packet) {
  return packet.protocol == (packet.ether_type == kEtherIpv6 ? kIcmpv6 : kIcmp);
}

std::uint16_t question_type(const Packet& packet) {
  return packet.ether_type == kEtherIpv6 ? kEcho6Request : kEchoRequest;
}

std::uint16_t answer_type(const Packet& packet) {
  return packet.ether_type == kEtherIpv6 ? kEcho6Request + 1 : 0;
}

// What it would be an answer to.
std::optional<Connection> answered_by(const Packet& packet) {
  Connection asked{packet.to, packet.from, packet.protocol, packet.to_port, packet.from_port};
  if (!is_icmp(packet)) return asked;
  if (packet.from_port != answer_type(packet)) return std::nullopt;
  asked.from_port = question_type(packet);
  asked.to_port = packet.to_port;
  return asked;
}

}  // namespace

Tracked beginning(const Packet& packet) {
  const bool can_begin =
      !is_icmp(packet) || (packet.from_port == question_type(packet) && packet.to_port == 0);
  if (!can_begin) return {};
  return {Tracked::State::begins, false, connection_of(packet)};
}

Tracked ConnectionTable::look(const Packet& packet) const {
  const Connection own = connection_of(packet);
  if (known_.contains(own)) return {Tracked::State::known, false, own};
  if (const auto asked = answered_by(packet); asked && known_.contains(*asked))
    return {Tracked::State::known, true, *asked};
  return beginning(packet);
}

}  // namespace causeway::agent
