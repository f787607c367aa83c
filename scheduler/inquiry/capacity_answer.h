// SPDX-License-Identifier: Apache-2.0
// "How many more of this fit?", as a table with a row a zone.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "common/core/finding.h"
#include "common/model/value.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::inquiry {

// What is counted. A request without a department is for nobody in particular: it takes no host that is
// dedicated, and no quota limits it. Without a zone every zone is asked that may carry its level.
struct Shape {
  placement::Request request;
  std::vector<placement::Group> groups;  // that it names; those that the snapshot has stay as they are there
  std::optional<placement::Reserve> reserve;  // count as if the zones kept that one; none: their own
  std::int64_t most = 0;                      // of each zone: bounds the answer and the work
};

// Columns: zone, fit, reserve, fit_with_reserve, and what is in the way of one more.
std::expected<model::Listing, Findings> capacity_answer(placement::Snapshot snapshot, const Shape& shape);

}  // namespace causeway::inquiry
