// SPDX-License-Identifier: Apache-2.0
// Points in time and spans. The cores never read a clock: time reaches them as an argument, so that a whole
// cluster can run on virtual time. Only the shells own a Clock.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/core/result.h"

namespace causeway {

using Duration = std::chrono::milliseconds;
// Civil time, for people and for records. Lengths of waiting are measured with it too, inside a core, because
// a core is handed readings that its shell has made non-decreasing.
using Instant = std::chrono::sys_time<Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;
};

// The machine's clock, made non-decreasing within the process.
class SystemClock final : public Clock {
 public:
  Instant now() override;

 private:
  Instant last_{};
};

// "2027-03-14T22:00:00Z".
std::string to_string(Instant at);
// What it prints, also with an offset instead of the Z ("2027-03-14T22:00:00+08:00"), and a date alone, which
// is the end of that day in UTC. invalid: it is none of these, or there is no such day or hour.
Result<Instant> parse_instant(std::string_view text);
// "850ms", "12s", "4m", "3h", "2d": the largest unit that says enough for a table.
std::string to_string(Duration span);

}  // namespace causeway
