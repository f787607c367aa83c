// SPDX-License-Identifier: Apache-2.0
// What the processes of this bench tell each other: a file that all of them have mapped. Times are those of
// the machine's steady clock, in nanoseconds; 0: not yet.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>

namespace causeway::bench {

inline constexpr int kAgentsMax = 20'000;
inline constexpr int kChangesMax = 10'000;

struct Board {
  struct Agent {
    std::atomic<std::int64_t> connected;  // since when its connection stands
    std::atomic<std::uint64_t> epoch;     // newest under which it reported that all of its assignment runs
  };

  std::atomic<bool> whole_reports;  // asked of the agents: everything every five seconds, not only heartbeats
  std::atomic<std::uint64_t> connects;
  std::atomic<std::uint64_t> reports;
  std::atomic<std::uint64_t> heartbeats;
  std::atomic<std::uint64_t> assignments;
  std::array<Agent, kAgentsMax> agents;
  std::array<std::atomic<std::int64_t>, kChangesMax> changes;  // when the host of this one had heard of it
};

// Makes it, all zeros, if it isn't there.
Board& open_board(const std::filesystem::path& folder);

inline std::int64_t nanoseconds_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace causeway::bench
