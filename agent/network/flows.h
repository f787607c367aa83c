// SPDX-License-Identifier: Apache-2.0
// From a zone's policy to the flows of its bridge: a pure function. What no flow permits is dropped, because
// a table without a match drops; no flow uses NORMAL, and none sends from tunnel to tunnel.
//
//   table  decides                                     on a match
//   0      who is it? an open port with its own MAC    reg0 = VNI of its network, to 10
//          and no VLAN tag; or the tunnel, with a VNI  reg0 = VNI, reg1 = 1, to 40
//          of ours and from a host that has ports of
//          that network; or the uplink, with a VLAN    reg0 = VNI, reg1 = 1, without its tag to 10
//          of ours
//   10     may a guest send this at all? (forbidden.h) dropped
//          may it claim this sender? ARP questions     ARP to 20, IPv4 to 40, IPv6 to 11
//          with its own MAC and address, its own IPv4
//          and IPv6 source addresses. Out of the
//          uplink: is it a port of the network on
//          another host, with its own MAC and address?
//          does it ask for its address? (dhcp.h,       to the agent
//          dhcp6.h)
//   11     may a guest send this ICMPv6? questions for to 20
//          neighbours, errors, echo                    to 40
//   20     who has this address? each one of the       becomes the answer, and goes back
//          network is known                            (IPv6 by way of 21)
//   30-33  is it a connection that a rule lets in?     to 40; flow_rules.h. Only where a port is guarded
//   37-39  is it for the gateway? (gateway.h)          answered, or passed on into another network, to 40
//   40     is the receiver here?                       output; to all of the network and to 41 if a group
//   41     on which host is the receiver?              tunnel to it, or the uplink with the network's VLAN;
//                                                      only for what comes from a port (reg1 = 0)
//   1, 2   does a router of the way out ask for, or    answered, or to 10; way_out.h has these and its
//          send to, a port here?                       parts of 0, 10, 38 and 39
//
// ARP and neighbour discovery end on the guest's own host: questions are answered there, for the addresses
// that the policy knows, and no answer of a guest's is believed, because none is needed. So nobody can forge
// one. How often a port may ask is its meter's to say (meters.h), and so is what a port with a bandwidth may
// send (in table 0) and receive (in table 40).
//
// On a VLAN anybody may speak, so what comes out of the uplink is held against the same table as what comes
// from a guest. A guest's questions also leave by the uplink: nobody hears them, and the VLAN's switches
// learn from them where the guest is. So do those about the gateway by the way out.
//
// The number of flows is linear in ports and addresses; a group's flow is as long as its network has members.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/network/network.h"
#include "common/core/ids.h"
#include "common/core/result.h"

namespace causeway::agent {

// In the notation of ovs-flow(7). Two flows of one table are the same rule if priority and match agree.
struct Flow {
  std::uint8_t table = 0;
  std::uint16_t priority = 0;
  std::string match;
  std::string actions;

  auto operator<=>(const Flow&) const = default;
};

// Flows that go, and flows that come in the same moment.
struct FlowChange {
  std::vector<Flow> gone;
  std::vector<Flow> come;

  bool operator==(const FlowChange&) const = default;
};

// What a VLAN's number in a flow says beside it: that there is a tag (OFPVID_PRESENT).
inline constexpr int kVlanPresent = 0x1000;

// By what number the bridge knows its ports (OpenFlow port numbers).
struct PortNumbers {
  std::uint32_t tunnel = 0;
  std::map<PortId, std::uint32_t> ports;
  std::uint32_t uplink = 0;  // none

  bool operator==(const PortNumbers&) const = default;
};

// Sorted, without repetitions. invalid: a port's network is no segment, a VNI or MAC is there twice or is
// none, a VLAN is, the way out is (way_out.h).
// not_found: a port has no number, or is on a VLAN where the bridge has no uplink. Without one the way out is
// closed, and the rest goes on. A MAC
// that is both local and remote is local: its workload has just come here.
Result<std::vector<Flow>> make_flows(const ZonePolicy& policy, const PortNumbers& numbers);

// fe80::/64 with the interface identifier that stateless configuration derives from a MAC (RFC 4291, appendix
// A).
model::IpAddress link_local(const model::Mac& mac);

}  // namespace causeway::agent
