// SPDX-License-Identifier: Apache-2.0
// The flows that hold connections against guards: a stage between "may it claim this sender?" and "where is
// the receiver?", which knows addresses and nothing of ports and tunnels. Each host of a zone knows the
// guards of every address that its guests can reach, so that a connection is judged where it leaves and again
// where it arrives: two guests can't open a way by both sending.
//
//   table  decides                                        on a match
//   30     IP to one receiver is looked up among the      ct(zone), to 31; everything else to 40
//          connections that are known
//   31     who was asked? the receiver of a packet in     reg4 = number of that one's guard, to 32;
//          the connection's direction, the sender of an   to 33 if it has none
//          answer
//   32     does a rule of that guard let the connection   to 33
//          in? judged by the connection's first packet
//          (ct_nw_src, ct_tp_dst, …), for each packet anew
//   33     is it new?                                     noted, then to 40
//
// In table 32 an address set is a conjunction: its addresses are one half, the rules that name it the other.
// So there is a flow per address and one per rule (two where a set has both families), never one per pair.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/network/flows.h"

namespace causeway::agent {

inline constexpr std::uint8_t kConnection = 30;

// Whether anything is guarded. If not, there are no flows of this stage, and nothing is tracked.
bool guarded(const ZonePolicy& policy);

// Appends the stage's flows. What passes goes on in `next`.
void add_rule_flows(const ZonePolicy& policy, std::uint8_t next, std::vector<Flow>& flows);

// How the flows of two policies differ that differ in what their guards and address sets say, and in nothing
// else: a rule's change among thousands of others, without making all flows anew. nullopt: they differ in
// more, or in a way that touches other flows too; make_flows() of both tells.
std::optional<FlowChange> rule_change(const ZonePolicy& before, const ZonePolicy& after);

// In which of the switch's connection tables a zone's connections are: 1 to 65535, by the zone's name.
std::uint16_t conntrack_zone(const ZoneId& zone);

// conflict: two zones of one host whose connections would be in one table.
Result<> check_conntrack_zones(const ZoneId& one, const ZoneId& other);

}  // namespace causeway::agent
