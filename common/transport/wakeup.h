// SPDX-License-Identifier: Apache-2.0
// Ends a poll from another thread.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "common/core/check.h"

namespace causeway::transport {

class Wakeup {
 public:
  Wakeup() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { CAUSEWAY_CHECK(descriptor_ >= 0); }
  ~Wakeup() { ::close(descriptor_); }
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  // Any thread, and a signal handler too.
  void wake() {
    const std::uint64_t one = 1;
    // It fails only when it is already full of wakes.
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
  }
  void clear() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(descriptor_, &count, sizeof count);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace causeway::transport
