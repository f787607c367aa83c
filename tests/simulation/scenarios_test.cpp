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

TEST_F(Scenario, AHostThatLostItsPowerForLessThanItsLeaseStartsWhatItRan) {
  world.apply(web(3)).run_for(20s);
  const auto host = world.host_of(kWeb1);
  world.lose_power(host).run_for(10s).return_power(host);
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

// Two applications of two departments, whose networks have gateways.
model::Wave asker_and_owner() {
  model::WorkloadSpec offering = EntryBuilder("d2");
  offering.offers["query"] = {model::Protocol::tcp, 5432};
  return test::wave("wave-1", {{"asker", application("d1", {{"web", EntryBuilder("d1").count(2)}})},
                               {"owner", application("d2", {{"db", std::move(offering)}})}});
}

struct Granting : Scenario {
  Granting() {
    world.apply(asker_and_owner());
    EXPECT_TRUE(world.settles_within(1min)) << world.unsettled();
  }
  bool connects(const std::string& from, std::uint16_t port = 5432) {
    return world.connects(from, "d2/owner/db", port);
  }
  // What the newest event of a grant that was closed says.
  std::string closed() {
    std::string text;
    const auto events = std::get<model::Listing>(*world.scheduler().ask(model::GetRequest{"events", {}}));
    for (const auto& row : events.rows)
      if (std::get<std::string>(row.at(3)) == "grant-closed") text = std::get<std::string>(row.at(5));
    return text;
  }
  void grant(Duration until) {
    world.ask(model::GrantAddRequest{"asker", "owner/query", world.now() + until, false}).run_for(10s);
  }
};

TEST_F(Granting, AGrantOpensOneServiceBetweenTwoNetworksAndRevokingCutsWhatIsOpen) {
  EXPECT_FALSE(connects("d1/asker/web-1"));
  grant(1h);
  EXPECT_TRUE(connects("d1/asker/web-1"));
  EXPECT_TRUE(connects("d1/asker/web-2"));
  EXPECT_FALSE(connects("d1/asker/web-1", 22));
  world.ask(model::GrantRevokeRequest{"asker", "owner/query", false}).run_for(10s);
  EXPECT_FALSE(connects("d1/asker/web-1"));
  EXPECT_TRUE(world.scheduler().all<model::GrantRecord>().empty());
  EXPECT_EQ(closed(), "d2/owner/query is closed on every host; open connections cut: 2");
}

TEST_F(Granting, AGrantThatIsOverIsClosingUntilAHostThatIsAwayHasHeardOfIt) {
  grant(1min);
  const auto host = world.host_of("d2/owner/db");
  world.cut(host).run_for(2min);
  ASSERT_EQ(world.scheduler().all<model::GrantRecord>().size(), 1U);
  EXPECT_TRUE(world.scheduler().all<model::GrantRecord>().front().closing);
  world.mend(host).run_for(30s);
  EXPECT_TRUE(world.scheduler().all<model::GrantRecord>().empty());
}

TEST_F(Granting, WhatSwitchesSayOfAPairAgreesWithThePolicyBeforeAndAfterAGrant) {
  const auto verdict = [&](const std::string& what) {
    world.ask(model::ReachRequest{WorkloadId("d1/asker/web-1"), WorkloadId("d2/owner/db"), what}).run_for(1s);
    const auto& listing = std::get<model::Listing>(world.client().newest());
    return std::get<std::string>(listing.rows.at(0).at(3)) + "/" +
           std::get<std::string>(listing.rows.at(0).at(4)) + " " +
           std::get<std::string>(listing.rows.at(0).at(5));
  };
  EXPECT_EQ(verdict("tcp/5432"), "no/no agree");
  grant(1h);
  EXPECT_EQ(verdict("tcp/5432"), "yes/yes agree");
  EXPECT_EQ(verdict("tcp/22"), "no/no agree");
  world.cut(world.host_of("d2/owner/db")).run_for(30s);
  EXPECT_EQ(verdict("tcp/5432"), "yes/not known not known");
  world.heal();
}

// Bugs that the laws must find, each planted into what leaves the scheduler.
struct Planted {
  const char* name;
  std::function<void(model::Assignment&)> bug;
};

void widen_rules(model::Assignment& assignment, const std::function<void(model::Rule&)>& widen) {
  for (auto& guard : assignment.guards)
    for (auto& rule : guard.rules) widen(rule);
}

TEST(PlantedBug, IsFoundWhereverARuleIsWiderThanThePolicy) {
  const std::vector<Planted> bugs{
      {"a range instead of a port",
       [](model::Assignment& one) {
         widen_rules(one, [](model::Rule& rule) {
           if (!rule.icmp_type) rule.last_port = 65535;
         });
       }},
      {"everything instead of an echo",
       [](model::Assignment& one) { widen_rules(one, [](model::Rule& rule) { rule.icmp_type.reset(); }); }},
      {"a neighbour among the members",
       [](model::Assignment& one) {
         for (auto& set : one.address_sets)
           if (set.id == "d2/owner") set.members.push_back(*model::Subnet::parse("10.1.0.1/32"));
       }},
      {"a whole subnet among the members",
       [](model::Assignment& one) {
         for (auto& set : one.address_sets) set.members.push_back(*model::Subnet::parse("10.1.0.0/24"));
       }},
      {"a port without a guard",
       [](model::Assignment& one) {
         for (auto& workload : one.workloads)
           for (auto& port : workload.ports) port.guard.clear();
       }},
      {"a service that nobody granted",
       [](model::Assignment& one) {
         for (auto& guard : one.guards)
           if (guard.id == "d2/owner/db")
             guard.rules.push_back({"d1/asker", model::RuleProtocol::tcp, 5432, 5432, {}, "nothing"});
         one.address_sets.push_back({"d1/asker", {*model::Subnet::parse("10.1.0.1/32")}});
       }},
  };
  for (const auto& [name, bug] : bugs) {
    World world(1, 3);
    world.boot();
    world.scheduler_faults.planted = bug;
    world.apply(asker_and_owner()).run_for(30s);
    EXPECT_TRUE(world.violation()) << name;
  }
}

TEST(Replay, TheSameSeedIsTheSameRunBitForBit) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const auto first =
        run_seed({.seed = seed, .until = std::nullopt, .trace = false, .planted = {}, .without = {}});
    const auto second =
        run_seed({.seed = seed, .until = std::nullopt, .trace = false, .planted = {}, .without = {}});
    EXPECT_EQ(first.digest, second.digest);
    EXPECT_EQ(first.events, second.events);
  }
  EXPECT_NE(run_seed({.seed = 4, .until = 30s, .trace = false, .planted = {}, .without = {}}).digest,
            run_seed({.seed = 5, .until = 30s, .trace = false, .planted = {}, .without = {}}).digest);
}

}  // namespace
}  // namespace causeway::simulation
