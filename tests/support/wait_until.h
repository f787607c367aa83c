// SPDX-License-Identifier: Apache-2.0
// Tests of real components wait for what they wait for, never for a time to pass: this is the one place that
// looks again after a moment.
#pragma once

#include <chrono>
#include <thread>

namespace causeway {

// True as soon as the condition holds; false when it didn't within the patience.
template <class Condition>
bool wait_until(Condition so, std::chrono::milliseconds patience = std::chrono::seconds(30)) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace causeway
