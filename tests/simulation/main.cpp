// SPDX-License-Identifier: Apache-2.0
// Runs seeds and says which of them broke a law; see the script `run` beside this file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "tests/simulation/chaos.h"

namespace {

using namespace causeway;

void show(const simulation::RunResult& result) {
  fmt::print("seed {}: {} ({} events, {} requests done, {} refused, at rest after {}, digest {:016x})\n",
             result.seed, result.failure.empty() ? "holds" : "FAILS: " + result.failure, result.events,
             result.acknowledged, result.refused, to_string(result.settled_after), result.digest);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs a whole cluster on virtual time, from one seed."};
  simulation::RunOptions options;
  std::string seeds;
  std::int64_t until_seconds = 0;
  bool quiet = false;
  app.add_option("--seed", options.seed, "the one seed to run");
  app.add_option("--seeds", seeds, "A..B: all of these");
  app.add_option("--until", until_seconds, "end after so many seconds of the random part");
  app.add_flag("--trace", options.trace, "show what happens");
  app.add_flag("--quiet", quiet, "show only the seeds that fail");
  CLI11_PARSE(app, argc, argv);
  if (until_seconds > 0) options.until = std::chrono::seconds(until_seconds);

  std::uint64_t first = options.seed;
  std::uint64_t last = options.seed;
  if (!seeds.empty()) {
    const auto dots = seeds.find("..");
    if (dots == std::string::npos) {
      fmt::print(stderr, "--seeds wants A..B, such as 1..200\n");
      return 1;
    }
    first = std::stoull(seeds.substr(0, dots));
    last = std::stoull(seeds.substr(dots + 2));
  }
  std::uint64_t failed = 0;
  for (options.seed = first; options.seed <= last; ++options.seed) {
    const auto result = simulation::run_seed(options);
    if (!result.failure.empty()) ++failed;
    if (!quiet || !result.failure.empty()) show(result);
  }
  if (last > first) fmt::print("{} seeds, {} failed\n", last - first + 1, failed);
  return failed == 0 ? 0 : 1;
}
