// SPDX-License-Identifier: Apache-2.0
// The zone's way out: packets that leave the platform by the uplink, and those that come in by it. A workload
// shows there as itself, with its own MAC and address, so that whoever is asked for it is its own host, and
// what is sent to it comes to that host by itself. Routers are known by their MACs: no answer on the VLAN is
// believed, because none is needed.
//
//   table  decides                                         on a match
//   0      out of the uplink, with the way out's VLAN and  reg1 = 2, without its tag to 1
//          from a router?
//   1      does it ask for a guarded port here?            becomes the answer, and goes back with the tag
//                                                          (IPv6 by way of 2)
//          is it IP for such a port's MAC?                 reg0 = VNI, from the gateway's MAC, to 10
//   10     does it come from an address of a system?       IPv4 to 30, IPv6 to 11
//   31     is a system asked, or does one answer?          reg4 = number of its guard (flow_rules.h)
//   38     is it for an address of a system?               the router's MAC, reg5 = kOutside, to 39
//   39     has the sender's network the way out?           out by the uplink, with the tag
//
// What a guest asks about its gateway is shown to the VLAN (flows.h), from which the switches there learn
// where the guest is. A port without a guard has no part in any of this. The flows are linear in ports,
// addresses, networks and prefixes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/network/flows.h"

namespace causeway::agent {

// In reg5, where a joined network has its VNI.
inline constexpr std::uint32_t kOutside = 1U << 24U;

// The tables of others that lead to this stage, and that it leads to.
struct WayOutTables {
  std::uint8_t sender = 0;
  std::uint8_t icmp6 = 0;
  std::uint8_t onward = 0;  // where IPv4 goes whose sender is in order
};

// invalid: the policy's way out can't be carried out as it is: its VLAN is none or a network's, a router's
// MAC is none or a port's, prefixes overlap or hold the address of a port.
Result<> check_way_out(const ZonePolicy& policy);

// Whether the port can reach and be reached, as far as rules permit it.
bool faces_outside(const ZonePolicy& policy, const PortWiring& port);

// The actions that send a packet by the uplink with that tag, which it has from then on.
std::string out_by(std::uint32_t uplink, int vlan);

// Appends the stage's flows. The policy's way out is in order.
void add_way_out_flows(const ZonePolicy& policy, std::uint32_t uplink, const WayOutTables& tables,
                       std::vector<Flow>& flows);

}  // namespace causeway::agent
