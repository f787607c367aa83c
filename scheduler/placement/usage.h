// SPDX-License-Identifier: Apache-2.0
// What is used: the sum of what is placed, and nothing else. Taking and giving back are additions and
// subtractions on values, so they cancel out in any order, and whoever keeps a Usage beside its placements
// can at any time compare it with usage_of() the same placements. Amounts may exceed capacities (a host may
// have shrunk since): what is free is then negative, and nothing new fits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/placement/site.h"

namespace causeway::placement {

class Usage {
 public:
  struct PerTenant {  // one department in one zone
    std::int64_t vcpus = 0;
    MiB memory;
    GiB volumes;
    bool operator==(const PerTenant&) const = default;
  };

  explicit Usage(const Site& site);  // of nothing

  // The want is resolved against the same site; `numa_nodes` as in Placed.
  void take(const Site& site, const Want& want, Index host, std::span<const int> numa_nodes);
  void give_back(const Site& site, const Want& want, Index host, std::span<const int> numa_nodes);

  [[nodiscard]] const Amounts& free(Index host) const { return hosts_[host].free; }
  // What a workload bound to that node can get: what is free on the node and on the host as a whole.
  [[nodiscard]] Amounts free_on_node(const Site& site, Index host, int node) const {
    return least(free(host), nodes_[site.first_node(host) + static_cast<Index>(node)]);
  }
  [[nodiscard]] std::int64_t workloads(Index host) const { return hosts_[host].workloads; }
  [[nodiscard]] const PerTenant& tenant(Index department, Index zone) const {
    return tenants_[department * zones_ + zone];
  }
  [[nodiscard]] GiB pool(Index zone) const { return pools_[zone]; }

  // The hosts of a group's members, ascending, as often as they have one.
  [[nodiscard]] std::span<const Index> members(Index group) const;

  bool operator==(const Usage& other) const = default;

 private:
  struct PerHost {
    Amounts free;  // what all workloads leave of its capacity, also those bound to nodes
    std::int64_t workloads = 0;
    bool operator==(const PerHost&) const = default;
  };

  void add(const Site& site, const Want& want, Index host, std::span<const int> numa_nodes, int sign);

  std::size_t zones_ = 0;
  std::vector<PerHost> hosts_;
  std::vector<Amounts> nodes_;      // what those bound to each node leave of it, in the site's row of nodes
  std::vector<PerTenant> tenants_;  // department * zones_ + zone
  std::vector<GiB> pools_;
  std::vector<std::vector<Index>> groups_;  // grows as the site's groups do
};

// The sum of a snapshot's placed workloads.
Usage usage_of(const Site& site, std::span<const Placed> workloads);

}  // namespace causeway::placement
