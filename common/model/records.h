// SPDX-License-Identifier: Apache-2.0
// The scheduler's durable state, one record per thing. Nothing here can be derived from anything else here:
// what is used is summed up from the workloads, a wave's progress from its workloads and the hosts' reports.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/core/ids.h"
#include "common/core/time.h"
#include "common/model/site.h"
#include "common/model/wave.h"

namespace causeway::model {

enum class Power { running, stopped };

// A volume of a workload, resolved.
struct Disk {
  std::string name;
  GiB size;
  ImageId image;       // cloned from it; empty: none
  std::string import;  // imported from it; empty: none

  bool operator==(const Disk&) const = default;
};

// A workload's interface, with the addresses that were allocated to it.
struct Port {
  std::string name;
  NetworkId network;
  Mac mac;
  std::vector<IpAddress> addresses;  // at most one of each family
  MbitPerSecond bandwidth{};         // as of PortSpec

  bool operator==(const Port&) const = default;
};

// One virtual machine: what it shall be and where. Its host reports what it is.
struct Workload {
  WorkloadId id;
  std::string entry;  // the entry of `workloads:` that it comes from
  WaveId wave;
  ZoneId zone;
  int mlps = 1;
  HostId host;     // the placement
  HostId leaving;  // where it ran before, when it moves: it starts at `host` only after that one reported it
                   // absent
  bool held =
      false;  // waits for what its application depends on; goes down once that runs, and never up again
  Power power = Power::running;
  int vcpus = 0;
  MiB memory;
  bool is_protected = true;
  Demands demands;
  std::vector<int> on_nodes;  // NUMA nodes of `host` that it is bound to, ascending; as many as it asks for
  std::set<std::string> traits;
  std::vector<Disk> disks;
  std::vector<Port> ports;
  std::vector<std::string> ssh_keys;
  Generation generation;      // goes up with each change of what makes its guest another one
  std::uint64_t restart = 0;  // goes up with each restart that was asked for
  bool deleting = false;      // its host was told to remove it; the record goes when the host reports it gone
  Instant created;
  Instant changed;
  ZoneId exchange_gateway{};  // as of WorkloadSpec: its other zone

  bool operator==(const Workload&) const = default;
};

// How a host that was lost comes back. `get hosts` shows it.
enum class Outage {
  dead,       // silent by management and storage for longer than the lease: its fence is being raised
  fenced,     // its fence was read back: what is protected starts elsewhere
  returning,  // it reports again, behind its fence, and is cleaned of what it had; then the fence is lifted
};

// What a host had when it was fenced and what runs elsewhere since: gone from there before it gets work
// again.
struct LostWorkload {
  ZoneId zone;
  Generation generation;  // later than any that the host was told

  bool operator==(const LostWorkload&) const = default;
};

struct HostRecord {
  HostId id;
  std::string key;  // its agent's public key (Z85); empty: no agent allowed
  bool cordoned = false;
  bool draining = false;
  std::string reason;     // of the cordon
  Generation generation;  // of its assignment: goes up with each change of it
  // The newest of them that was sent to its agent. One that works on a later one did so by newer records.
  Generation told;
  // Its tunnel ends as its agent reported them last: other hosts' assignments go on naming them while it is
  // away.
  std::map<ZoneId, IpAddress> underlays;
  // The zones in which it has an uplink, as its agent reported them last.
  std::set<ZoneId> uplinks{};
  std::optional<Outage> outage;  // none: it is not lost
  Instant outage_since;          // of what it is now
  std::map<WorkloadId, LostWorkload> lost;
  // Where its clients of the storage come from: what its fence names. Only grows while it is fenced.
  std::set<std::string> storage_addresses;

  bool operator==(const HostRecord&) const = default;
};

struct DepartmentRecord {
  DepartmentId id;
  Department spec;

  bool operator==(const DepartmentRecord&) const = default;
};

struct RoomRecord {
  RoomId id;
  Room spec;

  bool operator==(const RoomRecord&) const = default;
};

struct NetworkRecord {
  NetworkId id;
  Network spec;
  std::uint32_t vni = 0;  // VXLAN network identifier, unique in the site

  bool operator==(const NetworkRecord&) const = default;
};

struct ApplicationRecord {
  ApplicationId id;
  WaveId wave;
  Application spec;

  bool operator==(const ApplicationRecord&) const = default;
};

struct WaveRecord {
  WaveId id;
  std::string title;
  Instant applied;
  std::string actor;
  std::map<GroupId, Group> groups;

  bool operator==(const WaveRecord&) const = default;
};

enum class Role {
  operator_,   // everything
  migration,   // plans and applies waves, reads everything
  department,  // sees its own department's things, asks for its own
  supervisor,  // reads everything, changes nothing
};

struct KeyRecord {
  std::string name;  // "admin", "migration-team-2"
  std::string key;   // public key (Z85)
  Role role = Role::supervisor;
  DepartmentId department;  // of the role department
  bool revoked = false;

  bool operator==(const KeyRecord&) const = default;
};

// One line of the audit log and of `get events`: changes by people and what the platform saw or did.
struct EventRecord {
  std::uint64_t sequence = 0;
  Instant at;
  std::string actor;    // a key's name, "host/h1", or "scheduler"
  std::string verb;     // apply, delete, cordon, started, crashed, lost, …
  std::string subject;  // wave/wave-1, workload/a/b/c, host/h1
  std::string reason;   // given with --reason
  std::string text;     // what happened, in words

  bool operator==(const EventRecord&) const = default;
};

// The answer to a request that changed something, for the case that it got lost and the request comes again,
// also to the scheduler that leads next: nothing is done twice. What an apply had shown line by line is not
// kept.
struct AnswerRecord {
  std::uint64_t sequence = 0;  // one more with each; the record replaces the one kAnswersKept before it
  std::string key;             // the public key (Z85) that asked
  std::uint64_t request = 0;   // its id
  bool applied = false;        // the answer to an apply; else `messages` are the whole of it
  int unchanged = 0;
  std::string token;
  std::vector<std::string> messages;

  bool operator==(const AnswerRecord&) const = default;
};
inline constexpr std::uint64_t kAnswersKept = 16384;

// The workloads of `application` may reach the service until then. One for each pair. When it ends it opens
// nothing any more, and stays until each host that had it has said that its rules are without it.
struct GrantRecord {
  GrantId id;
  ApplicationId application;
  ServiceId service;
  Instant until;
  std::string reason;
  std::string actor;  // who granted it last
  Instant granted;
  bool closing = false;  // it has ended
  // Hosts that were told its rule and have not said since that they work without it: with the generation that
  // they were told it by first, or, once it has ended, with the newest that had it.
  std::map<HostId, Generation> open_on;
  std::uint64_t cut = 0;  // connections that the others cut

  bool operator==(const GrantRecord&) const = default;
};
// The service's name comes first, so that all grants of an application's services stand together.
GrantId grant_id(const ApplicationId& application, const ServiceId& service);

// Numbers that belong to the whole state.
struct StateRecord {
  Epoch epoch;        // goes up with each start of a leading scheduler
  Revision revision;  // goes up with each transaction
  Revision basis;     // of the newest transaction that changed what a plan rests on
  std::uint32_t next_vni = 0;
  std::uint64_t next_event = 0;
  // Until then no host is declared dead and no fence is raised, for that reason.
  Instant disarmed_until;
  std::string disarmed_reason;

  bool operator==(const StateRecord&) const = default;
};

using Record =
    std::variant<StateRecord, Site, DepartmentRecord, RoomRecord, NetworkRecord, HostRecord, WaveRecord,
                 ApplicationRecord, Workload, KeyRecord, AnswerRecord, GrantRecord, EventRecord>;

// Which record is meant: the index into Record, and its key ("" for the two that exist once).
struct RecordKey {
  std::size_t kind = 0;
  std::string key;

  auto operator<=>(const RecordKey&) const = default;
};

RecordKey key_of(const Record& record);

// One change of the durable state: a record as it shall be, or the key of one that shall be gone.
using Change = std::variant<Record, RecordKey>;

}  // namespace causeway::model
