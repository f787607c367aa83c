// SPDX-License-Identifier: Apache-2.0
// The gateway of a network, which is on every host at once: it answers for its address, answers echo, and
// passes packets on between networks that the policy joins, on the sender's own host. It has one MAC
// everywhere, so that a guest that moves keeps what it knows, and it never speaks through a tunnel: what was
// passed on is in the receiver's network already when it leaves the host.
//
//   table  decides                                        on a match
//   37     is it for the gateway itself? echo             goes back as its answer
//          for somebody behind it                         one hop less, to 38
//          all else                                       to 40
//   38     who of a joined network has this address?      its MAC, reg5 = VNI of its network, to 39
//   39     are the two networks joined?                   reg0 = reg5, to 40
//
// Which connections pass between joined networks is the rules' to say (flow_rules.h). A packet whose last hop
// this would be is dropped without a word. The flows are linear in addresses plus pairs.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "agent/network/flows.h"

namespace causeway::agent {

inline constexpr std::uint8_t kGateway = 37;
inline constexpr std::uint8_t kOwner = 38;
inline constexpr std::uint8_t kJoined = 39;

using model::kGatewayMac;

// Whether any network has a gateway. If not, there are no flows of this stage.
bool has_gateway(const ZonePolicy& policy);

// What the segment's gateway answers for: its addresses, and its link-local one if it has any.
std::vector<model::IpAddress> gateway_addresses(const Segment& segment);

// The VNIs that the segment is joined with, of those that the policy describes.
std::set<std::uint32_t> joined_with(const ZonePolicy& policy, const Segment& segment);

// The hosts that may send into the segment: those with a port of it or of a network that it is joined with.
std::set<model::IpAddress> sending_hosts(const ZonePolicy& policy, const Segment& segment);

// Appends the stage's flows. What it leaves alone or has passed on goes to `next`.
void add_gateway_flows(const ZonePolicy& policy, std::uint8_t next, std::vector<Flow>& flows);

}  // namespace causeway::agent
