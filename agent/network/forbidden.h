// SPDX-License-Identifier: Apache-2.0
// What no guest may send, whoever it is: what speaks in the name of the network itself, and what hides from
// the switch what it is. The sender's own addresses are checked beside this (flows.h); a packet has to pass
// both.
//
// First fragments are judged by their ports, which a bridge shows only in its mode "nx-match": OpenFlow sets
// it before any flow. Later fragments have none and pass by their addresses; without their first one they
// make no packet.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/network/flows.h"

namespace causeway::agent {

// Flows that drop, above all others of the table in which senders are checked.
std::vector<Flow> forbidden_flows(std::uint8_t sender_table);

}  // namespace causeway::agent
