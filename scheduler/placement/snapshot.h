// SPDX-License-Identifier: Apache-2.0
// What placement looks at: one site at one moment, as plain values. Who fills a snapshot (the scheduler's
// core from its state, a file for `what-if`) decides what is true; everything in this folder only computes on
// it. Values are checked by validate() (validate.h) before anything is placed; the functions behind it rely
// on that.
//
// Units: CPUs in whole vCPUs and cores, memory in MiB, volumes in GiB. Names are identities, so order in a
// list says nothing: engines sort hosts by name first, and equal snapshots give equal plans.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/core/ids.h"
#include "common/core/units.h"

namespace causeway::placement {

using causeway::GroupId;  // "civil-affairs/marriage-registration/web", or a name that spans applications

// How far a zone keeps from other zones on the hosts that serve it.
enum class Isolation {
  own_hosts,        // its hosts serve no other zone
  shared_by_level,  // its hosts may serve other zones of the same MLPS level that say so too
};

// What may be lost at once while all protected workloads of a zone still find a place.
enum class Reserve { none, host, rack };

enum class HostState {
  up,
  cordoned,  // runs what it has, takes nothing new
  draining,  // being emptied
  isolated,  // runs what it has, but the scheduler can't reach it
  down,      // lost: what ran there has to start elsewhere
};

// A domain of failure, from narrow to wide.
enum class Scope { host, rack, hall };

struct Zone {
  ZoneId id;
  Isolation isolation = Isolation::own_hosts;
  int mlps = 3;  // the highest MLPS level that it may carry, 1 to 4
  Reserve reserve = Reserve::none;
  std::optional<GiB> pool;           // capacity of the zone's volume pool; absent: not limited here
  std::set<ZoneId> exchange_with{};  // zones that an exchange gateway may stand between this one and
};

struct Rack {
  RackId id;
  HallId hall;
};

struct NumaNode {
  std::int64_t cores = 0;
  MiB memory;
  MiB huge_pages;  // the part of `memory` that is set aside as huge pages
};

struct Host {
  HostId id;
  RackId rack;
  std::set<ZoneId> zones;        // that it serves
  std::int64_t cores = 0;        // that guests may use
  int overcommit_percent = 100;  // vCPUs per 100 cores, for workloads that are not pinned
  MiB memory;                    // that guests may use, huge pages included
  MiB huge_pages;                // the part of `memory` that is set aside as huge pages
  std::vector<NumaNode>
      numa;  // empty: unknown, takes no workload that asks for NUMA nodes; at most kNumaNodesMax
  std::set<std::string> traits;  // "cpu:icelake", "flag:avx512f", "secure-boot", "gpu:a10"
  DepartmentId dedicated_to;     // empty: serves every department
  std::set<ZoneId> uplinks;      // zones in which it has an uplink
  HostState state = HostState::up;
  std::string host_class;      // what its people call machines of its kind; placement does not look at it
  bool exchange_host = false;  // serves two zones and takes exchange gateways between them, and nothing else
};

inline constexpr std::size_t kNumaNodesMax = 8;

// What a department may use in one zone, all its workloads together. Absent: not limited.
struct Quota {
  std::optional<std::int64_t> vcpus;
  std::optional<MiB> memory;
  std::optional<GiB> volumes;
};

struct Department {
  DepartmentId id;
  std::map<ZoneId, Quota> quotas;
};

// A wish about where the members of one group stand relative to each other.
struct Rule {
  enum class Kind { keep_apart, keep_together };
  Kind kind = Kind::keep_apart;
  Scope scope = Scope::host;
  int max_per_domain = 1;  // keep_apart: so many members may share one host, rack or hall
  double weight =
      0;  // 0: hard. Otherwise soft: what keeping it is worth, on the scale of the scorers' weights
  // keep_apart: from the members of that group, which says the same of this one; empty: from each other.
  GroupId from;

  [[nodiscard]] bool hard() const { return weight == 0; }
  bool operator==(const Rule&) const = default;
};

// Workloads that name the group are its members; its rules hold among them.
struct Group {
  GroupId id;
  std::vector<Rule> rules;
};

// A workload as placement sees it.
struct Request {
  WorkloadId workload;
  ApplicationId application;
  DepartmentId department;
  ZoneId zone;
  int mlps = 1;
  std::int64_t vcpus = 1;
  MiB memory;
  bool huge_pages = false;  // all its memory comes from huge pages
  int numa_nodes = 0;       // 0: wherever; 1 or 2: cores and memory of so many nodes, an equal share of each
  bool pinned = false;      // a core of its own for each vCPU, outside any overcommit
  GiB volumes;              // sum of its disks, in the pool of its zone
  std::set<std::string> traits;  // that its host must have
  bool is_protected = true;      // restarts elsewhere when its host dies
  std::set<ZoneId> uplinks;      // of its zones, in which its host must have an uplink
  std::set<GroupId> groups;
  // Of an exchange gateway: the zone beside `zone` in which it has ports. What it takes is charged to `zone`
  // alone. Empty: it is none.
  ZoneId exchange_gateway{};
};

// A workload that has its place.
struct Placed {
  Request request;
  HostId host;
  std::vector<int> numa_nodes;  // indices into Host::numa, ascending; as many as the request asks for
};

struct Snapshot {
  std::vector<Zone> zones;
  std::vector<Rack> racks;
  std::vector<Host> hosts;
  std::vector<Department> departments;
  std::vector<Group> groups;
  std::vector<Placed> workloads;
  // Networks whose ports need an uplink on their host, and the zone of each: what a wave asks for is known by
  // them.
  std::map<NetworkId, ZoneId> on_uplinks;
};

// Things that come together and are placed whole or not at all.
struct Batch {
  std::vector<Group> groups;  // that the requests name and the snapshot does not have yet
  std::vector<Request> requests;
};

std::string_view to_string(Isolation isolation);
std::string_view to_string(Reserve reserve);
std::string_view to_string(HostState state);
std::string_view to_string(Scope scope);
std::string_view to_string(Rule::Kind kind);

}  // namespace causeway::placement
