// SPDX-License-Identifier: Apache-2.0
// One story for each way in which clouds of this kind have failed. The laws are checked at each step of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/chaos.h"
#include "tests/simulation/world.h"

namespace causeway::simulation {
namespace {

using model::Outage;
using test::application;
using test::EntryBuilder;

model::Wave web(int count) {
  return test::wave("wave-1", {{"web", application("d1", {{"web", EntryBuilder("d1").count(count)}})}});
}
const std::string kWeb1 = "d1/web/web-1";

struct Failure : ::testing::Test {
  Failure() {
    world.boot().apply(web(3)).run_for(20s);
    host = world.host_of(kWeb1);
  }
  ~Failure() override { EXPECT_FALSE(world.violation()) << *world.violation(); }

  // Until then what runs is as it was.
  void nothing_moves(Duration span) {
    for (Duration passed{}; passed < span; passed += 1s) {
      world.run_for(1s);
      EXPECT_EQ(world.outage(host), std::nullopt);
    }
    EXPECT_EQ(world.host_of(kWeb1), host);
  }
  bool until(const std::function<bool()>& holds, Duration within) {
    for (Duration passed{}; passed < within && !holds(); passed += 100ms) world.run_for(100ms);
    return holds();
  }

  World world{1, 4};
  std::string host;
};

TEST_F(Failure, AHostWithoutPowerIsFencedAndItsWorkRunsElsewhereIn25Seconds) {
  world.lose_power(host);
  const auto elsewhere = [&] { return !world.host_of(kWeb1).empty() && world.host_of(kWeb1) != host; };
  EXPECT_TRUE(until(elsewhere, 25s + 5s));
  EXPECT_EQ(world.outage(host), Outage::fenced);
  world.return_power(host);
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
  EXPECT_NE(world.host_of(kWeb1), host);
}

TEST_F(Failure, DeafButAlive) {
  // It says that it is well, hears nothing, and is asked to move.
  world.network().cut("s1", host);
  world.ask(model::HostRequest{model::HostVerb::drain, HostId(host), "", false});
  nothing_moves(2min);
  world.mend(host);
  EXPECT_TRUE(world.settles_within(3min)) << world.unsettled();
  EXPECT_NE(world.host_of(kWeb1), host);
}

TEST_F(Failure, AMessageThatIsLostIsSentAgain) {
  world.network().weather.lost = 0.9;
  world.ask(model::DeleteRequest{"application", "d1/web", false}).run_for(5min);
  world.network().weather.lost = 0;
  EXPECT_TRUE(world.settles_within(2min)) << world.unsettled();
  EXPECT_EQ(world.host_of(kWeb1), "");
}

TEST_F(Failure, NothingIsStuckBetweenTwoStates) {
  // It dies while it is emptied, comes back while it is fenced, and dies again while it is cleaned.
  world.ask(model::HostRequest{model::HostVerb::drain, HostId(host), "", false}).run_for(1s);
  world.lose_power(host);
  ASSERT_TRUE(until([&] { return world.outage(host) == Outage::fenced; }, 40s));
  world.return_power(host);
  ASSERT_TRUE(until([&] { return world.outage(host) != Outage::fenced; }, 40s));
  world.lose_power(host).run_for(1min).return_power(host);
  EXPECT_TRUE(world.settles_within(5min)) << world.unsettled();
}

TEST_F(Failure, TheRoomOfALostHostIsCountedOnce) {
  // 3 hosts of 8 vCPUs are left for what ran on 4: the sum is checked at each commit.
  world
      .apply(test::wave("wave-2",
                        {{"all", application("d2", {{"big", EntryBuilder("d2").count(13).vcpus(2)}})}}))
      .run_for(1min);
  world.lose_power(host).run_for(2min);
  world.apply(test::wave("wave-3", {{"more", application("d3", {{"web", EntryBuilder("d3").count(4)}})}}))
      .run_for(30s);
  world.return_power(host);
  EXPECT_TRUE(world.settles_within(5min)) << world.unsettled();
}

TEST_F(Failure, AFailoverAndABatchDoNotTakeTheSameRoom) {
  world.lose_power(host);
  ASSERT_TRUE(until([&] { return world.outage(host) == Outage::dead; }, 30s));
  world.apply(test::wave("wave-2", {{"race", application("d2", {{"big", EntryBuilder("d2").count(20)}})}}));
  world.run_for(1min).return_power(host);
  EXPECT_TRUE(world.settles_within(5min)) << world.unsettled();
}

TEST_F(Failure, NothingStartsTwice) {
  // Both networks are cut: its guests go on, and would go on writing if they were not fenced.
  world.cut_all(host).run_for(45s);
  EXPECT_EQ(world.outage(host), Outage::fenced);
  world.mend_storage(host).run_for(10s).mend(host);
  EXPECT_TRUE(world.settles_within(2min)) << world.unsettled();
}

TEST_F(Failure, ASleepingHostWakesUpBehindItsFence) {
  world.freeze(host).cut_all(host).run_for(10min).mend_all(host).thaw(host);
  EXPECT_TRUE(world.settles_within(2min)) << world.unsettled();
  EXPECT_NE(world.host_of(kWeb1), host);
}

TEST_F(Failure, AFenceThatNeverFinishesMovesNothingAndSaysSo) {
  world.scheduler_faults.fence_fails = 1;
  world.lose_power(host).run_for(10min);
  EXPECT_EQ(world.outage(host), Outage::dead);
  EXPECT_EQ(world.host_of(kWeb1), "");
  world.scheduler_faults.fence_fails = 0;
  EXPECT_TRUE(until([&] { return !world.host_of(kWeb1).empty(); }, 1min));
  world.return_power(host);
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
}

// With BMCs. Both networks of the host are cut, and its guests go on until its power is off.
struct FailureWithBmcs : Failure {
  using Mood = test::SimulatedPower::Mood;

  void with(fence::Proof proof, Mood mood) {
    world.give_bmcs(proof, mood).kill("s1").run_for(1s).start("s1").run_for(30s);
    world.cut_all(host);
  }
  bool powered() { return !world.scheduler().power().off.contains(HostId(host)); }
  bool elsewhere() { return !world.host_of(kWeb1).empty() && world.host_of(kWeb1) != host; }
  bool comes_back() {
    world.mend_all(host).return_power(host);
    return world.settles_within(3min);
  }
};

TEST_F(FailureWithBmcs, ALostHostIsSwitchedOffAndStaysOffUntilSomebodySwitchesItOn) {
  with(fence::Proof::power, Mood::works);
  EXPECT_TRUE(until([&] { return world.outage(host) == Outage::fenced; }, 40s));
  EXPECT_FALSE(powered());
  world.mend_all(host).run_for(10min);
  EXPECT_EQ(world.outage(host), Outage::fenced);
  EXPECT_TRUE(elsewhere());
  EXPECT_TRUE(comes_back()) << world.unsettled();
}

TEST_F(FailureWithBmcs, ABmcThatNeverAnswersHoldsNothingUpWhereTheStoragesFenceIsEnough) {
  with(fence::Proof::storage, Mood::silent);
  EXPECT_TRUE(until([&] { return world.outage(host) == Outage::fenced; }, 40s));
  world.set_bmc(host, Mood::works);
  EXPECT_TRUE(until([&] { return !powered(); }, 30s)) << "it is asked again";
  EXPECT_TRUE(until([&] { return elsewhere(); }, 30s));
  EXPECT_TRUE(comes_back()) << world.unsettled();
}

TEST_F(FailureWithBmcs, ABmcThatNeverAnswersMovesNothingWhereItsProofIsWanted) {
  with(fence::Proof::power, Mood::silent);
  world.run_for(20min);
  EXPECT_EQ(world.outage(host), Outage::dead);
  EXPECT_FALSE(elsewhere());
  EXPECT_TRUE(comes_back()) << world.unsettled();
}

TEST_F(FailureWithBmcs, ABmcThatLiesIsNotBelieved) {
  with(fence::Proof::power, Mood::lies);
  world.run_for(5min);
  EXPECT_EQ(world.outage(host), Outage::dead);
  EXPECT_FALSE(elsewhere());
  world.set_bmc(host, Mood::works);
  EXPECT_TRUE(until([&] { return elsewhere(); }, 1min));
  EXPECT_TRUE(comes_back()) << world.unsettled();
}

TEST_F(Failure, AFenceDoesNotFireAtHalfTheSite) {
  for (const auto& name : world.hosts()) world.cut_all(name);
  world.run_for(5min);
  for (const auto& name : world.hosts()) EXPECT_EQ(world.outage(name), std::nullopt);
  for (const auto& name : world.hosts()) world.mend_all(name);
  EXPECT_TRUE(world.settles_within(2min)) << world.unsettled();
  EXPECT_EQ(world.host_of(kWeb1), host);
}

TEST_F(Failure, TheDataPlaneDoesNotFollowARestartOfTheControlPlane) {
  const auto process = world.agent(host).processes().front().run;
  for (int i = 0; i < 20; ++i) {
    world.kill("s1").kill(host).run_for(1s).start(host).start("s1").run_for(3s);
    ASSERT_EQ(world.agent(host).processes().front().run, process);
  }
}

TEST_F(Failure, APolicyThatCannotBeEnforcedKeepsPortsClosed) {
  for (const auto& name : world.hosts()) world.site().fabric()->set_answering(HostId(name), false);
  world.apply(test::wave("wave-2", {{"new", application("d2", {{"web", EntryBuilder("d2")}})}}))
      .run_for(2min);
  EXPECT_EQ(world.host_of("d2/new/web"), "");
  world.heal();
  EXPECT_TRUE(world.settles_within(2min)) << world.unsettled();
}

TEST_F(Failure, ASchedulerThatComesBackCausesNoStorm) {
  world.kill("s1").run_for(10min);
  const auto before = world.record().events();
  world.start("s1").run_for(30s);
  EXPECT_LT(world.record().events() - before, 20u) << "nobody has anything to do";
}

TEST_F(Failure, ADrainOfAHostThatDiesEnds) {
  world.ask(model::HostRequest{model::HostVerb::drain, HostId(host), "", false})
      .lose_power(host)
      .run_for(1min);
  EXPECT_FALSE(world.host_of(kWeb1).empty());
  EXPECT_NE(world.host_of(kWeb1), host);
  EXPECT_TRUE(std::holds_alternative<model::DoneResponse>(
      *world.scheduler().ask(model::DeleteRequest{"host", host, false})));
}

TEST_F(Failure, UnreachableIsNotDead) {
  world.cut(host);
  nothing_moves(10min);
  world.mend(host).cut_storage(host);
  nothing_moves(10min);
  world.mend_storage(host);
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
}

TEST_F(Failure, AbsenceIsNotDeletion) {
  world.apply(test::wave("wave-1", {{"other", application("d1", {{"web", EntryBuilder("d1")}})}}))
      .run_for(1min);
  EXPECT_EQ(world.host_of(kWeb1), host);
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
}

TEST_F(Failure, AStaleLeaderChangesNothing) {
  world.scheduler().suspend();
  world.start("s1").run_for(1h);
  world.ask(model::DeleteRequest{"application", "d1/web", false}).run_for(1min);
  world.scheduler().wake();
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
  EXPECT_EQ(world.host_of(kWeb1), "");
}

TEST_F(Failure, AnOlderStateThatIsRestoredOverrulesNoHostUntilAPersonSaysSo) {
  world.scheduler().back_up();
  world.ask(model::PowerRequest{model::PowerVerb::stop, "d1/web", false}).run_for(30s);
  ASSERT_EQ(world.host_of(kWeb1), "");
  world.scheduler().restore();
  // Generations are counted past those that the agents know.
  world.start("s1").apply(
      test::wave("wave-2", {{"later", application("d2", {{"db", EntryBuilder("d2").count(8)}})}}));
  world.run_for(2min);
  EXPECT_EQ(world.host_of(kWeb1), "") << "its host knows that it was stopped";
  // A host that is lost meanwhile is fenced, and nothing of it starts elsewhere by old records.
  world.lose_power(host).run_for(1min);
  EXPECT_EQ(world.outage(host), Outage::fenced);
  world.return_power(host).run_for(20s);
  for (const auto& each : world.hosts())
    world.ask(model::HostRequest{model::HostVerb::uncordon, HostId(each), "", false});
  EXPECT_TRUE(world.settles_within(3min)) << world.unsettled();
  EXPECT_NE(world.host_of(kWeb1), "");
}

TEST_F(Failure, WhatIsProtectedStopsWhenItsLeaseIsOverAndNobodyAnswers) {
  world.kill("s1").cut_all(host).run_for(20s);
  EXPECT_EQ(world.host_of(kWeb1), "") << "no scheduler has fenced it, and its host has stopped it";
  world.start("s1").mend_all(host);
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
}

// Each planted bug is found, so the laws are watched and the faults are met (tests/simulation/RESULTS.md has
// how soon).
class PlantedBug : public ::testing::TestWithParam<std::pair<const char*, Bug>> {};

TEST_P(PlantedBug, IsFound) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    RunOptions options;
    options.seed = seed;
    options.planted = GetParam().second;
    if (!run_seed(options).failure.empty()) return;
  }
  ADD_FAILURE() << "300 seeds do not find it";
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBug, ::testing::ValuesIn(kBugs), [](const auto& each) {
  std::string name = each.param.first;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace causeway::simulation
