// SPDX-License-Identifier: Apache-2.0
// When to look at the host: at once after a start, soon after a wakeup or a failure, and from time to time
// anyway. A driver that doesn't answer is asked again after a growing wait.
#pragma once

#include <optional>
#include <vector>

#include "agent/core/limits.h"
#include "agent/core/order.h"
#include "agent/reconcile/desired.h"
#include "common/core/time.h"

namespace causeway::agent {

class Looks {
 public:
  Looks(const HostSetup& setup, Instant now);

  // Something on that lane may be otherwise than it was seen.
  void want(Lane lane, Instant now);
  void want_pool(const ZoneId& zone, Instant now);

  // The look that is to be taken on the lane now, if any. With work waiting, a look comes first only if the
  // last one is long enough ago. It counts as begun.
  std::optional<Work> begin(Lane lane, bool work_waits, Instant now);
  // Whether what it saw can be trusted: false if the host was changed since it began. Then it is due again.
  bool end(const Work& look, bool answered, Instant now);
  // An action on the lane has changed something.
  void changed(Lane lane);
  // An action on the lane may have changed something: its answer was lost, or may yet come true.
  void doubt(Lane lane, Instant now);
  // Nothing is in doubt (in the storage only if that matters): whatever was doubted was looked at since.
  [[nodiscard]] bool sure(bool with_storage) const;

  // Whether each of them came back once, with or without an answer.
  [[nodiscard]] bool each_was_taken() const;
  [[nodiscard]] Instant next() const;

 private:
  struct Target {
    Work work;
    Lane lane{};
    Duration interval{};
    Instant due;
    Instant ended;
    bool under_way = false;
    bool again = false;     // somebody wanted a look while one was under way
    bool outdated = false;  // we changed something while it was looked at
    bool unsure = false;
    bool taken = false;
    int failures = 0;
  };
  Target& target_of(const Work& look);

  std::vector<Target> targets_;
};

}  // namespace causeway::agent
