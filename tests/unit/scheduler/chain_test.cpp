// SPDX-License-Identifier: Apache-2.0
// From a file's values to what hosts are told and back to what people see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

using model::ApplyRequest;
using model::DoneResponse;
using model::ErrorResponse;
using model::PlanResponse;
using model::StatusResponse;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

model::Site two_hosts() { return site({host("h1"), host("h2")}); }

// Two hosts of one zone with an agent each, and one department.
struct Chain : testing::Test {
  void SetUp() override {
    ASSERT_TRUE(std::get<PlanResponse>(world.apply({two_hosts(), departments({department("civil-affairs")})}))
                    .applied);
    world.host_up("h1");
    world.host_up("h2");
  }

  static model::Wave marriage(int count = 2) {
    return wave(
        "wave-1",
        {{"marriage",
          application("civil-affairs",
                      {{"web", EntryBuilder("civil-affairs").count(count).apart(model::Scope::host)}})}});
  }
  StatusResponse status() {
    return std::get<StatusResponse>(world.ask(model::StatusRequest{WaveId("wave-1")}));
  }

  World world;
};

TEST_F(Chain, AnAppliedWaveReachesTheHostsAndIsReportedRunning) {
  const auto applied = std::get<PlanResponse>(world.apply({marriage()}));
  EXPECT_TRUE(applied.applied);
  EXPECT_FALSE(status().settled);
  world.settle();
  EXPECT_NE(world.told("h1", "civil-affairs/marriage/web-1"), nullptr);
  EXPECT_NE(world.told("h2", "civil-affairs/marriage/web-2"), nullptr);
  const auto now = status();
  EXPECT_TRUE(now.settled);
  ASSERT_THAT(now.applications, SizeIs(1));
  EXPECT_EQ(now.applications[0].phase, "running");
  EXPECT_EQ(now.applications[0].percent, 100);
}

TEST_F(Chain, APlanChangesNothingAndShowsWhereEachWorkloadGoes) {
  const auto before = world.store.size();
  const auto plan = std::get<PlanResponse>(world.plan({marriage()}));
  EXPECT_EQ(world.store.size(), before);
  EXPECT_THAT(world.changes, IsEmpty());
  ASSERT_THAT(plan.lines, SizeIs(4));
  EXPECT_EQ(plan.lines[2].sign, '+');
  EXPECT_EQ(plan.lines[2].subject, "workload civil-affairs/marriage/web-1");
  EXPECT_EQ(plan.lines[2].text, "on h1 (rack a1), 1 vCPU, 1GiB, eth0 10.1.0.1");
}

TEST_F(Chain, ApplyingAgainIsQuiet) {
  world.apply({marriage()});
  world.settle();
  const auto again = std::get<PlanResponse>(world.apply({marriage()}));
  EXPECT_THAT(world.changes, IsEmpty());
  EXPECT_THAT(again.lines, IsEmpty());
  EXPECT_EQ(again.unchanged, 4);
}

TEST_F(Chain, ASavedPlanIsRefusedAfterTheStateMoved) {
  const auto plan = std::get<PlanResponse>(world.plan({marriage()}));
  world.ask(model::HostRequest{model::HostVerb::cordon, HostId("h2"), "", false});
  EXPECT_EQ(std::get<ErrorResponse>(world.apply({marriage(1)}, plan.token)).error.code, Errc::conflict);
}

TEST_F(Chain, ASavedPlanIsAppliedWhenOnlyReportsCameInBetween) {
  const auto plan = std::get<PlanResponse>(world.plan({marriage()}));
  world.settle();
  world.restart();
  world.settle();
  EXPECT_TRUE(std::get<PlanResponse>(world.apply({marriage()}, plan.token)).applied);
}

TEST_F(Chain, ALineThatIsGoneFromTheFileDeletesNothing) {
  world.apply({marriage(2)});
  world.settle();
  const auto fewer = std::get<PlanResponse>(world.apply({marriage(1)}));
  EXPECT_TRUE(world.exists("civil-affairs/marriage/web-2"));
  EXPECT_THAT(fewer.lines,
              Contains(testing::Field(&model::PlanLine::text, HasSubstr("still there; delete it with"))));
}

TEST_F(Chain, ADeletedWorkloadGoesWhenItsHostReportsItGone) {
  world.apply({marriage()});
  world.settle();
  world.hosts.at(HostId("h2")).up = false;
  world.ask(model::DeleteRequest{"wave", "wave-1", false});
  world.settle(3);
  EXPECT_FALSE(world.exists("civil-affairs/marriage/web-1"));
  EXPECT_TRUE(world.exists("civil-affairs/marriage/web-2"));
  world.hosts.at(HostId("h2")).up = true;
  world.settle(40);
  EXPECT_FALSE(world.exists("civil-affairs/marriage/web-2"));
  EXPECT_THAT(world.all<model::ApplicationRecord>(), IsEmpty());
  EXPECT_THAT(world.all<model::WaveRecord>(), IsEmpty());
}

TEST_F(Chain, AHostThatIsAwayIsNamedAsWhatAWaveWaitsFor) {
  world.hosts.at(HostId("h2")).up = false;
  world.apply({marriage()});
  world.settle(20);
  const auto now = status();
  EXPECT_FALSE(now.settled);
  EXPECT_THAT(now.applications.at(0).waiting, HasSubstr("host h2 has not reported since"));
}

TEST_F(Chain, ARestartedSchedulerBeginsAnEpochAndChangesNoAssignment) {
  world.apply({marriage()});
  world.settle();
  const auto before = world.hosts.at(HostId("h1")).assignment;
  world.restart();
  world.settle(3);
  EXPECT_EQ(world.hosts.at(HostId("h1")).epoch, before.epoch.next());
  EXPECT_EQ(world.hosts.at(HostId("h1")).assignment, before);
}

TEST_F(Chain, HostsOfOneNetworkAreToldOfEachOthersPorts) {
  world.apply({marriage()});
  world.settle();
  const auto& networks = world.hosts.at(HostId("h1")).assignment.networks;
  ASSERT_THAT(networks, SizeIs(1));
  ASSERT_THAT(networks[0].remote_ports, SizeIs(1));
  EXPECT_EQ(networks[0].remote_ports[0].underlay.str(), "10.98.0.2");
  EXPECT_EQ(networks[0].remote_ports[0].addresses[0].str(), "10.1.0.2");
}

TEST_F(Chain, ABatchThatDoesNotFitIsRefusedWholeAndSaysWhy) {
  const auto refused = std::get<PlanResponse>(world.apply({marriage(3)}));
  EXPECT_FALSE(refused.applied);
  ASSERT_THAT(refused.unplaced, SizeIs(1));
  EXPECT_THAT(refused.unplaced[0].reasons, testing::Not(IsEmpty()));
  EXPECT_THAT(world.all<model::Workload>(), IsEmpty());
}

TEST_F(Chain, ARepeatedRequestGetsTheSameAnswer) {
  const model::Request request{77, "", ApplyRequest{{marriage()}, "", false}};
  const auto first = world.ask_again(request);
  const auto second = world.ask_again(request);
  EXPECT_THAT(world.changes, IsEmpty());
  EXPECT_EQ(first, second);
}

TEST_F(Chain, ARequestWhoseAnswerWasLostInARestartIsNotCarriedOutTwice) {
  world.apply({marriage()});
  world.settle();
  const WorkloadId id("civil-affairs/marriage/web-1");
  const model::Request request{78, "a new kernel",
                               model::PowerRequest{model::PowerVerb::restart, id.str(), false}};
  const auto first = world.ask_again(request);
  const auto restarts = [&] {
    for (const auto& workload : world.all<model::Workload>())
      if (workload.id == id) return workload.restart;
    return std::uint64_t{0};
  };
  ASSERT_EQ(restarts(), 1U);
  world.restart();
  EXPECT_EQ(world.ask_again(request), first);
  EXPECT_EQ(restarts(), 1U);
}

TEST_F(Chain, AnApplyThatComesAgainAfterARestartDoesNotBringBackWhatWasDeletedMeanwhile) {
  const model::Request request{79, "", ApplyRequest{{marriage()}, "", false}};
  ASSERT_TRUE(std::get<PlanResponse>(world.ask_again(request)).applied);
  world.ask(model::DeleteRequest{"application", "civil-affairs/marriage", false});
  world.settle();
  ASSERT_THAT(world.all<model::Workload>(), IsEmpty());
  world.restart();
  EXPECT_TRUE(std::get<PlanResponse>(world.ask_again(request)).applied);
  EXPECT_THAT(world.all<model::Workload>(), IsEmpty());
}

TEST_F(Chain, AnAssignmentThatIsNotAppliedIsSentAgainWithGrowingPauses) {
  world.apply({marriage()});
  world.settle();
  world.hosts.at(HostId("h1")).up = false;  // hears nothing and says nothing
  world.ask(model::PowerRequest{model::PowerVerb::stop, "civil-affairs/marriage/web-1", false});
  int sent = 0;
  for (int i = 0; i < 5 * 60; ++i) {
    world.now += std::chrono::milliseconds(200);
    for (const auto& send : world.step({scheduler::Tick{}}).messages)
      sent += send.route == "route-h1" ? 1 : 0;
  }
  EXPECT_GE(sent, 4);
  EXPECT_LE(sent, 7);
}

TEST_F(Chain, ADependentApplicationStartsAfterWhatItDependsOnRuns) {
  auto both = marriage(1);
  both.applications["desk"] =
      application("civil-affairs", {{"web", EntryBuilder("civil-affairs")}}, {"marriage"});
  world.apply({both});
  for (auto& [id, one] : world.hosts) one.up = false;
  world.settle(1);
  EXPECT_TRUE(world.workload("civil-affairs/desk/web").held);
  const auto waiting = status();
  EXPECT_EQ(waiting.applications.at(0).phase, "waiting");
  EXPECT_EQ(waiting.applications.at(0).waiting, "waits for civil-affairs/marriage: 0 of 1 workloads run");
  for (auto& [id, one] : world.hosts) one.up = true;
  world.settle();
  EXPECT_FALSE(world.workload("civil-affairs/desk/web").held);
  EXPECT_TRUE(status().settled);
}

TEST_F(Chain, ADrainedHostsWorkloadStartsElsewhereOnlyAfterItIsReportedGone) {
  world.apply({marriage(1)});
  world.settle();
  const std::string id = "civil-affairs/marriage/web-1";
  const auto from = world.workload(id).host;
  const std::string to = from == HostId("h1") ? "h2" : "h1";
  world.ask(model::HostRequest{model::HostVerb::drain, from, "", false});
  ASSERT_EQ(world.workload(id).leaving, from);
  world.report(HostId(to));
  EXPECT_EQ(world.told(to, id), nullptr);
  ASSERT_NE(world.told(from.str(), id), nullptr);
  EXPECT_TRUE(world.told(from.str(), id)->shall_be_absent);
  EXPECT_TRUE(world.told(from.str(), id)->keep_volumes);
  world.report(from);
  ASSERT_NE(world.told(to, id), nullptr);
  EXPECT_FALSE(world.told(to, id)->shall_be_absent);
  world.settle(3);
  EXPECT_EQ(world.told(from.str(), id), nullptr);
  EXPECT_TRUE(status().settled);
}

TEST_F(Chain, WhatLeavesAHostCountsAgainstItsRoomUntilItIsReportedGone) {
  world.apply({site({host("h1", 2), host("h2", 2)})});
  const auto pair = [](int vcpus) {
    return wave("wave-1", {{"marriage",
                            application("civil-affairs", {{"web", EntryBuilder("civil-affairs").vcpus(vcpus)},
                                                          {"zoo", EntryBuilder("civil-affairs")}})}});
  };
  world.apply({pair(1)});
  world.settle();
  const std::string id = "civil-affairs/marriage/web";
  const auto from = world.workload(id).host;
  ASSERT_EQ(world.workload("civil-affairs/marriage/zoo").host, from) << "the tightest host is full";
  world.ask(model::HostRequest{model::HostVerb::drain, from, "", false});
  ASSERT_EQ(world.workload(id).leaving, from);
  // It would fit where it goes. Where it still is, there is no room for it and what runs beside it.
  const auto answer = std::get<PlanResponse>(world.apply({pair(2)}));
  EXPECT_FALSE(answer.unplaced.empty());
  EXPECT_EQ(world.workload(id).vcpus, 1);
  world.ask(model::HostRequest{model::HostVerb::uncordon, from, "", false});
  world.settle(2);
  ASSERT_EQ(world.workload(id).leaving, HostId());
  EXPECT_TRUE(std::get<PlanResponse>(world.apply({pair(2)})).applied);
}

TEST_F(Chain, AReportThatWasDelayedProvesNoAbsence) {
  world.apply({marriage(1)});
  world.settle();
  const std::string id = "civil-affairs/marriage/web-1";
  const auto at = world.workload(id).host;
  world.ask(model::DeleteRequest{"workload", id, false});
  auto delayed = world.hosts.at(at).report(world.now);
  ASSERT_EQ(delayed.workloads.at(0).phase, model::Phase::absent);
  world.settle();
  ASSERT_FALSE(world.exists(id));
  // The workload comes back under its name, and so does the report about the one before.
  world.apply({marriage(1)});
  world.ask(model::DeleteRequest{"workload", id, false});
  world.step({scheduler::Message{key_of_host(at.str()), "route-" + at.str(), model::FromAgent(delayed)}});
  EXPECT_TRUE(world.exists(id));
}

TEST_F(Chain, WhatRunsIsNotHeldAgainWhenItsDependencyStops) {
  auto both = marriage(1);
  both.applications["desk"] =
      application("civil-affairs", {{"web", EntryBuilder("civil-affairs")}}, {"marriage"});
  world.apply({both});
  world.settle();
  world.ask(model::PowerRequest{model::PowerVerb::stop, "civil-affairs/marriage", false});
  world.settle();
  world.restart();
  world.settle();
  EXPECT_FALSE(world.workload("civil-affairs/desk/web").held);
  EXPECT_EQ(world.told(world.workload("civil-affairs/desk/web").host.str(), "civil-affairs/desk/web")->power,
            model::Power::running);
}

TEST_F(Chain, ATunnelEndIsRememberedWhileItsHostIsAway) {
  world.apply({marriage()});
  world.settle();
  world.hosts.at(HostId("h2")).up = false;
  world.restart();
  world.settle(30);
  const auto& networks = world.hosts.at(HostId("h1")).assignment.networks;
  ASSERT_THAT(networks, SizeIs(1));
  EXPECT_THAT(networks[0].remote_ports, SizeIs(1));
}

TEST_F(Chain, ATunnelEndOfAnotherHostIsNotTakenFromAnAgent) {
  world.hosts.at(HostId("h2")).number = 1;
  world.settle(2);
  for (const auto& record : world.all<model::HostRecord>())
    EXPECT_EQ(record.underlays.at(kZone).str(), record.id == HostId("h1") ? "10.98.0.1" : "10.98.0.2");
}

TEST_F(Chain, ASchedulerOfAnEarlierTermIsSilentToAnAgentOfALaterOne) {
  world.hosts.at(HostId("h1")).epoch = Epoch{99};
  world.report(HostId("h1"));
  world.apply({marriage()});
  world.settle(2);
  EXPECT_EQ(world.told("h1", "civil-affairs/marriage/web-1"), nullptr);
  const auto hosts = std::get<model::Listing>(world.ask(model::GetRequest{"hosts", {}}));
  EXPECT_THAT(hosts.rows.at(0), Contains(testing::VariantWith<std::string>(HasSubstr("obeys epoch 99"))));
}

TEST_F(Chain, AnAgentThatClaimsAnotherHostsNameIsNotHeard) {
  model::Report report;
  report.host = HostId("h2");
  const auto outcome =
      world.step({scheduler::Message{key_of_host("h1"), "route-h1", model::FromAgent(report)}});
  EXPECT_THAT(outcome.messages, IsEmpty());
  EXPECT_THAT(world.all<model::EventRecord>(),
              Contains(testing::Field(&model::EventRecord::text, HasSubstr("claims to be host h2"))));
}

TEST_F(Chain, AStrangersKeyIsDenied) {
  const auto answer = world.ask(model::GetRequest{"hosts", {}}, std::string(40, 'x'));
  EXPECT_EQ(std::get<ErrorResponse>(answer).error.code, Errc::denied);
}

}  // namespace
}  // namespace causeway::test
