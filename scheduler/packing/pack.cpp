// SPDX-License-Identifier: Apache-2.0
#include "scheduler/packing/pack.h"

#include <algorithm>

#include "scheduler/packing/columns.h"
#include "scheduler/packing/heuristics.h"

namespace causeway::packing {

Packing pack(const Problem& problem) {
  // Items that fit no host keep their index, with a count of none.
  Problem fitting = problem;
  std::int64_t too_large = 0;
  for (Item& item : fitting.items) {
    if (item.cpu <= problem.cpu && item.memory <= problem.memory) continue;
    too_large += item.count;
    item = {.cpu = 1, .memory = 1, .count = 0};
  }
  Packing best = pack_simply(fitting);
  if (best.hosts > best.lower_bound) {
    Columns columns = pack_by_columns(fitting);
    const std::int64_t bound = std::max(best.lower_bound, columns.lower_bound);
    if (columns.packing && columns.packing->hosts < best.hosts) best = std::move(*columns.packing);
    best.lower_bound = bound;
  }
  best.too_large = too_large;
  return best;
}

}  // namespace causeway::packing
