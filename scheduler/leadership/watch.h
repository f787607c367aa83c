// SPDX-License-Identifier: Apache-2.0
// A standby's judgement of the signs that it sees, as a value: no clock inside.
#pragma once

#include <optional>

#include "common/core/time.h"
#include "scheduler/leadership/leadership.h"

namespace causeway::leadership {

enum class Verdict {
  wait,    // somebody leads and lives, as far as is known
  lead,    // nobody leads
  depose,  // who leads has been silent for kSilent, seen by this standby itself all the time
};

class Watch {
 public:
  // `now` is of a monotonic clock that also counts while the machine sleeps. Nothing: the storage did not
  // answer. That says nothing about the leader, who may have been heard by it all the time, so what was
  // waited for is waited for anew.
  Verdict see(const std::optional<Sign>& sign, Instant now);

 private:
  std::optional<Sign> last_;
  Instant since_;  // of which `last_` has been the same
  Instant looked_;
};

}  // namespace causeway::leadership
