// SPDX-License-Identifier: Apache-2.0
// What `reach` and `verify` read from the answer to the question whether one workload reaches another.
#pragma once

#include <string>
#include <string_view>

#include "common/model/value.h"

namespace causeway::cli {

// "agree", "disagree" or "not known": whether the switches do what the policy says.
std::string verdict_of(const model::Listing& listing);

// What stands in the column of the first row; empty: there is none.
std::string text_in(const model::Listing& listing, std::string_view column);

}  // namespace causeway::cli
