// SPDX-License-Identifier: Apache-2.0
#include "common/core/time.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace causeway {

Instant SystemClock::now() {
  const auto reading = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  last_ = std::max(last_, reading);
  return last_;
}

std::string to_string(Instant at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

std::string to_string(Duration span) {
  using namespace std::chrono_literals;
  const auto count = span.count();
  if (span < 1s) return fmt::format("{}ms", count);
  if (span < 2min) return fmt::format("{}s", count / 1000);
  if (span < 2h) return fmt::format("{}m", count / 60'000);
  if (span < 48h) return fmt::format("{}h", count / 3'600'000);
  return fmt::format("{}d", count / 86'400'000);
}

}  // namespace causeway
