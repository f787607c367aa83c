// SPDX-License-Identifier: Apache-2.0
#include "scheduler/daemon/fencer.h"

#include <utility>

#include "scheduler/fence/carry_out.h"

namespace causeway::scheduler {

Fencer::Fencer(fence::Fence& fence)
    : fence_(fence), looks_([this] { look(); }), fences_([this] { carry_out(); }) {}

Fencer::~Fencer() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  looks_.join();
  fences_.join();
}

void Fencer::watch(fence::Watched hosts) {
  const std::scoped_lock lock(mutex_);
  watched_ = std::move(hosts);
}

void Fencer::submit(FenceOrder order) {
  {
    const std::scoped_lock lock(mutex_);
    orders_.push_back(std::move(order));
  }
  changed_.notify_all();
}

std::vector<Input> Fencer::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(done_, {});
}

void Fencer::put(Input input) {
  const std::scoped_lock lock(mutex_);
  done_.push_back(std::move(input));
}

void Fencer::look() {
  while (true) {
    fence::Watched hosts;
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, kLookInterval, [this] { return ending_; })) return;
      hosts = watched_;
    }
    put(StorageLook{fence_.look(hosts)});
  }
}

void Fencer::carry_out() {
  while (true) {
    FenceOrder order;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !orders_.empty(); });
      if (ending_) return;
      order = std::move(orders_.front());
      orders_.pop_front();
    }
    put(FenceDone{order.id, order.kind == FenceOrder::Kind::raise
                                ? fence::raise_and_prove(fence_, order.addresses, order.images)
                                : fence_.lift(order.addresses)});
  }
}

}  // namespace causeway::scheduler
