// SPDX-License-Identifier: Apache-2.0
// Carries out what the core wants of the storage: a look every kLookInterval, and fence orders. Each has a
// thread of its own, because a fence must not wait for a look, nor a look for a fence that hangs. What came
// of it is fetched by the loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "scheduler/core/core.h"
#include "scheduler/fence/fence.h"

namespace causeway::scheduler {

class Fencer {
 public:
  // The fence must outlive this.
  explicit Fencer(fence::Fence& fence);
  // Waits for what is under way.
  ~Fencer();
  Fencer(const Fencer&) = delete;
  Fencer& operator=(const Fencer&) = delete;

  // What the next look reads.
  void watch(fence::Watched hosts);
  void submit(FenceOrder order);
  // What came of looks and orders since the last call.
  std::vector<Input> take();

 private:
  void look();
  void carry_out();
  void put(Input input);

  fence::Fence& fence_;
  std::mutex mutex_;
  std::condition_variable changed_;
  fence::Watched watched_;
  std::deque<FenceOrder> orders_;
  std::vector<Input> done_;
  bool ending_ = false;
  std::thread looks_;
  std::thread fences_;
};

}  // namespace causeway::scheduler
