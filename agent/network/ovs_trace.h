// SPDX-License-Identifier: Apache-2.0
// ofproto/trace: what a real switch would do with a packet that nobody sends. The flow's notation goes in,
// the trace's text comes out; nothing here talks to a switch.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "agent/network/packet.h"

namespace causeway::agent {

// An IP packet with whole ports as ovs-fields(7) writes it. Out of a tunnel: see tunnelled().
std::string notation(std::uint32_t in_port, const Packet& packet);
// What stands before the rest when the packet comes out of the tunnel.
std::string tunnelled(std::uint32_t vni, const model::IpAddress& from_host);
// What the connection tracker is taken to say of it: that it begins a connection. Without this the trace
// forgets the connection's addresses (see Pitfalls).
std::string beginning_of(const Packet& packet);
inline constexpr auto kBegins = "trk,new";

// Where a packet goes.
struct Traced {
  std::set<std::uint32_t> ports;
  std::set<std::string> hosts;  // by the tunnel
  std::string last_table;       // that it came to
};
Traced read_trace(const std::string& text, std::uint32_t tunnel_port);

}  // namespace causeway::agent
