// SPDX-License-Identifier: Apache-2.0
// One random run: work and faults, chosen by the seed, for some minutes of virtual time; then everything
// heals and has to settle.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/core/time.h"
#include "tests/simulation/planted.h"

namespace causeway::simulation {

struct RunOptions {
  std::uint64_t seed = 0;
  std::optional<Duration> until;  // ends early, to look at what led somewhere
  bool trace = false;
  Planted planted;
  std::set<std::string> without;  // kinds of faults that don't happen, by the names below
};

// Every kind of fault, in the order in which a seed chooses among them.
std::vector<std::string> fault_kinds();

struct RunResult {
  std::uint64_t seed = 0;
  std::string failure;  // empty: every law held, and the cluster came to rest
  std::uint64_t digest = 0;
  std::uint64_t events = 0;
  std::size_t acknowledged = 0;
  std::size_t refused = 0;
  Duration settled_after{};
  std::map<std::string, int> faults;  // that happened, by kind
};

RunResult run_seed(const RunOptions& options);

// The same seed with as little as still fails: fewer kinds of faults, then less time. The result of what is
// left; `options` is changed to it.
RunResult shrink(RunOptions& options);

}  // namespace causeway::simulation
