// SPDX-License-Identifier: Apache-2.0
// The portfolio's simple members, and bounds that need no linear program.
#pragma once

#include "scheduler/packing/pack.h"

namespace causeway::packing {

// The best of all simple heuristics. Every item fits an empty host.
Packing pack_simply(const Problem& problem);

// From the sums, and from items so large that no two of them share a host.
std::int64_t simple_bound(const Problem& problem);

}  // namespace causeway::packing
