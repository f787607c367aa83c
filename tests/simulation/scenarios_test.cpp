// SPDX-License-Identifier: Apache-2.0
// What must hold when one certain thing goes wrong, as stories of a few lines. The random runs beside them
// (causeway-simulate) look for what nobody thought of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/chaos.h"
#include "tests/simulation/world.h"

namespace causeway::simulation {
namespace {

using test::application;
using test::EntryBuilder;

model::Wave web(int count, std::int64_t root_gib = 10) {
  return test::wave(
      "wave-1", {{"web", application("d1", {{"web", EntryBuilder("d1").count(count).root(GiB{root_gib})}})}});
}
const std::string kWeb1 = "d1/web/web-1";

struct Scenario : ::testing::Test {
  Scenario() { world.boot(); }
  ~Scenario() override { EXPECT_FALSE(world.violation()) << *world.violation(); }

  World world{1, 3};
};

TEST_F(Scenario, AWaveRunsWithinSecondsOnAQuietCluster) {
  world.apply(web(6));
  EXPECT_TRUE(world.settles_within(10s)) << world.unsettled();
}

TEST_F(Scenario, HalfOfAllMessagesAreLost) {
  world.network().weather.lost = 0.5;
  world.apply(web(6));
  EXPECT_TRUE(world.settles_within(3min)) << world.unsettled();
}

TEST_F(Scenario, EveryMessageComesTwiceAndLate) {
  world.network().weather = {.lost = 0, .repeated = 1, .slow = 0.5, .slow_most = 30s};
  world.apply(web(6)).run_for(20s);
  world.ask(model::DeleteRequest{"application", "d1/web", false}).run_for(1min).heal();
  EXPECT_TRUE(world.settles_within(3min)) << world.unsettled();
  EXPECT_EQ(world.host_of(kWeb1), "");
}

TEST_F(Scenario, TheSchedulerIsKilledInTheMiddleOfAWave) {
  world.apply(web(6)).run_for(60ms).kill("s1").run_for(30s).start("s1");
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
}

TEST_F(Scenario, AnAgentIsKilledAtEachMomentOfAStart) {
  for (int i = 1; i <= 20; ++i) {
    world.apply(test::wave("wave-" + std::to_string(i),
                           {{"web" + std::to_string(i), application("d1", {{"one", EntryBuilder("d1")}})}}));
    world.run_for(Duration(i * 25));
    for (const auto& host : world.hosts()) world.kill(host).run_for(200ms).start(host);
  }
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
}

TEST_F(Scenario, RunningWorkloadsOutliveTheSchedulerTheAgentsAndTheNetworkBetweenThem) {
  world.apply(web(3)).run_for(20s);
  const auto host = world.host_of(kWeb1);
  const auto process = world.agent(host).processes().front().run;
  world.kill("s1").kill(host).cut(host).run_for(10min).start(host).run_for(1min).mend(host).start("s1");
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
  EXPECT_EQ(world.agent(host).processes().front().run, process);
}

TEST_F(Scenario, AHostThatLostItsPowerStartsWhatItRan) {
  world.apply(web(3)).run_for(20s);
  const auto host = world.host_of(kWeb1);
  world.lose_power(host).run_for(1min).return_power(host);
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
  EXPECT_EQ(world.host_of(kWeb1), host);
}

TEST_F(Scenario, WhatIsDeletedWhileItsHostIsAwayIsGoneWhenTheHostIsBack) {
  world.apply(web(3)).run_for(20s);
  const auto host = world.host_of(kWeb1);
  world.cut(host).ask(model::DeleteRequest{"application", "d1/web", false}).run_for(2min);
  EXPECT_EQ(world.host_of(kWeb1), host) << "unreachable is not dead";
  world.mend(host);
  EXPECT_TRUE(world.settles_within(2min)) << world.unsettled();
}

TEST_F(Scenario, ADrainedHostIsEmptiedAndNothingRunsTwice) {
  world.apply(web(3)).run_for(20s);
  const auto host = world.host_of(kWeb1);
  world.network().weather = {.lost = 0.1, .repeated = 0.5, .slow = 0.2, .slow_most = 20s};
  world.ask(model::HostRequest{model::HostVerb::drain, HostId(host), "", false}).run_for(5min).heal();
  EXPECT_TRUE(world.settles_within(5min)) << world.unsettled();
  EXPECT_TRUE(world.agent(host).processes().empty());
}

TEST_F(Scenario, WhatIsDeletedRightAfterItMovedLeavesNoVolume) {
  world.apply(web(1)).run_for(20s);
  const auto host = world.host_of(kWeb1);
  world.ask(model::HostRequest{model::HostVerb::drain, HostId(host), "", false});
  while (world.host_of(kWeb1) == host) world.run_for(10ms);
  // Its new host has not looked at the pool since the volume was made.
  world.ask(model::DeleteRequest{"application", "d1/web", false});
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
}

TEST_F(Scenario, AGuestThatDoesNotListenIsKilledAfterItsPatience) {
  world.apply(web(1)).run_for(20s);
  const auto host = world.host_of(kWeb1);
  world.site().hypervisor(HostId(host))->set_listens(WorkloadId(kWeb1), false);
  world.ask(model::PowerRequest{model::PowerVerb::stop, kWeb1, false}).run_for(30s);
  EXPECT_EQ(world.host_of(kWeb1), host);
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
  EXPECT_EQ(world.host_of(kWeb1), "");
}

TEST_F(Scenario, AnApplicationStartsAfterWhatItDependsOn) {
  world.apply(test::wave("wave-1", {{"db", application("d1", {{"db", EntryBuilder("d1")}})},
                                    {"web", application("d1", {{"web", EntryBuilder("d1")}}, {"db"})}}));
  while (world.host_of("d1/db/db").empty() && world.now() < Instant::max()) world.run_for(10ms);
  EXPECT_EQ(world.host_of("d1/web/web"), "");
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
}

TEST_F(Scenario, ADriverThatDoesItsWorkAndLosesTheAnswerIsNotAskedForASecondThing) {
  world.driver_faults.lost_answer = 0.5;
  world.apply(web(6)).run_for(1min);
  world.ask(model::DeleteRequest{"application", "d1/web", false}).run_for(3min).heal();
  EXPECT_TRUE(world.settles_within(3min)) << world.unsettled();
}

TEST_F(Scenario, TheStorageIsAwayAndComesBack) {
  world.site().cluster()->set_answering(false);
  world.apply(web(3)).run_for(5min);
  EXPECT_EQ(world.host_of(kWeb1), "");
  world.heal();
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
}

TEST_F(Scenario, ANameThatComesBackOnAnotherHostKeepsItsNewVolumes) {
  world.apply(web(1)).run_for(20s);
  const auto old_host = world.host_of(kWeb1);
  world.ask(model::DeleteRequest{"application", "d1/web", false}).run_for(30s);
  // The old host misses that the scheduler forgot the deletion, and starts anew from what it saved.
  world.cut(old_host).ask(model::HostRequest{model::HostVerb::cordon, HostId(old_host), "", false});
  world.apply(web(1, 12))
      .run_for(30s)
      .kill(old_host)
      .run_for(1s)
      .start(old_host)
      .run_for(2min)
      .mend(old_host);
  EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
  EXPECT_NE(world.host_of(kWeb1), old_host);
}

TEST(Replay, TheSameSeedIsTheSameRunBitForBit) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const auto first = run_seed({.seed = seed, .until = std::nullopt, .trace = false});
    const auto second = run_seed({.seed = seed, .until = std::nullopt, .trace = false});
    EXPECT_EQ(first.digest, second.digest);
    EXPECT_EQ(first.events, second.events);
  }
  EXPECT_NE(run_seed({.seed = 4, .until = 30s, .trace = false}).digest,
            run_seed({.seed = 5, .until = 30s, .trace = false}).digest);
}

}  // namespace
}  // namespace causeway::simulation
