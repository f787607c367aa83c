// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <thread>

#include "tests/contract/compute_bench.h"

namespace causeway::agent {

bool wait_until(const std::function<bool()>& so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace causeway::agent
