// SPDX-License-Identifier: Apache-2.0
// How full a host looks to the scorers. Free amounts are counted in 64 levels, the largest host of the site
// being the measure, and scorers see levels only: two hosts at the same levels are equally good, and the one
// with the lesser name wins. That makes a score a small integer function, which the fast engine indexes hosts
// by without being any less exact than the reference.
//
// A "slot" is what a workload would be carved from: a whole host, one of its NUMA nodes, or two of them (then
// counted per node). Each kind has a measure of its own.
#pragma once

#include <array>
#include <cstdint>

#include "scheduler/placement/site.h"
#include "scheduler/placement/usage.h"

namespace causeway::placement {

inline constexpr int kLevels = 64;

// A place on one host: the NUMA nodes to bind to, -1 where none.
struct Slot {
  std::array<int, 2> nodes{-1, -1};

  bool operator==(const Slot&) const = default;
  [[nodiscard]] std::vector<int> numa_nodes() const;
};

// All slots of a host for a request of that many NUMA nodes, in ascending order; which of them fit is not
// asked here.
std::vector<Slot> slots(const Site::HostEntry& host, int numa_nodes);

// What a request bound like that can get there: of the host as a whole, and for NUMA slots of each node.
Amounts free_in(const Site& site, const Usage& usage, Index host, const Slot& slot);

// What the request takes there, in the same measure as free_in.
Amounts demand_in(const Want& want, const Site::HostEntry& host);

class Levels {
 public:
  struct Pair {
    int cpu = 0;
    int memory = 0;
    bool operator==(const Pair&) const = default;
  };

  explicit Levels(const Site& site);

  // `kind`: 0 host, 1 one node, 2 two nodes. Levels of negative amounts are 0.
  [[nodiscard]] Pair of(const Amounts& amounts, int kind, bool huge_pages) const;

 private:
  struct Width {
    std::int64_t cpu = 1;
    std::int64_t memory = 1;
    std::int64_t huge_pages = 1;
  };
  std::array<Width, 3> widths_;
};

}  // namespace causeway::placement
