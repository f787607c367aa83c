// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/levels.h"

#include <algorithm>

namespace causeway::placement {
namespace {

// The width of an eighth of a level.
std::int64_t width_of(std::int64_t largest) {
  constexpr std::int64_t kParts = std::int64_t{8} * kLevels;
  return std::max<std::int64_t>(1, (largest + kParts - 1) / kParts);
}

Amounts most(const Amounts& a, const Amounts& b) {
  return {.cpu = std::max(a.cpu, b.cpu),
          .memory = std::max(a.memory, b.memory),
          .huge_pages = std::max(a.huge_pages, b.huge_pages)};
}

}  // namespace

std::vector<Slot> slots(int nodes, int wanted) {
  if (wanted == 0) return {Slot{}};
  std::vector<Slot> all;
  for (int a = 0; a < nodes; ++a) {
    if (wanted == 1) all.push_back({{a, -1}});
    for (int b = a + 1; wanted == 2 && b < nodes; ++b) all.push_back({{a, b}});
  }
  return all;
}

Levels::Levels(const Site& site) {
  std::array<Amounts, 3> largest;
  for (Index i = 0; i < site.hosts(); ++i) largest[0] = most(largest[0], site.capacity(i));
  for (Index i = 0; i < site.nodes(); ++i) largest[1] = most(largest[1], site.node_capacity(i));
  largest[2] = largest[1];
  for (std::size_t kind = 0; kind < widths_.size(); ++kind)
    widths_[kind] = {.cpu = width_of(largest[kind].cpu),
                     .memory = width_of(largest[kind].memory),
                     .huge_pages = width_of(largest[kind].huge_pages)};
}

}  // namespace causeway::placement
