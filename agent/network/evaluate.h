// SPDX-License-Identifier: Apache-2.0
// What a policy means for one packet, said a second time: written from the rules, not from the flows, so that
// one can check the other. Slow and plain on purpose. The simulated switch forwards by it, and tests hold the
// flows, and real switches, against it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/network/connection.h"
#include "agent/network/network.h"
#include "agent/network/packet.h"

namespace causeway::agent {

struct Verdict {
  std::vector<PortId> ports;            // on this host, sorted
  std::vector<model::IpAddress> hosts;  // through the tunnel, sorted
  std::uint32_t vni = 0;                // with which it goes there
  std::optional<int> vlan;              // by the uplink, with this tag
  std::optional<int> out;               // by the uplink to what is outside, with this tag
  std::optional<Packet> answer;         // what the host itself says to the sender
  // As what it arrives, if a gateway passed it on: into another network, out, or from outside.
  std::optional<Packet> passed_on;
  bool begins = false;     // the connection that it begins is to be remembered
  bool asks_host = false;  // a question about its addresses, for the agent alone
  std::string refused;     // why it goes nowhere; empty if it goes on, even if nobody is there

  bool operator==(const Verdict&) const = default;
};

// A packet that the guest behind `from` sends. A port that the policy doesn't name is closed.
// `tracked` is what the switch knows of it; IP that it knows nothing of begins a connection.
Verdict judge_from_port(const ZonePolicy& policy, const PortId& from, const Packet& packet,
                        const Tracked& tracked);
Verdict judge_from_port(const ZonePolicy& policy, const PortId& from, const Packet& packet);

// A packet that another host sends through the tunnel.
Verdict judge_from_tunnel(const ZonePolicy& policy, std::uint32_t vni, const model::IpAddress& from_host,
                          const Packet& packet, const Tracked& tracked);

// A packet that comes out of the zone's uplink with that VLAN's tag, which is no part of it any more. An
// answer goes back by the uplink, with the tag.
Verdict judge_from_uplink(const ZonePolicy& policy, int vlan, const Packet& packet, const Tracked& tracked);

}  // namespace causeway::agent
