// SPDX-License-Identifier: Apache-2.0
// One random run: work and faults, chosen by the seed, for some minutes of virtual time; then everything
// heals and has to settle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/core/time.h"

namespace causeway::simulation {

struct RunOptions {
  std::uint64_t seed = 0;
  std::optional<Duration> until;  // ends early, to look at what led somewhere
  bool trace = false;
};

struct RunResult {
  std::uint64_t seed = 0;
  std::string failure;  // empty: every law held, and the cluster came to rest
  std::uint64_t digest = 0;
  std::uint64_t events = 0;
  std::size_t acknowledged = 0;
  std::size_t refused = 0;
  Duration settled_after{};
};

RunResult run_seed(const RunOptions& options);

}  // namespace causeway::simulation
