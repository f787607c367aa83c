// SPDX-License-Identifier: Apache-2.0
// Why not: how many hosts each constraint excludes, which hosts come nearest and what they lack, and which
// changes, tried one by one, would make the request fit. Everything is read off the tables of policy.h.
#pragma once

#include "scheduler/placement/plan.h"
#include "scheduler/placement/policy.h"

namespace causeway::placement {

// The request must have no place in this case.
Refusal explain_refusal(const Case& in);

}  // namespace causeway::placement
