// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/threads.h"

#include <utility>

#include "agent/core/limits.h"

namespace causeway::agent {
namespace {

constexpr Duration kProgressEvery{250};

}  // namespace

Threads::Threads(Drivers drivers, std::function<void(Input)> inbox)
    : drivers_(drivers), inbox_(std::move(inbox)) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    for (int i = 0; i < kOrdersAtOnce[lane]; ++i) {
      threads_.emplace_back([this, &queue = queues_[lane]] { work(queue); });
    }
  }
}

Threads::~Threads() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  for (auto& queue : queues_) queue.filled.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Threads::submit(Order order) {
  auto& queue = queues_[static_cast<std::size_t>(order.lane)];
  {
    const std::scoped_lock lock(mutex_);
    queue.orders.push_back(std::move(order));
  }
  queue.filled.notify_one();
}

void Threads::cancel(OrderId id) {
  const std::scoped_lock lock(mutex_);
  cancelled_.insert(id);
}

bool Threads::goes_on(OrderId id) {
  const std::scoped_lock lock(mutex_);
  return !ending_ && !cancelled_.contains(id);
}

void Threads::work(Queue& queue) {
  while (true) {
    Order order;
    {
      std::unique_lock lock(mutex_);
      queue.filled.wait(lock, [&] { return ending_ || !queue.orders.empty(); });
      if (ending_) return;
      order = std::move(queue.orders.front());
      queue.orders.pop_front();
    }
    auto told = std::chrono::steady_clock::now();
    const ProgressSink sink = [&](const Progress& progress) {
      const auto now = std::chrono::steady_clock::now();
      if (now - told >= kProgressEvery) {
        told = now;
        inbox_(Underway{order.id, progress});
      }
      return goes_on(order.id);
    };
    auto became = carry_out(order.work, drivers_, sink);
    {
      const std::scoped_lock lock(mutex_);
      cancelled_.erase(order.id);
    }
    inbox_(Done{order.id, std::move(became)});
  }
}

}  // namespace causeway::agent
