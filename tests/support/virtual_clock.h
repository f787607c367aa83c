// SPDX-License-Identifier: Apache-2.0
// Time that passes when a test lets it.
#pragma once

#include "common/core/time.h"

namespace causeway::test {

class VirtualClock final : public Clock {
 public:
  Instant now() override { return at; }

  Instant at{std::chrono::hours(24 * 365 * 50)};
};

}  // namespace causeway::test
