// SPDX-License-Identifier: Apache-2.0
// The second opinion: does the plan keep every promise on that snapshot? Written apart from the engines, on
// the plain values and with nothing of theirs but snapshot.h, so that a mistake in the resolved forms, the
// usage or the tables does not hide itself. Runs after every plan, in tests and in production; its cost is
// linear in what the plan touches and what stands there already.
#pragma once

#include "common/core/finding.h"
#include "scheduler/placement/plan.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::placement {

// Empty: the plan is good. What was wrong in the snapshot before and is not made worse by the plan is no
// finding; the snapshot must be valid.
Findings check(const Plan& plan, const Snapshot& snapshot);

}  // namespace causeway::placement
