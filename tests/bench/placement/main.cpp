// SPDX-License-Identifier: Apache-2.0
// bench_placement [--traces DIR] [--only NAME] [--hosts N]
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/placement/benches.h"
#include "tests/bench/placement/traces.h"

int main(int argc, char** argv) {
  using namespace causeway::bench;
  std::filesystem::path traces;
  std::string only;
  std::vector<int> hosts = {1000, 10'000, 100'000};  // of the churn bench
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--traces") traces = argv[i + 1];
    if (option == "--only") only = argv[i + 1];
    if (option == "--hosts") hosts = {std::atoi(argv[i + 1])};
  }
  struct Bench {
    std::string name;
    bool needs_traces;
    std::function<void()> run;
  };
  const std::vector<Bench> benches = {
      {"churn", false, [&] { run_churn(hosts, 200'000); }},
      {"packing", true, [&] { run_packing(traces); }},
      {"topology", true, [&] { run_topology(traces); }},
      {"online", true, [&] { run_online(traces); }},
      {"recovery", false, run_recovery},
      {"wave", false, run_wave},
      {"capacity", false, run_capacity},
  };
  fmt::print("| measure | on | reached |\n|---|---|---|\n");
  for (const Bench& bench : benches) {
    if (!only.empty() && only != bench.name) continue;
    if (bench.needs_traces && !std::filesystem::is_directory(traces)) {
      fmt::print("no folder of traces (--traces DIR): {} is left out\n", bench.name);
      continue;
    }
    try {
      bench.run();
    } catch (const BadTrace& bad) {
      fmt::print(stderr, "{}\n", bad.what());
      return 1;
    }
  }
}
