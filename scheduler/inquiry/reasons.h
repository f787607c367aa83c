// SPDX-License-Identifier: Apache-2.0
// Why there, and why not, as documents and as sentences: the numbers are those of a plan or a refusal
// (placement/plan.h), and nothing is worked out anew.
#pragma once

#include <string>
#include <vector>

#include "common/model/value.h"
#include "scheduler/placement/plan.h"

namespace causeway::inquiry {

// What the request found in its way: "summary", "constraints" (one row each: how many hosts it excludes, how
// many of them it alone, an example), "nearest" hosts with what they lack, "would_fit": changes that were
// tried, "conflicts": what can't be placed together. Or "findings", when the request itself is wrong.
model::Object document_of(const placement::Refusal& refusal);

// The same in lines, for a plan's list of what can't be placed.
std::vector<std::string> sentences_of(const placement::Refusal& refusal);

// Winner and runners-up as rows: the score, and what each scorer and each soft rule adds to it.
model::List candidates_of(const placement::Placement& placement);

// What the columns of candidates_of mean: a row for each scorer and soft rule, with its weight.
model::List scorers_of(const placement::Placement& placement);

}  // namespace causeway::inquiry
