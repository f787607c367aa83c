// SPDX-License-Identifier: Apache-2.0
// Connections as a switch knows them, as values: what a packet is part of, and a table of those that were let
// in. The table is the simulated switch's; a real one has the same in its connection tracker.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <set>

#include "agent/network/packet.h"
#include "common/model/address.h"

namespace causeway::agent {

// By its first packet: who asked whom. ICMP: type and code stand for the ports, and the answer to an echo or
// a timestamp belongs to its question.
struct Connection {
  model::IpAddress from;
  model::IpAddress to;
  std::uint8_t protocol = 0;
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;

  auto operator<=>(const Connection&) const = default;
};

// What a packet is part of.
struct Tracked {
  enum class State : std::uint8_t {
    nothing,   // fits no connection and can't begin one
    begins,    // would be the first of a connection
    known,     // of one that was let in
    concerns,  // an error that speaks of one
  };

  State state = State::nothing;
  bool answers = false;   // goes against the connection's direction
  Connection connection;  // meaningless for nothing

  bool operator==(const Tracked&) const = default;
};

// An IP packet that belongs to nothing yet.
Tracked beginning(const Packet& packet);

// Never forgets by itself: in a simulation no connection is idle for so long.
class ConnectionTable {
 public:
  [[nodiscard]] Tracked look(const Packet& packet) const;
  void note(const Connection& connection) { known_.insert(connection); }
  void forget(const Connection& connection) { known_.erase(connection); }
  void clear() { known_.clear(); }
  [[nodiscard]] const std::set<Connection>& all() const { return known_; }

 private:
  std::set<Connection> known_;
};

}  // namespace causeway::agent
