// SPDX-License-Identifier: Apache-2.0
// How the benches print and measure: one table row per line, in the columns of RESULTS.md.
#pragma once

#include <fmt/format.h>
#include <time.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace causeway::bench {

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// What this thread computed for, whoever else was on the processor: for rates on machines that are shared.
class CpuStopwatch {
 public:
  [[nodiscard]] double seconds() const { return now() - start_; }

 private:
  static double now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double start_ = now();
};

inline void row(const std::string& measure, const std::string& on, const std::string& reached) {
  fmt::print("| {} | {} | {} |\n", measure, on, reached);
  std::fflush(stdout);
}

}  // namespace causeway::bench
