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
#include <span>

#include "scheduler/placement/site.h"
#include "scheduler/placement/usage.h"

namespace causeway::placement {

inline constexpr int kLevels = 64;

// A place on one host: the NUMA nodes to bind to, -1 where none.
struct Slot {
  std::array<int, 2> nodes{-1, -1};

  bool operator==(const Slot&) const = default;
  // The nodes it has, as Placed has them.
  [[nodiscard]] std::span<const int> numa_nodes() const {
    return {nodes.data(), static_cast<std::size_t>((nodes[0] >= 0) + (nodes[1] >= 0))};
  }
};

// All slots of a host with that many nodes, for a request that asks for `wanted`, in ascending order; which
// of them fit is not asked here.
std::vector<Slot> slots(int nodes, int wanted);

// What a request bound like that can get there: of the host as a whole, and for NUMA slots of each node.
inline Amounts free_in(const Site& site, const Usage& usage, Index host, const Slot& slot) {
  if (slot.nodes[0] < 0) return usage.free(host);
  if (slot.nodes[1] < 0) return usage.free_on_node(site, host, slot.nodes[0]);
  const Amounts all = usage.free(host);
  const Amounts half = {all.cpu / 2, all.memory / 2, all.huge_pages / 2};
  return least(half, least(usage.free_on_node(site, host, slot.nodes[0]),
                           usage.free_on_node(site, host, slot.nodes[1])));
}

// What the request takes there, in the same measure as free_in.
inline Amounts demand_in(const Want& want, int overcommit_percent) {
  return want.request->numa_nodes == 0 ? want.total(overcommit_percent) : want.per_node(overcommit_percent);
}

class Levels {
 public:
  struct Pair {
    int cpu = 0;
    int memory = 0;
    bool operator==(const Pair&) const = default;
  };

  explicit Levels(const Site& site);

  // `kind`: 0 host, 1 one node, 2 two nodes. Levels of negative amounts are 0.
  [[nodiscard]] Pair of(const Amounts& amounts, int kind, bool huge_pages) const {
    const Pair fine = fine_of(amounts, kind, huge_pages);
    return {.cpu = coarse(fine.cpu), .memory = coarse(fine.memory)};
  }

  // An index needs to tell full hosts from nearly full ones, because most hosts of a busy site are one or the
  // other: the lowest levels are split into eight each.
  static constexpr int kFineLevels = 128;
  [[nodiscard]] Pair fine_of(const Amounts& amounts, int kind, bool huge_pages) const {
    const Width& width = widths_[static_cast<std::size_t>(kind)];
    return {.cpu = fine(amounts.cpu, width.cpu),
            .memory =
                huge_pages ? fine(amounts.huge_pages, width.huge_pages) : fine(amounts.memory, width.memory)};
  }
  static constexpr int coarse(int fine) {
    return fine < kSplit * kParts ? fine / kParts : fine - kSplit * (kParts - 1);
  }

 private:
  static constexpr int kSplit = 8;  // so many of the lowest levels
  static constexpr int kParts = 8;  // into so many parts

  // `width` is that of a part.
  static int fine(std::int64_t amount, std::int64_t width) {
    if (amount < width) return 0;
    const std::int64_t part = amount / width;
    if (part < std::int64_t{kSplit} * kParts) return static_cast<int>(part);
    return static_cast<int>(std::min<std::int64_t>(part / kParts, kLevels - 1)) + kSplit * (kParts - 1);
  }

  struct Width {
    std::int64_t cpu = 1;
    std::int64_t memory = 1;
    std::int64_t huge_pages = 1;
  };
  std::array<Width, 3> widths_;
};

}  // namespace causeway::placement
