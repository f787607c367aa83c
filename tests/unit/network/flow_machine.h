// SPDX-License-Identifier: Apache-2.0
// As much of a switch as the generated flows use: tables, priorities, masks, registers, rewriting, output. A
// field or action that it doesn't know is an exception, so that nothing is taken for a match by mistake.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/network/connection.h"
#include "agent/network/flows.h"
#include "agent/network/packet.h"

namespace causeway::agent {

// How a packet comes in: by a port, or by the tunnel with its key and the other host's address.
struct Arrival {
  std::uint32_t port = 0;
  std::uint32_t tunnel_key = 0;
  std::optional<model::IpAddress> tunnel_source;
  Tracked tracked;         // what the connection tracker would say
  std::uint32_t vlan = 0;  // of the tag around the packet; 0: none
};

struct Departures {
  std::set<std::uint32_t> ports;                                 // the tunnel's own left out
  std::set<std::pair<std::uint32_t, model::IpAddress>> tunnels;  // key and host
  bool noted = false;  // the connection tracker is told of a new connection
  std::set<std::pair<std::uint32_t, std::uint32_t>> tagged{};  // port and VLAN
  std::optional<Packet> answer;                                // what goes back to where the packet came from

  std::optional<Packet> sent;  // as it was when it left, if it did
  bool to_agent = false;
  std::set<std::uint32_t> meters;  // that it passed; how much those let through is no question of one packet

  bool operator==(const Departures& other) const {
    return ports == other.ports && tunnels == other.tunnels && tagged == other.tagged &&
           answer == other.answer && sent == other.sent && to_agent == other.to_agent;
  }
};

Departures run_flows(const std::vector<Flow>& flows, std::uint32_t tunnel_port, const Arrival& arrival,
                     const Packet& packet);

}  // namespace causeway::agent
