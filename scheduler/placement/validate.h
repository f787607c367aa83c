// SPDX-License-Identifier: Apache-2.0
// The gate in front of every engine: what a snapshot or a request must satisfy before anything is computed on
// it. All findings at once, each with its place ("hosts.h1.numa.0.memory"); empty means good.
#pragma once

#include <span>

#include "common/core/finding.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::placement {

// Every amount stays below this (in its own unit), so that sums over any site stay far from overflowing.
inline constexpr std::int64_t kAmountMax = std::int64_t{1} << 40;

Findings validate(const Snapshot& snapshot);

// The batch against a snapshot that is valid: names it knows, amounts in range, nobody twice, no group at
// odds with itself.
Findings validate(const Snapshot& snapshot, const Batch& batch);

}  // namespace causeway::placement
