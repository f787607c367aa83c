// SPDX-License-Identifier: Apache-2.0
// What a scheduler and an agent say to each other. An assignment is the whole of what one host shall run now;
// a report is the whole of what it runs. Both are levels, not edges: losing, repeating or reordering any of
// these messages changes nothing in the end.
//
// Absence is never deletion: a workload that shall be gone stands in the assignment with `shall_be_absent`,
// until the host has reported it absent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/core/ids.h"
#include "common/core/time.h"
#include "common/core/units.h"
#include "common/model/address.h"
#include "common/model/records.h"
#include "common/model/rules.h"
#include "common/model/way_out.h"

namespace causeway::model {

// --- scheduler to agent ---

struct AssignedDisk {
  std::string name;
  GiB size;
  std::optional<Image> image;  // with image_id: cloned from it
  ImageId image_id;
  std::string import;

  bool operator==(const AssignedDisk&) const = default;
};

// A port with what its guest is told about the network.
struct AssignedPort {
  std::string name;
  NetworkId network;
  Mac mac;
  std::vector<Subnet> subnets;  // parallel to addresses: the subnet that each lies in
  std::vector<IpAddress> addresses;
  std::optional<IpAddress> gateway;
  std::string guard;  // of what comes in; empty: from a scheduler that has no rules, everything passes
  MbitPerSecond bandwidth{};  // as of PortSpec

  bool operator==(const AssignedPort&) const = default;
};

struct AssignedWorkload {
  WorkloadId id;
  Generation generation;
  std::uint64_t restart = 0;
  ZoneId zone;
  Power power = Power::running;
  bool shall_be_absent =
      false;                  // stop it, remove its ports, put its volumes into the trash, report it absent
  bool keep_volumes = false;  // with shall_be_absent: its volumes stay as they are, it moves to another host
  int vcpus = 0;
  MiB memory;
  bool is_protected = true;
  std::vector<AssignedDisk> disks;
  std::vector<AssignedPort> ports;
  std::vector<std::string> ssh_keys;
  // Of its demands, what its host has to keep (Demands in wave.h).
  bool huge_pages = false;
  bool pinned = false;
  std::vector<int> on_nodes{};  // NUMA nodes that it is bound to, in the order of the host's class; ascending
  // The zone beside its own in which it has ports, if it is an exchange gateway; a port's zone is that of its
  // network. An agent that doesn't know this field refuses the workload for its port in another zone.
  ZoneId exchange_gateway{};

  bool operator==(const AssignedWorkload&) const = default;
};

// A port of the same network on another host.
struct RemotePort {
  Mac mac;
  std::vector<IpAddress> addresses;
  IpAddress underlay;  // of its host, in the network's zone
  std::string guard;   // as of AssignedPort: both hosts hold a connection against it

  bool operator==(const RemotePort&) const = default;
};

// A network that has a port on this host, or one that such a network is joined with: then it names only
// those of its ports that the ones here reach, or are reached by.
struct AssignedNetwork {
  NetworkId id;
  ZoneId zone;
  DepartmentId department;
  std::uint32_t vni = 0;
  int mtu = 0;
  std::vector<RemotePort> remote_ports;
  // Networks of the same zone, described too, that packets pass to and from at the gateway. Each pair is
  // named once, at the one whose name comes first; which connections pass is the guards' to say.
  std::vector<NetworkId> joined;
  std::optional<int> vlan{};  // as of Network
  bool way_out = false;       // as of Network

  bool operator==(const AssignedNetwork&) const = default;
};

// Names the content of an assignment (fingerprint.h). All zeros: none.
struct Fingerprint {
  std::array<std::uint8_t, 32> bytes{};

  bool operator==(const Fingerprint&) const = default;
  [[nodiscard]] bool none() const { return *this == Fingerprint{}; }
};

struct Assignment {
  HostId host;
  Epoch epoch;
  Generation generation;
  std::vector<AssignedWorkload> workloads;  // sorted by id
  std::vector<AssignedNetwork> networks;    // sorted by id
  std::vector<Guard> guards;                // of the ports above, here and remote; sorted by id
  std::vector<AddressSet> address_sets;     // that the guards' rules name; sorted by id
  std::vector<WayOut> ways_out{};           // of zones of which a network here has one; sorted by zone
  Fingerprint print{};                      // as the scheduler names this content; none: it was not asked

  bool operator==(const Assignment&) const = default;
};

// The answer to every heartbeat and report.
struct Ack {
  Epoch epoch;
  std::uint64_t nonce = 0;   // of what is answered; 0: it prolongs no lease
  bool want_report = false;  // the scheduler doesn't hold this host's newest status
  Duration lease{};          // from the moment on at which what is answered left; 0: no end

  bool operator==(const Ack&) const = default;
};

struct ConsoleRequest {
  std::uint64_t request = 0;
  WorkloadId workload;
  std::uint32_t max_bytes = 0;

  bool operator==(const ConsoleRequest&) const = default;
};

// One end of a connection that is asked about. One outside has an address only.
struct ProbeEnd {
  PortId port;
  NetworkId network;
  Mac mac;
  IpAddress address;
  IpAddress underlay;  // of its host

  bool operator==(const ProbeEnd&) const = default;
};

// What would this host's switch do with the first packet of a connection? The sender's host is asked about it
// as it comes from the guest, the receiver's as it comes out of the tunnel or from outside.
struct ProbeRequest {
  std::uint64_t request = 0;
  ZoneId zone;
  ProbeEnd from;
  ProbeEnd to;
  RuleProtocol protocol = RuleProtocol::icmp;  // never any
  std::uint16_t port =
      0;                  // tcp and udp: the receiver's; icmp and icmp6: the type of the question, 0: an echo
  bool arriving = false;  // out of the tunnel, or from outside

  bool operator==(const ProbeRequest&) const = default;
};

using ToAgent = std::variant<Assignment, Ack, ConsoleRequest, ProbeRequest>;

// --- agent to scheduler ---

enum class Phase { pending, preparing, starting, running, stopping, stopped, removing, absent, failed };

// Something that can't go on by itself just now: nothing that is skipped is silent.
struct Waiting {
  std::string on;  // "image debian-12 is being imported (43 %)", "libvirtd does not answer at qemu:///system"
  Instant since;

  bool operator==(const Waiting&) const = default;
};

struct WorkloadStatus {
  WorkloadId id;
  Generation generation;      // that this status speaks of
  std::uint64_t restart = 0;  // the newest restart carried out
  Phase phase = Phase::pending;
  int percent = 0;  // of the way to what the assignment wants
  std::optional<Waiting> waiting;
  Instant since;            // in this phase
  std::vector<int> cpus{};  // of the host, that it has to itself; ascending

  bool operator==(const WorkloadStatus&) const = default;
};

struct ZoneFacts {
  ZoneId zone;
  IpAddress underlay;
  std::uint16_t tunnel_port = 0;
  bool uplink = false;  // it has one for the zone's VLANs and its way out

  bool operator==(const ZoneFacts&) const = default;
};

// A NUMA node as the host has it.
struct NodeFacts {
  int vcpus = 0;  // hardware threads
  MiB memory;
  MiB huge_pages;       // the part of the memory that is set aside as huge pages
  MiB huge_pages_free;  // of these

  bool operator==(const NodeFacts&) const = default;
};

// What the agent found its host to be.
struct HostFacts {
  std::string version;  // of the agent
  int vcpus = 0;
  MiB memory;
  std::string hypervisor;  // "kvm", "emulated", "simulated"
  std::vector<ZoneFacts> zones;
  std::vector<NodeFacts> nodes{};  // in the kernel's order; empty: not known, or not looked at yet
  bool exchange_host = false;      // its agent is set up to run exchange gateways and nothing else

  bool operator==(const HostFacts&) const = default;
};

// Connections that were open when the rule that had let them in went, and were cut with it.
struct Cut {
  std::string why;        // the rule's
  Generation generation;  // of the assignment without that rule
  std::uint64_t connections = 0;

  bool operator==(const Cut&) const = default;
};

struct Report {
  HostId host;
  std::uint64_t nonce = 0;
  Epoch epoch;                 // the highest that this agent has seen
  Generation applied;          // of the assignment that the agent works on
  std::uint64_t revision = 0;  // of this status; goes up with each change, starts anew with the agent
  HostFacts facts;
  std::vector<WorkloadStatus> workloads;  // sorted by id
  std::vector<std::string>
      foreign;                    // found on the host, not ours, left alone: "domain web-old", "port vnet3"
  std::vector<Waiting> troubles;  // of the host as a whole: "Open vSwitch does not answer …"
  // The newest assignment that was seen in place on the switch: what it denies passes no more.
  Generation enforced;
  std::vector<Cut> cuts;  // the newest of each `why`, sorted by it; forgotten with the agent's restart
  // Of the assignment that the agent works on: as it was told, or as this program names what it has kept from
  // before its start. So one that was kept by a version that understood less is not taken for the whole.
  // None: no assignment, or an agent that doesn't say it.
  Fingerprint holds{};

  bool operator==(const Report&) const = default;
};

// Says that nothing has changed since the report of that revision.
struct Heartbeat {
  HostId host;
  std::uint64_t nonce = 0;
  Epoch epoch;
  Generation applied;
  std::uint64_t revision = 0;
  Fingerprint holds{};  // as of Report

  bool operator==(const Heartbeat&) const = default;
};

struct ConsoleReply {
  std::uint64_t request = 0;
  std::string error;  // empty: none
  std::string text;   // the end of the console's log

  bool operator==(const ConsoleReply&) const = default;
};

struct ProbeReply {
  std::uint64_t request = 0;
  std::string error;    // empty: none
  bool passes = false;  // to the receiver's port, or into the tunnel to its host
  std::string says;     // where it ends, for people

  bool operator==(const ProbeReply&) const = default;
};

using FromAgent = std::variant<Report, Heartbeat, ConsoleReply, ProbeReply>;

}  // namespace causeway::model
