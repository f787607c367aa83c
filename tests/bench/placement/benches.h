// SPDX-License-Identifier: Apache-2.0
// The placement benches, one function for each row of the table in RESULTS.md. Each prints its rows.
#pragma once

#include <vector>

namespace causeway::bench {

void run_churn(const std::vector<int>& sizes, int rounds);

}  // namespace causeway::bench
