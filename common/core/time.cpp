// SPDX-License-Identifier: Apache-2.0
#include "common/core/time.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <utility>

namespace causeway {

namespace {

constexpr int kSlew = 20;

// Goes on while the machine sleeps, because leases do.
std::chrono::nanoseconds uptime() {
  timespec reading{};
  ::clock_gettime(CLOCK_BOOTTIME, &reading);
  return std::chrono::seconds(reading.tv_sec) + std::chrono::nanoseconds(reading.tv_nsec);
}

}  // namespace

Instant Slew::read(std::chrono::nanoseconds uptime, std::chrono::nanoseconds civil) {
  const auto passed = uptime - uptime_;
  uptime_ = uptime;
  if (!std::exchange(begun_, true))
    shown_ = civil;
  else
    shown_ += passed + std::clamp(civil - (shown_ + passed), -passed / kSlew, passed / kSlew);
  return Instant(std::chrono::floor<Duration>(shown_));
}

Instant SystemClock::now() {
  return slew_.read(uptime(), std::chrono::system_clock::now().time_since_epoch());
}

std::string to_string(Instant at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

namespace {

// The digits at the beginning as a number within bounds, taken off the text with the letter behind them.
bool take(std::string_view& text, std::size_t digits, int least, int most, char after, int& value) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc{} || end != text.data() + digits || value < least || value > most) return false;
  text.remove_prefix(digits);
  if (after == '\0') return true;
  if (!text.starts_with(after)) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "+08:00", "-03:30"
bool take_offset(std::string_view text, std::chrono::minutes& offset) {
  if (text == "Z") return true;
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!take(text, 2, 0, 14, ':', hours) || !take(text, 2, 0, 59, '\0', minutes) || !text.empty())
    return false;
  offset = sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
  return true;
}

}  // namespace

Result<Instant> parse_instant(std::string_view text) {
  using namespace std::chrono;
  const auto wrong = [&] {
    return fail(Errc::invalid,
                fmt::format("'{}' is no time; write 2027-03-14, or 2027-03-14T22:00:00+08:00", text));
  };
  std::string_view rest = text;
  int y = 0;
  int m = 0;
  int d = 0;
  if (!take(rest, 4, 1970, 9999, '-', y) || !take(rest, 2, 1, 12, '-', m) || !take(rest, 2, 1, 31, '\0', d))
    return wrong();
  const year_month_day day{year(y), month(static_cast<unsigned>(m)),
                           std::chrono::day(static_cast<unsigned>(d))};
  if (!day.ok()) return wrong();
  if (rest.empty()) return Instant{sys_days(day)} + hours(24);
  if (!rest.starts_with('T')) return wrong();
  rest.remove_prefix(1);
  int h = 0;
  int minute = 0;
  int second = 0;
  std::chrono::minutes offset{};
  if (!take(rest, 2, 0, 23, ':', h) || !take(rest, 2, 0, 59, ':', minute) ||
      !take(rest, 2, 0, 59, '\0', second) || !take_offset(rest, offset))
    return wrong();
  return Instant{sys_days(day)} + hours(h) + minutes(minute) + seconds(second) - offset;
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
