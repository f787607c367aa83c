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

// Civil time for a process that measures leases with it: it goes on with a clock that no one sets, and runs
// at most a twentieth faster or slower until it shows what the civil clock shows. So a step of the civil
// clock makes no lease end that hasn't, and never goes back.
class Slew {
 public:
  // `uptime` never goes back.
  Instant read(std::chrono::nanoseconds uptime, std::chrono::nanoseconds civil);

 private:
  bool begun_ = false;
  std::chrono::nanoseconds uptime_{};
  std::chrono::nanoseconds shown_{};
};

// The machine's clocks, by a Slew.
class SystemClock final : public Clock {
 public:
  Instant now() override;

 private:
  Slew slew_;
};

// "2027-03-14T22:00:00Z".
std::string to_string(Instant at);
// What it prints, also with an offset instead of the Z ("2027-03-14T22:00:00+08:00"), and a date alone, which
// is the end of that day in UTC. invalid: it is none of these, or there is no such day or hour.
Result<Instant> parse_instant(std::string_view text);
// "850ms", "12s", "4m", "3h", "2d": the largest unit that says enough for a table.
std::string to_string(Duration span);

}  // namespace causeway
