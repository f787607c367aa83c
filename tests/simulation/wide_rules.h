// SPDX-License-Identifier: Apache-2.0
// The law that no rule is wider than the policy, checked from the records alone and written apart from the
// scheduler's compiler of guards: it starts from addresses that a rule lets in and asks for the right of
// each.
#pragma once

#include <map>
#include <string>

#include "common/core/time.h"
#include "common/model/assignment.h"
#include "common/model/records.h"

namespace causeway::simulation {

// The first thing in the assignment that lets in more than the records say at that time; empty: nothing.
std::string too_wide(const model::Assignment& assignment,
                     const std::map<model::RecordKey, model::Record>& records, Instant now);

}  // namespace causeway::simulation
