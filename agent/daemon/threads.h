// SPDX-License-Identifier: Apache-2.0
// A pool of threads for each lane. An order that hangs holds up its own lane only.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "agent/core/core.h"
#include "agent/daemon/work.h"

namespace causeway::agent {

class Threads {
 public:
  // The drivers live longer than this. The inbox is called on the threads.
  Threads(Drivers drivers, std::function<void(Input)> inbox);
  // Ends copies at their next word of progress, and waits for the rest.
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  void submit(Order order);
  void cancel(OrderId id);

 private:
  struct Queue {
    std::condition_variable filled;
    std::deque<Order> orders;
  };
  void work(Queue& queue);
  bool goes_on(OrderId id);

  Drivers drivers_;
  std::function<void(Input)> inbox_;
  std::mutex mutex_;
  std::array<Queue, kLanes> queues_;
  std::set<OrderId> cancelled_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace causeway::agent
