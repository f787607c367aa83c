// SPDX-License-Identifier: Apache-2.0
// The placement benches, one function for each row of the table in RESULTS.md. Each prints its rows.
#pragma once

#include <filesystem>
#include <vector>

namespace causeway::bench {

void run_churn(const std::vector<int>& sizes, int rounds);
void run_packing(const std::filesystem::path& traces);
void run_topology(const std::filesystem::path& traces);
void run_online(const std::filesystem::path& traces);
void run_recovery();
void run_wave();
void run_capacity();

}  // namespace causeway::bench
