// SPDX-License-Identifier: Apache-2.0
// A snapshot that is kept and follows what happens, with the engine on it: what a batch costs is then what it
// asks for, and not what stands. Whoever keeps one tells it of each change; tests compare it with one that is
// made anew (difference()). Every plan is held against the independent checker (check.h) on an excerpt: the
// part of the snapshot that the plan touches, with quotas and pools less what the rest uses.
//
// Hosts, zones, racks and departments are those of the snapshot that it was made from; if one of them
// changes, make another. A host's state, groups and workloads follow.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/placement/engine.h"
#include "scheduler/placement/plan.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::placement {

class Standing {
 public:
  // The snapshot must be valid.
  explicit Standing(Snapshot snapshot);

  // The site has its zone, department, host and NUMA nodes, and its groups were put. Only such a workload can
  // be put.
  [[nodiscard]] bool knows(const Placed& placed) const;
  // In the place of the one of that name, if there is one.
  void put(Placed placed);
  // Already gone: nothing.
  void erase(const WorkloadId& id);
  // A group that is known takes the new rules.
  void put(const Group& group);
  // The site must have the host.
  void set_state(const HostId& host, HostState state);

  // What is asked beside the batch's requests.
  struct Terms {
    std::set<WorkloadId> without;           // as if these did not stand
    std::map<WorkloadId, HostId> stays_on;  // requests that may go nowhere else
  };
  // As the function of that name (place.h), without runners-up and scores. Leaves everything as it was.
  Answer<Plan> place_batch(const Batch& batch, const Terms& terms);

  // The first thing in which they differ, in words; empty: nothing. What they were made from and in which
  // order they learned what they know makes no difference.
  [[nodiscard]] std::string difference(const Standing& other) const;

 private:
  struct Sums {  // of one department in one zone
    std::int64_t vcpus = 0;
    MiB memory;
    GiB volumes;
    bool operator==(const Sums&) const = default;
  };
  struct ById {
    bool operator()(const Placed* a, const Placed* b) const {
      return a->request.workload < b->request.workload;
    }
  };
  using Members = std::set<const Placed*, ById>;

  void count(const Placed& placed, int sign);
  void index(const Placed& placed);
  void unindex(const Placed& placed);
  // What stands on those hosts or belongs to those groups, and what the sums of the rest leave.
  [[nodiscard]] Snapshot excerpt(const Batch& batch, const std::set<HostId>& hosts) const;
  void add_groups_of(const Request& request, std::set<GroupId>& groups) const;
  Answer<Plan> place_without(const Batch& batch, const Terms& terms);
  [[nodiscard]] Snapshot whole() const;

  Snapshot site_;  // without workloads and groups; the states of its hosts follow
  std::unordered_map<std::string, std::size_t> hosts_;  // by name, into site_
  std::map<GroupId, Group> groups_;
  std::unordered_map<std::string, Placed> placed_;
  std::unordered_map<std::string, Members> by_host_;
  std::unordered_map<std::string, Members> by_group_;
  std::map<std::pair<DepartmentId, ZoneId>, Sums> tenants_;
  std::map<ZoneId, GiB> pools_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace causeway::placement
