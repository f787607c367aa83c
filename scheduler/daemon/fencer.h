// SPDX-License-Identifier: Apache-2.0
// Carries out what the core wants of the storage and of BMCs: a look every kLookInterval, and fence orders.
// Looks, the storage and BMCs have threads of their own, because none of them must wait for another that
// hangs; for BMCs a few, because each of them may. Orders of one host are carried out one after the other, in
// their order. What came of it is fetched by the loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "scheduler/core/core.h"
#include "scheduler/fence/fence.h"

namespace causeway::scheduler {

// Hosts that are switched off at one time. An order that waits longer than the core does is given again.
inline constexpr int kSwitchedOffAtOnce = 16;

class Fencer {
 public:
  // Both must outlive this. Without a way to their power, no host is to be switched off.
  explicit Fencer(fence::Fence& fence, fence::Power* power = nullptr);
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
  void work(bool at_bmcs);
  // The next order of that kind whose host has none under way and none before it.
  std::optional<FenceOrder> next(bool at_bmcs);
  Result<> carry_out(const FenceOrder& order);
  void put(Input input);

  fence::Fence& fence_;
  fence::Power* power_;
  std::mutex mutex_;
  std::condition_variable changed_;
  fence::Watched watched_;
  std::deque<FenceOrder> orders_;
  std::set<HostId> busy_;  // hosts with an order under way
  std::vector<Input> done_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace causeway::scheduler
