// SPDX-License-Identifier: Apache-2.0
// What every leadership promises, with rivals that are stopped and killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/leadership/watch.h"
#include "tests/contract/leadership/bench.h"

namespace causeway::leadership {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using MakeBench = std::unique_ptr<LeadershipBench> (*)(std::string&);

std::unique_ptr<LeadershipBench> simulated(std::string&) { return simulated_leadership_bench(); }

class ALeadership : public testing::TestWithParam<std::pair<const char*, MakeBench>> {
 protected:
  void SetUp() override {
    std::string why_not;
    bench = GetParam().second(why_not);
    if (!bench) GTEST_SKIP() << why_not;
  }

  // As a standby does: looks until it may lead, deposes who is silent, leads. How long it took.
  Duration take_over(Rival& standby) {
    const auto begun = bench->now();
    Watch watch;
    while (bench->now() - begun < std::chrono::seconds(30)) {
      const auto seen = standby.say("look");
      Sign sign;
      if (const auto bar = seen.find('|'); bar != std::string::npos)
        sign = {seen.substr(0, bar), std::stoull(seen.substr(bar + 1))};
      const auto verdict = watch.see(sign, bench->now());
      if (verdict == Verdict::depose) {
        EXPECT_EQ(standby.say("depose"), "ok");
      }
      if (verdict != Verdict::wait) {
        EXPECT_EQ(standby.say("lead"), "ok");
        return bench->now() - begun;
      }
      bench->pass(Duration{250});
    }
    ADD_FAILURE() << "no takeover";
    return {};
  }

  std::unique_ptr<LeadershipBench> bench;
};

TEST_P(ALeadership, IsNobodysAtFirstAndThenTheFirstOnes) {
  const auto first = bench->rival("s1");
  EXPECT_EQ(first->say("look"), "nobody");
  EXPECT_EQ(first->say("lead"), "ok");
  EXPECT_THAT(first->say("look"), StartsWith("s1, "));
  EXPECT_EQ(first->say("stay"), "ok");
}

TEST_P(ALeadership, IsOneSchedulersAtATime) {
  const auto first = bench->rival("s1");
  const auto second = bench->rival("s2");
  ASSERT_EQ(first->say("lead"), "ok");
  EXPECT_THAT(second->say("look"), StartsWith("s1, "));
  EXPECT_THAT(second->say("lead"), StartsWith("error"));
  EXPECT_EQ(first->say("commit 1"), "ok");
}

TEST_P(ALeadership, ShowsSignsOfLifeWhileItsHolderLives) {
  const auto first = bench->rival("s1");
  const auto second = bench->rival("s2");
  ASSERT_EQ(first->say("lead"), "ok");
  const auto before = second->say("look");
  bench->pass(kBeat * 3);
  EXPECT_NE(second->say("look"), before);
}

TEST_P(ALeadership, GoesOverAtOnceWhenItsHolderLeaves) {
  const auto first = bench->rival("s1");
  const auto second = bench->rival("s2");
  ASSERT_EQ(first->say("lead"), "ok");
  ASSERT_EQ(first->say("commit 3"), "ok");
  ASSERT_EQ(first->say("leave"), "ok");
  EXPECT_LT(take_over(*second), std::chrono::seconds(2));
  EXPECT_EQ(second->say("count"), "3");
}

TEST_P(ALeadership, OfAKilledHolderGoesOverWithinTenSecondsAndNothingIsLost) {
  const auto first = bench->rival("s1");
  const auto second = bench->rival("s2");
  ASSERT_EQ(first->say("lead"), "ok");
  ASSERT_EQ(first->say("commit 20"), "ok");
  first->kill();
  const auto took = take_over(*second);
  RecordProperty("takeover_ms", static_cast<int>(took.count()));
  EXPECT_LT(took, std::chrono::seconds(10));
  EXPECT_EQ(second->say("count"), "20");
  EXPECT_EQ(second->say("commit 5"), "ok");
}

TEST_P(ALeadership, OfAFrozenHolderGoesOverAndWhatThatOneWritesAfterwardsNeverArrives) {
  const auto first = bench->rival("s1");
  const auto second = bench->rival("s2");
  ASSERT_EQ(first->say("lead"), "ok");
  ASSERT_EQ(first->say("commit 20"), "ok");
  first->stop();
  EXPECT_LT(take_over(*second), std::chrono::seconds(10));
  first->go_on();
  EXPECT_THAT(first->say("stay"), StartsWith("error"));
  EXPECT_THAT(first->say("commit 1"), StartsWith("error"));
  EXPECT_EQ(second->say("count"), "20");
  EXPECT_EQ(second->say("commit 5"), "ok");
  EXPECT_EQ(second->say("count"), "25");
}

TEST_P(ALeadership, IsNotTakenFromOneThatTookItMeanwhile) {
  const auto first = bench->rival("s1");
  const auto second = bench->rival("s2");
  const auto third = bench->rival("s3");
  ASSERT_EQ(first->say("lead"), "ok");
  ASSERT_THAT(second->say("look"), StartsWith("s1, "));
  first->kill();
  EXPECT_LT(take_over(*third), std::chrono::seconds(10));
  EXPECT_THAT(second->say("depose"), HasSubstr("leads by now"));
  EXPECT_EQ(third->say("commit 1"), "ok");
}

INSTANTIATE_TEST_SUITE_P(Contract, ALeadership,
                         testing::Values(std::pair{"Simulated", &simulated},
                                         std::pair{"Ceph", &ceph_leadership_bench}),
                         [](const auto& tested) { return std::string(tested.param.first); });

// --- what a standby concludes from what it sees ---

struct AWatch : testing::Test {
  Verdict see(std::optional<Sign> sign, int after_ms) {
    now += Duration{after_ms};
    return watch.see(sign, now);
  }
  Watch watch;
  Instant now{std::chrono::hours(1)};
};

TEST_F(AWatch, LeadsWhenNobodyDoes) { EXPECT_EQ(see(Sign{}, 0), Verdict::lead); }

TEST_F(AWatch, DeposesWhoWasSilentForTheWholeTime) {
  EXPECT_EQ(see(Sign{"s1", 7}, 0), Verdict::wait);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(see(Sign{"s1", 7}, 500), Verdict::wait);
  EXPECT_EQ(see(Sign{"s1", 7}, 500), Verdict::depose);
}

TEST_F(AWatch, WaitsAnewAfterEachSign) {
  for (std::uint64_t beat = 0; beat < 40; ++beat) EXPECT_EQ(see(Sign{"s1", beat / 5}, 900), Verdict::wait);
}

TEST_F(AWatch, WaitsAnewWhenTheStorageDidNotAnswerInBetween) {
  EXPECT_EQ(see(Sign{"s1", 7}, 0), Verdict::wait);
  EXPECT_EQ(see(Sign{"s1", 7}, 4000), Verdict::wait);
  EXPECT_EQ(see(std::nullopt, 500), Verdict::wait);
  EXPECT_EQ(see(Sign{"s1", 7}, 4000), Verdict::wait);
}

TEST_F(AWatch, TakesItsOwnSleepForNobodysSilence) {
  EXPECT_EQ(see(Sign{"s1", 7}, 0), Verdict::wait);
  EXPECT_EQ(see(Sign{"s1", 7}, 60'000), Verdict::wait);
}

TEST_F(AWatch, TakesAnotherHolderForAnotherLife) {
  EXPECT_EQ(see(Sign{"s1", 7}, 0), Verdict::wait);
  EXPECT_EQ(see(Sign{"s1", 7}, 4000), Verdict::wait);
  EXPECT_EQ(see(Sign{"s2", 7}, 1500), Verdict::wait);
}

}  // namespace
}  // namespace causeway::leadership
