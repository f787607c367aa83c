// SPDX-License-Identifier: Apache-2.0
#include "scheduler/leadership/watch.h"

namespace causeway::leadership {

Verdict Watch::see(const std::optional<Sign>& sign, Instant now) {
  // A standby that was stopped itself has not seen what happened meanwhile.
  const bool was_away = last_ && now - looked_ > kSilent;
  looked_ = now;
  if (!sign) {
    last_.reset();
    return Verdict::wait;
  }
  if (sign->holder.empty()) {
    last_.reset();
    return Verdict::lead;
  }
  if (was_away || !last_ || *last_ != *sign) {
    last_ = sign;
    since_ = now;
    return Verdict::wait;
  }
  return now - since_ >= kSilent ? Verdict::depose : Verdict::wait;
}

}  // namespace causeway::leadership
