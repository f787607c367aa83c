// SPDX-License-Identifier: Apache-2.0
// What is used: the sum of what is placed, and nothing else. Taking and giving back are additions and
// subtractions on values, so they cancel out in any order, and whoever keeps a Usage beside its placements
// can at any time compare it with usage_of() the same placements. Amounts may exceed capacities (a host may
// have shrunk since): free() is then negative, and nothing new fits.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/placement/site.h"

namespace causeway::placement {

// How many members of one group stand in each domain; only domains with members, in ascending order.
class Spread {
 public:
  struct Count {
    Index domain;
    int members;
    bool operator==(const Count&) const = default;
  };

  [[nodiscard]] int in(Index domain) const;
  [[nodiscard]] std::span<const Count> counts() const { return counts_; }
  void add(Index domain, int members);
  bool operator==(const Spread&) const = default;

 private:
  std::vector<Count> counts_;
};

class Usage {
 public:
  struct PerHost {
    Amounts total;              // by all workloads, also those bound to nodes
    std::vector<Amounts> numa;  // by workloads bound to each node
    std::int64_t workloads = 0;
    bool operator==(const PerHost&) const = default;
  };
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

  [[nodiscard]] const PerHost& host(Index index) const { return hosts_[index]; }
  [[nodiscard]] Amounts free(const Site& site, Index host) const;
  // What a workload bound to that node can get: what is free on the node and on the host as a whole.
  [[nodiscard]] Amounts free_on_node(const Site& site, Index host, std::size_t node) const;
  [[nodiscard]] const PerTenant& tenant(Index department, Index zone) const;
  [[nodiscard]] GiB pool(Index zone) const { return pools_[zone]; }
  [[nodiscard]] const Spread& spread(Index group, Scope scope) const;

  bool operator==(const Usage& other) const = default;

 private:
  void add(const Site& site, const Want& want, Index host, std::span<const int> numa_nodes, int sign);

  std::size_t zones_ = 0;
  std::vector<PerHost> hosts_;
  std::vector<PerTenant> tenants_;  // department * zones_ + zone
  std::vector<GiB> pools_;
  std::vector<std::array<Spread, 3>> groups_;  // [group][scope]; grows as the site's groups do
};

// The sum of a snapshot's placed workloads.
Usage usage_of(const Site& site, std::span<const Placed> workloads);

}  // namespace causeway::placement
