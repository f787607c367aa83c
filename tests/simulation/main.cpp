// SPDX-License-Identifier: Apache-2.0
// Runs seeds and says which of them broke a law; see the script `run` beside this file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <string>

#include "tests/simulation/chaos.h"

namespace {

using namespace causeway;

void show(const simulation::RunResult& result) {
  fmt::print("seed {}: {} ({} events, {} requests done, {} refused, at rest after {}, digest {:016x})\n",
             result.seed, result.failure.empty() ? "holds" : "FAILS: " + result.failure, result.events,
             result.acknowledged, result.refused, to_string(result.settled_after), result.digest);
}

void show_shrunk(simulation::RunOptions options) {
  const auto result = simulation::shrink(options);
  std::string command = fmt::format("tests/simulation/run --seed {} --trace", options.seed);
  if (options.until) command += fmt::format(" --until {}", (options.until->count() + 999) / 1000);
  if (!options.without.empty()) command += " --without";
  for (const auto& kind : options.without) command += " " + kind;
  fmt::print("  shrunk: {}\n  {}\n", result.failure, command);
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
  std::string plant;
  bool shrinks = false;
  app.add_option("--plant", plant,
                 "with this bug (tests/simulation/planted.h): end at the seed that finds it");
  app.add_flag("--shrink", shrinks,
               "of a seed that fails: what is left when all that it doesn't need is gone");
  app.add_option("--without", options.without, "kinds of faults that don't happen");
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
  if (!plant.empty() && !(options.planted = simulation::bug_named(plant))) {
    fmt::print(stderr, "no bug is called '{}'; see tests/simulation/planted.h\n", plant);
    return 1;
  }
  std::uint64_t failed = 0;
  std::uint64_t events = 0;
  std::map<std::string, int> faults;
  for (options.seed = first; options.seed <= last; ++options.seed) {
    const auto result = simulation::run_seed(options);
    if (!result.failure.empty()) ++failed;
    if (!quiet || !result.failure.empty()) show(result);
    events += result.events;
    for (const auto& [kind, times] : result.faults) faults[kind] += times;
    if (!result.failure.empty() && shrinks) show_shrunk(options);
    if (!result.failure.empty() && options.planted) {
      fmt::print("{} is found by seed {}, after {} seeds\n", plant, options.seed, options.seed - first + 1);
      return 0;
    }
  }
  if (options.planted) {
    fmt::print("{} is not found by {} seeds\n", plant, last - first + 1);
    return 1;
  }
  if (last > first) {
    fmt::print("{} seeds, {} failed; {} events", last - first + 1, failed, events);
    for (const auto& [kind, times] : faults) fmt::print(", {} {}", kind, times);
    fmt::print("\n");
  }
  return failed == 0 ? 0 : 1;
}
