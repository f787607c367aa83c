// SPDX-License-Identifier: Apache-2.0
// What an agent asks of its host's switch, and what it sees there. A zone is a bridge of its own; a
// workload's port is a tap device on that bridge; which packets pass is one value per zone, the ZonePolicy,
// that is programmed as a whole. Everything is closed until a policy says otherwise: a bridge without a
// policy forwards nothing, a port that no programmed policy names neither sends nor receives.
//
// Which workload runs here, which addresses it has and where its peers are is decided elsewhere (scheduler,
// reconcile).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/core/ids.h"
#include "common/core/result.h"
#include "common/core/units.h"
#include "common/model/address.h"
#include "common/model/assignment.h"
#include "common/model/way_out.h"

namespace causeway::agent {

// A zone's bridge on this host and the way to the zone's other hosts. The underlay address stands on this
// host before the bridge is made; no two zones of one host share underlay address and tunnel port together.
struct ZoneBridge {
  ZoneId zone;
  model::IpAddress underlay;      // the address that tunnels of this zone start from
  std::uint16_t tunnel_port = 0;  // UDP
  // The device that carries the zone's VLANs; no two zones of one host share it. Empty: this host has none.
  std::string uplink{};

  bool operator==(const ZoneBridge&) const = default;
};

// A network as this host takes part in it. The VNI keeps networks apart on the wire and is unique in the
// zone.
struct Segment {
  NetworkId network;
  std::uint32_t vni = 0;                  // 1 to 2^24 - 1
  std::vector<model::RemotePort> remote;  // this network's ports on other hosts
  // At most one of each family. Each host answers for them (gateway.h); no port has them.
  std::vector<model::IpAddress> gateways;
  // Its frames go to the other hosts by the zone's uplink, with this tag; none: through tunnels. What a
  // gateway passes on into the network goes through tunnels in any case: every host's gateway has the same
  // MAC, and the switches of a VLAN would see it wander.
  std::optional<int> vlan{};
  // Its gateway passes packets on to what is outside, and guarded ports of it are found there.
  bool way_out = false;

  bool operator==(const Segment&) const = default;
};

// A workload's port on this host.
struct PortWiring {
  PortId port;
  WorkloadId workload;
  ZoneId zone;
  NetworkId network;
  model::Mac mac;
  // What it may send from. The IPv6 link-local address of its MAC is always allowed.
  std::vector<model::IpAddress> addresses;
  std::vector<model::Subnet> subnets;  // parallel to addresses: where each lies; what the guest is told
  std::uint16_t mtu = 1450;            // of the guest's interface
  std::string guard;                   // one of the policy's; empty: everything of its network comes in
  MbitPerSecond bandwidth{};  // what is above it is dropped, in each direction by itself; 0: nothing is

  bool operator==(const PortWiring&) const = default;
};

// Two networks of one zone between which each host passes packets on, both ways, for guests that send them to
// the gateway. Without one, networks of a zone don't meet.
struct Joint {
  NetworkId a;
  NetworkId b;

  bool operator==(const Joint&) const = default;
};

// All that one zone's bridge on this host shall do. The ports are those that shall be open; each one's
// network is among the segments.
struct ZonePolicy {
  ZoneId zone;
  Generation generation;  // goes into the cookie of what is written; a new number alone rewrites nothing
  std::vector<Segment> segments;
  std::vector<PortWiring> ports;
  std::vector<model::Guard> guards;  // of ports here and remote
  std::vector<model::AddressSet> address_sets;
  std::vector<Joint> joints;  // one that names a network which isn't among the segments joins nothing
  // How the networks that have a way out reach what is outside; none: nothing leaves the platform.
  std::optional<model::WayOut> way_out{};
};

// The policy's description of the network; null: it has none.
const Segment* find_segment(const ZonePolicy& policy, const NetworkId& network);

// Names a policy's content: equal for policies that make a bridge do the same, whatever their generation and
// order.
struct PolicyDigest {
  std::uint64_t value = 0;

  auto operator<=>(const PolicyDigest&) const = default;
};
PolicyDigest digest(const ZonePolicy& policy);

// A bridge of ours. `programmed` is what this driver wrote, read back, and sees there still. It is empty
// after the agent or the switch has been started again, and after somebody changed a flow: program the policy
// again, which writes only what is missing.
struct BridgeState {
  ZoneBridge bridge;
  std::string name;
  std::optional<PolicyDigest> programmed;
  Generation generation;  // of the last program() that `programmed` speaks of

  bool operator==(const BridgeState&) const = default;
};

// A port of ours. It carries packets while it is open, that is, while the programmed policy of its bridge
// names it.
struct PortState {
  PortId port;
  ZoneId zone;
  std::string tap;
  std::uint16_t mtu = 0;
  bool usable = false;  // the switch has the device; false with a reason when it can't open it
  bool open = false;
  std::string reason;

  bool operator==(const PortState&) const = default;
};

// Something that stands where our things stand and isn't ours. Bridges and ports are reported and never
// touched; a flow on a bridge of ours could open what the policy closes, so that the next program() removes
// it.
struct Foreign {
  enum class Kind : std::uint8_t { bridge, port, flow };

  Kind kind{};
  std::string bridge;
  std::string name;  // the bridge, the port, or the flow as text
  std::string what;  // "has the name of zone extranet's bridge, and no mark of ours"

  bool operator==(const Foreign&) const = default;
};

// Sorted by zone, by port id, by kind and name.
struct SwitchState {
  std::vector<BridgeState> bridges;
  std::vector<PortState> ports;
  std::vector<Foreign> foreign;
  // Connections that this driver's programming cut, the newest count for each reason; sorted by it.
  std::vector<model::Cut> cuts;
  bool counts_cuts = false;  // what the newest changes cut is not among them yet

  bool operator==(const SwitchState&) const = default;
};

// A port's tap device on its host, 13 letters: "cw" and a hash of the id. Compute names it in the domain it
// defines.
std::string tap_name(const PortId& port);
// A zone's bridge: "cw-" and the zone's first eight letters. Two zones of a site that agree in those are
// refused.
std::string bridge_name(const ZoneId& zone);

// Whether a packet would go on to where it is meant to, and how that is seen.
struct Passage {
  bool passes = false;
  std::string says;

  bool operator==(const Passage&) const = default;
};

// One thread calls all methods, one at a time; each blocks until it is done or has failed, for seconds at
// worst. All are idempotent. A failure leaves what was closed closed and what was open as it was, unless it
// says otherwise.
//   unavailable: the switch does not answer; everything that is programmed goes on
//   conflict:    the name is taken by something that isn't ours, or something is still in use
//   invalid:     the value can't be carried out as it is (an unknown network, a VNI twice)
//   corrupt:     what was read back is not what was written
class Switch {
 public:
  virtual ~Switch() = default;

  // Everything of ours and everything foreign beside it, as it is now. Changes nothing.
  virtual Result<SwitchState> observe() = 0;

  // Makes the zone's bridge, closed, with its tunnel endpoint and its uplink. Already so: nothing is written.
  // An endpoint or uplink that differs is changed in place, and flows stay. conflict: the uplink is on
  // another bridge. unavailable: the switch can't open it; the tunnels work.
  virtual Result<> ensure_bridge(const ZoneBridge& bridge) = 0;

  // Makes the port's tap device and plugs it into its zone's bridge, closed. Already so: nothing is written,
  // and an open port stays open. not_found: the zone has no bridge here.
  virtual Result<> ensure_port(const PortWiring& wiring) = 0;

  // Makes the zone's bridge do exactly this policy: one atomic change that holds only the differences, read
  // back and compared before this returns. Flows that stay are not touched, so that traffic they permit loses
  // no packet. What the policy closes is closed when this returns; what it opens may open a moment later.
  // Already so: nothing is written. not_found: the bridge or one of the ports has not been made.
  virtual Result<> program(const ZonePolicy& policy) = 0;

  // Closes the port, unplugs it and removes its tap. Already gone: done. A port of another owner is never
  // touched.
  virtual Result<> remove_port(const PortId& port) = 0;

  // Removes the zone's bridge with its tunnel endpoint. Already gone: done. conflict: ports of ours or of
  // others are still on it.
  virtual Result<> remove_bridge(const ZoneId& zone) = 0;

  // What the switch, as it is programmed now, would do with the first packet of that connection. Nothing is
  // sent and nothing changes. not_found: it hasn't the zone, the network or the port; an unprogrammed bridge
  // passes nothing.
  virtual Result<Passage> probe(const model::ProbeRequest& question) = 0;

  // Who is told that observe() may now answer something else: a port or flow changed under us, the switch
  // came or went. Called from a thread of the driver's own, must not block, and may be called without need.
  virtual void set_wakeup(std::function<void()> wakeup) = 0;
};

}  // namespace causeway::agent
