// SPDX-License-Identifier: Apache-2.0
#include "agent/network/connection.h"

#include <algorithm>
#include <array>
#include <optional>

namespace causeway::agent {
namespace {

Connection connection_of(const Packet& packet) {
  return {packet.from, packet.to, packet.protocol, packet.from_port, packet.to_port};
}

bool is_icmp(const Packet& packet) {
  return packet.protocol == (packet.ether_type == kEtherIpv6 ? kIcmpv6 : kIcmp);
}

// The questions of ICMP that can be asked, and the types of their answers.
struct Question {
  bool v6 = false;
  std::uint16_t type = 0;
  std::uint16_t answer = 0;
};
constexpr std::array kQuestions{Question{false, kEchoRequest, 0}, Question{false, kTimestamp, kTimestamp + 1},
                                Question{true, kEcho6Request, kEcho6Request + 1}};

const Question* question_of(const Packet& packet, std::uint16_t Question::* type) {
  const auto found = std::ranges::find_if(kQuestions, [&](const Question& one) {
    return one.v6 == (packet.ether_type == kEtherIpv6) && one.*type == packet.from_port;
  });
  return found == kQuestions.end() ? nullptr : found;
}

// What it would be an answer to.
std::optional<Connection> answered_by(const Packet& packet) {
  Connection asked{packet.to, packet.from, packet.protocol, packet.to_port, packet.from_port};
  if (!is_icmp(packet)) return asked;
  const Question* question = question_of(packet, &Question::answer);
  if (question == nullptr) return std::nullopt;
  asked.from_port = question->type;
  asked.to_port = packet.to_port;
  return asked;
}

}  // namespace

Tracked beginning(const Packet& packet) {
  const bool can_begin =
      !is_icmp(packet) || (question_of(packet, &Question::type) != nullptr && packet.to_port == 0);
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
