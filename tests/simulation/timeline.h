// SPDX-License-Identifier: Apache-2.0
// Virtual time: what shall happen, in its order. Events of the same instant happen in the order in which they
// were planned.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "common/core/time.h"
#include "tests/support/virtual_clock.h"

namespace causeway::simulation {

class Timeline {
 public:
  [[nodiscard]] Instant now() const { return clock_->at; }
  [[nodiscard]] const std::shared_ptr<test::VirtualClock>& clock() const { return clock_; }

  void at(Instant when, std::function<void()> event) {
    events_.emplace(std::pair(std::max(when, now()), ++planned_), std::move(event));
  }
  void after(Duration wait, std::function<void()> event) { at(now() + wait, std::move(event)); }

  // Lets the next event happen, if there is one until then; else the time passes and false comes back.
  bool run_next(Instant until) {
    if (events_.empty() || events_.begin()->first.first > until) {
      clock_->at = std::max(clock_->at, until);
      return false;
    }
    auto event = events_.extract(events_.begin());
    clock_->at = event.key().first;
    event.mapped()();
    return true;
  }

 private:
  std::shared_ptr<test::VirtualClock> clock_ = std::make_shared<test::VirtualClock>();
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t planned_ = 0;
};

}  // namespace causeway::simulation
