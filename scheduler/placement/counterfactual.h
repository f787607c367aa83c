// SPDX-License-Identifier: Apache-2.0
// What would make a refused request fit: one change after the other is tried on values, through the same
// tables as everything else, and those that help are named.
#pragma once

#include <vector>

#include "scheduler/placement/plan.h"
#include "scheduler/placement/policy.h"

namespace causeway::placement {

// At most kCounterfactualsMax, the smallest changes first: a host's state, amounts, rules, what the request
// asks for, quota.
std::vector<Counterfactual> counterfactuals(const Case& in);

inline constexpr std::size_t kCounterfactualsMax = 5;

}  // namespace causeway::placement
