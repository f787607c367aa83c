// SPDX-License-Identifier: Apache-2.0
#include "scheduler/daemon/fencer.h"

#include <algorithm>
#include <utility>

#include "scheduler/fence/carry_out.h"

namespace causeway::scheduler {

Fencer::Fencer(fence::Fence& fence, fence::Power* power) : fence_(fence), power_(power) {
  threads_.emplace_back([this] { look(); });
  threads_.emplace_back([this] { work(false); });
  for (int i = 0; power != nullptr && i < kSwitchedOffAtOnce; ++i)
    threads_.emplace_back([this] { work(true); });
}

Fencer::~Fencer() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Fencer::watch(fence::Watched hosts) {
  const std::scoped_lock lock(mutex_);
  watched_ = std::move(hosts);
}

void Fencer::submit(FenceOrder order) {
  {
    const std::scoped_lock lock(mutex_);
    // One that is given again before anybody came to it takes its own place.
    const auto last = std::find_if(orders_.rbegin(), orders_.rend(),
                                   [&](const FenceOrder& one) { return one.host == order.host; });
    if (last != orders_.rend() && last->kind == order.kind)
      *last = std::move(order);
    else
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

std::optional<FenceOrder> Fencer::next(bool at_bmcs) {
  std::set<HostId> before = busy_;
  for (auto order = orders_.begin(); order != orders_.end(); ++order) {
    const bool first = before.insert(order->host).second;
    if (!first || (order->kind == FenceOrder::Kind::switch_off) != at_bmcs) continue;
    auto found = std::move(*order);
    orders_.erase(order);
    busy_.insert(found.host);
    return found;
  }
  return std::nullopt;
}

void Fencer::work(bool at_bmcs) {
  while (true) {
    std::optional<FenceOrder> order;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || (order = next(at_bmcs)); });
      if (ending_) return;
    }
    put(FenceDone{order->id, carry_out(*order)});
    {
      const std::scoped_lock lock(mutex_);
      busy_.erase(order->host);
    }
    changed_.notify_all();
  }
}

Result<> Fencer::carry_out(const FenceOrder& order) {
  switch (order.kind) {
    case FenceOrder::Kind::raise: return fence::raise_and_prove(fence_, order.addresses, order.images);
    case FenceOrder::Kind::lift: return fence_.lift(order.addresses);
    case FenceOrder::Kind::switch_off: break;
  }
  if (power_ == nullptr) return fail(Errc::invalid, "no way to its power");
  return fence::switch_off_and_prove(*power_, order.host);
}

}  // namespace causeway::scheduler
