// SPDX-License-Identifier: Apache-2.0
// The packet that a question of the scheduler's stands for: the first one of a connection, as it comes from
// the guest or, on the receiver's host, out of the tunnel.
#pragma once

#include "agent/network/network.h"
#include "agent/network/packet.h"

namespace causeway::agent {

// Between two networks it goes to the gateway, which passes it on where it is sent: it arrives under the
// gateway's MAC with a hop less. An end without a network is outside, and its MAC a router's.
Packet packet_of(const model::ProbeRequest& question);

// With which VNI it arrives out of the tunnel; not_found: the policy has no such network.
Result<std::uint32_t> arrives_in(const ZonePolicy& policy, const model::ProbeRequest& question);

// As which VLAN it goes from host to host, out or in; none: through the tunnel.
std::optional<int> vlan_of(const ZonePolicy& policy, const model::ProbeRequest& question);

// What is said of one that goes on.
Passage to_the_port(const model::ProbeRequest& question);
Passage into_the_tunnel(const model::ProbeRequest& question);
Passage to_the_uplink(int vlan);

}  // namespace causeway::agent
