// SPDX-License-Identifier: Apache-2.0
// Column generation for packing: the linear program over patterns, its bound, and whole numbers of hosts out
// of it.
#pragma once

#include <optional>

#include "scheduler/packing/pack.h"

namespace causeway::packing {

struct Columns {
  std::optional<Packing> packing;  // absent when the problem is too large for it
  std::int64_t lower_bound = 0;    // 0: none was reached
};

// Every item fits an empty host.
Columns pack_by_columns(const Problem& problem);

}  // namespace causeway::packing
