// SPDX-License-Identifier: Apache-2.0
// Fence orders on threads: what may overtake what.
#include "scheduler/daemon/fencer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/simulated_fence.h"
#include "tests/support/wait_until.h"

namespace causeway::scheduler {
namespace {

using testing::ElementsAre;

const HostId kHung("h1");
const HostId kOther("h2");

// A BMC that hangs until it is let go; what it was asked is true then.
class HungPower final : public fence::Power {
 public:
  Result<> switch_off(const HostId& host) override {
    if (host == kHung) wait_until([&] { return let_go.load(); });
    return {};
  }
  Result<bool> is_off(const HostId&) override { return true; }

  std::atomic<bool> let_go = false;
};

struct FencerOrders : testing::Test {
  // The ids of the orders that have ended so far.
  const std::vector<std::uint64_t>& ended() {
    for (const auto& input : fencer.take())
      if (const auto* done = std::get_if<FenceDone>(&input)) ended_.push_back(done->id);
    return ended_;
  }
  bool end(std::size_t orders) {
    return wait_until([&] { return ended().size() == orders; });
  }

  std::shared_ptr<agent::SimulatedCluster> cluster = std::make_shared<agent::SimulatedCluster>();
  test::SimulatedFence fence{cluster, HostId("s1")};
  HungPower power;
  Fencer fencer{fence, &power};

 private:
  std::vector<std::uint64_t> ended_;
};

TEST_F(FencerOrders, ABmcThatHangsHoldsUpNoOtherHost) {
  fencer.submit({1, FenceOrder::Kind::switch_off, kHung, {}, {}});
  fencer.submit({2, FenceOrder::Kind::raise, kOther, {"h2"}, {}});
  ASSERT_TRUE(end(1));
  fencer.submit({3, FenceOrder::Kind::switch_off, kOther, {}, {}});
  ASSERT_TRUE(end(2));
  EXPECT_THAT(ended(), ElementsAre(2, 3));
  power.let_go = true;
  ASSERT_TRUE(end(3));
}

TEST_F(FencerOrders, AFenceIsNotLiftedWhileItsHostIsBeingSwitchedOff) {
  fencer.submit({1, FenceOrder::Kind::raise, kHung, {"h1"}, {}});
  fencer.submit({2, FenceOrder::Kind::switch_off, kHung, {}, {}});
  fencer.submit({3, FenceOrder::Kind::lift, kHung, {"h1"}, {}});
  fencer.submit({4, FenceOrder::Kind::raise, kOther, {"h2"}, {}});
  ASSERT_TRUE(wait_until([&] { return ended().size() == 2; }));
  EXPECT_TRUE(cluster->fenced(kHung));
  power.let_go = true;
  ASSERT_TRUE(end(4));
  EXPECT_THAT(std::vector(ended().end() - 2, ended().end()), ElementsAre(2, 3));
  EXPECT_FALSE(cluster->fenced(kHung));
}

TEST_F(FencerOrders, AnOrderThatIsGivenAgainBeforeItsTurnIsCarriedOutOnce) {
  fencer.submit({1, FenceOrder::Kind::switch_off, kHung, {}, {}});
  fencer.submit({2, FenceOrder::Kind::lift, kHung, {"h1"}, {}});
  fencer.submit({3, FenceOrder::Kind::lift, kHung, {"h1"}, {}});
  power.let_go = true;
  ASSERT_TRUE(end(2));
  EXPECT_THAT(ended(), ElementsAre(1, 3));
}

}  // namespace
}  // namespace causeway::scheduler
