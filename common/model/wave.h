// SPDX-License-Identifier: Apache-2.0
// A wave: applications to place or migrate together, as the batch placement file says it, with the defaults
// applied.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/core/ids.h"
#include "common/core/units.h"
#include "common/model/address.h"
#include "common/model/service.h"

namespace causeway::model {

enum class Scope { host, rack, hall };

// A wish about where workloads stand relative to each other.
struct PlacementRule {
  enum class Kind { keep_apart, keep_together };
  Kind kind = Kind::keep_apart;
  Scope scope = Scope::host;
  int at_most = 1;    // keep_apart: so many of them may share one host, rack or hall
  double weight = 0;  // 0: it must hold. Otherwise a wish: what keeping it is worth, up to kRuleWeightMax

  [[nodiscard]] bool hard() const { return weight == 0; }
  bool operator==(const PlacementRule&) const = default;
};

inline constexpr double kRuleWeightMax = 100;  // the scorers of placement have weights of 0.5 to 2
inline constexpr int kAtMostMax = 1000;

// A named group: the workloads of any application that name it are its members, and its rules hold among
// them.
struct Group {
  std::vector<PlacementRule> rules;

  bool operator==(const Group&) const = default;
};

// What a workload asks of its place beside size and traits.
struct Demands {
  std::vector<PlacementRule> rules;  // among the workloads of its entry
  std::set<GroupId> groups;          // that it is a member of
  bool huge_pages = false;           // all its memory is huge pages
  int numa_nodes = 0;   // 1 or 2: bound to so many NUMA nodes, an equal share of each; 0: wherever
  bool pinned = false;  // a core of its own for each vCPU

  bool operator==(const Demands&) const = default;
};

// The first rule that can't hold together with another one of them: kept in one host, rack or hall and apart
// by the same or a wider one. nullptr: there is none.
const PlacementRule* contradiction(const std::vector<PlacementRule>& rules);

struct DiskSpec {
  GiB size;
  std::string import;  // file to import (qcow2, vmdk or raw) in the hosts' images folder; empty: none

  bool operator==(const DiskSpec&) const = default;
};

// The most that a port's bandwidth may be: more is a slip of the pen.
inline constexpr MbitPerSecond kBandwidthMax{400'000};

struct PortSpec {
  NetworkId network;
  std::optional<IpAddress> address;  // none: the next free one. A workload with a count has none.
  MbitPerSecond bandwidth{};         // at most so much in each direction; 0: no limit of its own

  bool operator==(const PortSpec&) const = default;
};

// One entry of `workloads:`; with a count it stands for several virtual machines of one shape.
struct WorkloadSpec {
  std::optional<int> count;  // none: one workload with the entry's name; n: entry-1 to entry-n
  int vcpus = 0;
  MiB memory;
  ImageId image;  // of the disk `root`, unless that imports a file
  bool is_protected = true;
  Demands demands;
  std::map<std::string, DiskSpec> disks;  // `root` is the disk that it boots from
  std::map<std::string, PortSpec> ports;  // eth0, eth1, …: the guest sees them in this order
  std::map<std::string, Service> offers;
  std::set<std::string> traits;       // that its host must have
  std::vector<std::string> ssh_keys;  // authorized for the image's default user
  // Declares it an exchange gateway: the zone beside its application's in which it has ports. Empty: it is
  // none, and all its ports are in its application's zone.
  ZoneId exchange_gateway{};

  bool operator==(const WorkloadSpec&) const = default;
};

// Where an application ran before.
struct Origin {
  RoomId room;
  std::set<std::string> servers;

  bool operator==(const Origin&) const = default;
};

struct Application {
  std::string title;
  DepartmentId department;
  ZoneId zone;
  int mlps = 1;
  std::optional<Origin> from;
  // Other applications, as written: "id-exchange" or "department/id-exchange". They start first.
  std::vector<std::string> depends_on;
  // Services of others, as written: "population/query" or "department/population/query".
  std::vector<std::string> reaches;
  std::map<std::string, WorkloadSpec> workloads;

  bool operator==(const Application&) const = default;
};

struct Wave {
  WaveId id;
  std::string title;
  std::map<std::string, Application> applications;  // by the application's own name, without its department
  std::map<GroupId, Group> groups;                  // that its workloads and those of other waves may name

  bool operator==(const Wave&) const = default;
};

// department/application
ApplicationId application_id(const DepartmentId& department, const std::string& name);
// department/application/workload, department/application/workload/disk and so on: one more part.
WorkloadId workload_id(const ApplicationId& application, const std::string& name);
ServiceId service_id(const ApplicationId& application, const std::string& name);
VolumeId volume_id(const WorkloadId& workload, const std::string& disk);
PortId port_id(const WorkloadId& workload, const std::string& port);
// The first part of a name with several: the department of an application, a workload or a volume.
DepartmentId department_of(const std::string& id);
ApplicationId application_of(const WorkloadId& workload);
ApplicationId application_of(const ServiceId& service);
bool same_application(const WorkloadId& a, const WorkloadId& b);
WorkloadId workload_of(const VolumeId& volume);

// The zones in which the application has ports: its own, and those that its exchange gateways lead to. It may
// be granted services of each of them.
std::set<ZoneId> zones_of(const Application& application);
// Whether they have a zone in common.
bool meet(const std::set<ZoneId>& some, const std::set<ZoneId>& others);
// The zones in which the service can be reached: the application's, and the other one of an exchange gateway
// that offers it. Empty: nothing offers it.
std::set<ZoneId> zones_of_service(const Application& application, const std::string& service);

// The names that an entry stands for: {"db"} without a count, {"web-1", "web-2"} with a count of two.
std::vector<std::string> instances(const std::string& entry, const WorkloadSpec& spec);

}  // namespace causeway::model
