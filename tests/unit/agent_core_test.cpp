// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "agent/core/core.h"
#include "agent/core/limits.h"
#include "common/model/fingerprint.h"
#include "tests/support/one_host.h"

namespace causeway::agent {
namespace {

using model::Phase;
using test::assignment;
using test::OneHost;
using test::workload;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

model::ToAgent said(model::Assignment assignment) { return assignment; }

TEST(AgentCore, BringsAnAssignmentUpWithoutLettingAnyTimePass) {
  OneHost host;
  host.run_for(1s);
  host.give(said(assignment(1).with(workload("a/b/c").port("eth0"))));
  host.run_for(0s);
  EXPECT_EQ(host.hypervisor->definition(WorkloadId("a/b/c"))->generation, Generation{1});
  EXPECT_EQ(host.actions.back(), "start a/b/c");
  host.run_for(kReportGap);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::running);
  EXPECT_EQ(host.status("a/b/c").percent, 100);
  EXPECT_FALSE(host.status("a/b/c").waiting);
  EXPECT_EQ(host.report.applied, Generation{1});
}

TEST(AgentCore, DoesNothingButLookWhenNothingChanges) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c").port("eth0")).with(workload("a/b/d"))));
  host.run_for(1min);
  host.actions.clear();
  const auto writes = host.hypervisor->writes();
  const int reports = host.reports;
  const int saves = host.saves;
  host.run_for(10min);
  EXPECT_THAT(host.actions, IsEmpty());
  EXPECT_EQ(host.hypervisor->writes(), writes);
  EXPECT_EQ(host.reports, reports) << "heartbeats are enough";
  EXPECT_EQ(host.saves, saves);
  EXPECT_TRUE(host.core->quiet());
}

TEST(AgentCore, SavesAnAssignmentBeforeItWorksOnIt) {
  OneHost host;
  host.run_for(1s);
  host.give(said(assignment(7).with(workload("a/b/c"))));
  host.pass();
  EXPECT_EQ(host.durable.assignment->generation, Generation{7});
  EXPECT_EQ(host.durable.epoch, Epoch{1});
}

TEST(AgentCore, GoesOnWithoutASchedulerAfterItsOwnRestartAndTouchesNothingThatRuns) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c").port("eth0"))));
  host.run_for(1min);
  host.actions.clear();
  host.start_agent();
  host.run_for(1min);
  EXPECT_THAT(host.actions, ElementsAre("program rules of extranet")) << "which writes only what is missing";
  EXPECT_EQ(host.status("a/b/c").phase, Phase::running);
  host.hypervisor->crash(WorkloadId("a/b/c"));
  host.run_for(1min);
  EXPECT_EQ(host.actions.back(), "start a/b/c");
}

TEST(AgentCore, RefusesALowerEpochAndAnOvertakenGeneration) {
  OneHost host;
  host.give(said(assignment(5).epoch(3).with(workload("a/b/c"))));
  host.run_for(1min);
  host.give(said(assignment(9).epoch(2).with(workload("a/b/c").absent())));
  host.give(said(assignment(4).epoch(3).with(workload("a/b/c").absent())));
  host.run_for(1min);
  EXPECT_EQ(host.durable.assignment->generation, Generation{5});
  EXPECT_EQ(host.status("a/b/c").phase, Phase::running);
}

TEST(AgentCore, CallsAnOperatorWhenANewEpochBeginsBehindWhatIsAtWork) {
  OneHost host;
  host.give(said(assignment(5).epoch(3).with(workload("a/b/c"))));
  host.give(said(assignment(2).epoch(4)));
  host.run_for(1min);
  ASSERT_EQ(host.report.troubles.size(), 1u);
  EXPECT_THAT(host.report.troubles[0].on, HasSubstr("generation 2"));
  EXPECT_EQ(host.status("a/b/c").phase, Phase::running);
}

TEST(AgentCore, FollowsALaterTermByItsAcknowledgementAloneAndGoesOnSayingWhatItHolds) {
  OneHost host;
  model::Assignment wanted = assignment(5).epoch(3).with(workload("a/b/c"));
  wanted.print = model::fingerprint(wanted);
  host.give(said(wanted));
  host.run_for(1min);
  EXPECT_EQ(host.report.holds, wanted.print);
  host.give(model::Ack{.epoch = Epoch{4}});
  host.run_for(1min);
  EXPECT_EQ(host.report.epoch, Epoch{4});
  EXPECT_EQ(host.report.applied, Generation{5});
  EXPECT_EQ(host.report.holds, wanted.print);
  const auto& heartbeat = std::get<model::Heartbeat>(host.messages.back());
  EXPECT_EQ(heartbeat.epoch, Epoch{4});
  EXPECT_EQ(heartbeat.holds, wanted.print);
  host.give(said(assignment(5).epoch(3).with(workload("a/b/c").stopped())));
  host.run_for(1min);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::running) << "the term before is over";
}

TEST(AgentCore, NamesWhatItHoldsAsItWasToldAndInItsOwnWayAfterItsRestart) {
  OneHost host;
  model::Assignment wanted = assignment(5).with(workload("a/b/c"));
  const auto own = model::fingerprint(wanted);
  host.run_for(1min);
  EXPECT_TRUE(host.report.holds.none()) << "nothing yet";
  wanted.print.bytes.fill(7);  // by a scheduler that knows a field more
  host.give(said(wanted));
  host.run_for(1min);
  EXPECT_EQ(host.report.holds, wanted.print);
  host.start_agent();
  host.run_for(1min);
  EXPECT_EQ(host.report.holds, own) << "this one may understand more than who kept it";
  const int saves = host.saves;
  host.actions.clear();
  host.give(said(wanted));
  host.run_for(1min);
  EXPECT_EQ(host.report.holds, wanted.print) << "a report, as what it said before was not believed";
  EXPECT_EQ(host.saves, saves) << "the same in all";
  EXPECT_THAT(host.actions, IsEmpty());
}

TEST(AgentCore, TakesWhatItKeptInPartWhenItIsSaidAgainUnderTheSameNumber) {
  OneHost host;
  host.give(said(assignment(5).with(workload("a/b/c"))));
  host.run_for(1min);
  // Kept by a version that didn't know the field.
  host.start_agent();
  host.give(said(assignment(5).with(workload("a/b/c").disk("data", 20))));
  host.run_for(1min);
  EXPECT_EQ(host.durable.assignment->workloads.at(0).disks.size(), 2u);
}

TEST(AgentCore, CallsNoOperatorAnyMoreWhenALaterTermIsContentWithWhatIsAtWork) {
  OneHost host;
  host.give(said(assignment(5).epoch(3).with(workload("a/b/c"))));
  host.give(said(assignment(2).epoch(4)));
  host.run_for(1min);
  ASSERT_EQ(host.report.troubles.size(), 1u);
  host.give(model::Ack{.epoch = Epoch{5}});
  host.run_for(1min);
  EXPECT_THAT(host.report.troubles, IsEmpty());
}

TEST(AgentCore, RemembersTheEpochOfAnAcknowledgementOverARestart) {
  OneHost host;
  host.give(model::Ack{.epoch = Epoch{8}});
  host.run_for(1s);
  host.start_agent();
  host.give(said(assignment(1).epoch(7).with(workload("a/b/c"))));
  host.run_for(1s);
  EXPECT_FALSE(host.durable.assignment);
}

TEST(AgentCore, StopsByAskingAndKillsAGuestThatDoesNotListen) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1min);
  host.hypervisor->set_listens(WorkloadId("a/b/c"), false);
  host.give(said(assignment(2).with(workload("a/b/c").generation(2).stopped())));
  host.run_for(kStopPatience - 1s);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::stopping);
  EXPECT_EQ(host.status("a/b/c").waiting->on, "the guest to power off");
  EXPECT_THAT(host.actions, Not(Contains("kill a/b/c")));
  host.run_for(2s);
  EXPECT_THAT(host.actions, Contains("kill a/b/c"));
  EXPECT_EQ(host.status("a/b/c").phase, Phase::stopped);
}

TEST(AgentCore, CarriesARestartOutOnceAlsoOverItsOwnRestart) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1min);
  host.give(said(assignment(2).with(workload("a/b/c").restart(1))));
  host.run_for(1s);
  host.start_agent();
  host.run_for(1min);
  EXPECT_EQ(host.status("a/b/c").restart, 1u);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::running);
  EXPECT_EQ(std::ranges::count(host.actions, "start a/b/c"), 2);
  host.start_agent();
  host.run_for(1min);
  EXPECT_EQ(std::ranges::count(host.actions, "start a/b/c"), 2);
}

TEST(AgentCore, RemovesWhatShallBeAbsentOnceAndNeverAgain) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c").port("eth0"))));
  host.run_for(1min);
  const auto removal = said(assignment(2).with(workload("a/b/c").port("eth0").generation(2).absent()));
  host.give(removal);
  host.run_for(1min);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::absent);
  EXPECT_EQ(host.cluster->trash_size(test::kExtranet), 1u);

  // The name comes back to life on another host, with a volume of that host's; then this agent restarts.
  std::set<ZoneId> zones{test::kExtranet};
  SimulatedStorage elsewhere(host.cluster, HostId("h2"), zones);
  ASSERT_TRUE(elsewhere.ensure_volume({test::kExtranet, VolumeId("a/b/c/root"), 10_GiB, EmptySource{}},
                                      [](auto&) { return true; }));
  host.start_agent();
  host.give(removal);
  host.run_for(5min);
  EXPECT_EQ(host.cluster->trash_size(test::kExtranet), 1u);
}

TEST(AgentCore, LooksForVolumesAnewBeforeItSaysThatWhatHadLeftIsRemoved) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c").moved_away())));
  host.run_for(10s);
  ASSERT_EQ(host.status("a/b/c").phase, Phase::absent);
  SimulatedStorage elsewhere(host.cluster, HostId("h2"), {test::kExtranet});
  ASSERT_TRUE(elsewhere.ensure_volume({test::kExtranet, VolumeId("a/b/c/root"), 10_GiB, EmptySource{}},
                                      [](auto&) { return true; }));
  host.give(said(assignment(2).with(workload("a/b/c").generation(2).absent())));
  host.run_for(kReportGap);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::absent);
  EXPECT_EQ(host.cluster->trash_size(test::kExtranet), 1u) << "the newest look is older than the volume";
}

TEST(AgentCore, SaysWhatItWaitsForAndSinceWhen) {
  OneHost host;
  host.run_for(1s);
  const Instant asked = host.time;
  host.refuse = [](const Action& action) { return std::holds_alternative<Define>(action); };
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1min);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::failed);
  EXPECT_EQ(host.status("a/b/c").waiting->on, "another try to define a/b/c: no");
  EXPECT_EQ(host.status("a/b/c").waiting->since, asked);
  EXPECT_LE(std::ranges::count(host.actions, "define a/b/c"), 8) << "each wait is longer than the one before";
  host.refuse = nullptr;
  host.run_for(2min);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::running);
}

TEST(AgentCore, TriesAgainAtOnceWhenADriverAnswersAgain) {
  OneHost host;
  host.hypervisor->set_answering(false);
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(10min);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::pending);
  EXPECT_THAT(host.report.troubles, Not(IsEmpty()));
  host.hypervisor->set_answering(true);
  host.run_for(kLookRetryMax + 1s);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::running);
  EXPECT_THAT(host.report.troubles, IsEmpty());
}

TEST(AgentCore, KeepsSayingRunningWhileTheHypervisorDoesNotAnswer) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1min);
  host.hypervisor->set_answering(false);
  host.run_for(1min);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::running);
  EXPECT_TRUE(host.status("a/b/c").waiting);
}

TEST(AgentCore, StartsAGuestThatKeepsEndingMoreAndMoreSeldom) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1s);
  for (int i = 0; i < 600; ++i) {
    host.hypervisor->crash(WorkloadId("a/b/c"));
    host.run_for(1s);
  }
  const auto starts = std::ranges::count(host.actions, "start a/b/c");
  EXPECT_GE(starts, 5);
  EXPECT_LE(starts, 30);
}

TEST(AgentCore, MendsWhatSomebodyUndidAtOnce) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c").port("eth0"))));
  host.run_for(1min);
  host.fabric->restart_switch(HostId("h1"));
  host.run_for(kLookInterval + 1s);
  EXPECT_EQ(host.actions.back(), "program rules of extranet");
  EXPECT_TRUE(host.core->quiet());
}

TEST(AgentCore, AnswersAConsoleRequest) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1min);
  host.messages.clear();
  host.give(model::ConsoleRequest{5, WorkloadId("a/b/c"), 1000});
  host.give(model::ConsoleRequest{6, WorkloadId("a/b/x"), 1000});
  host.run_for(1s);
  std::vector<model::ConsoleReply> replies;
  for (const auto& message : host.messages) {
    if (const auto* reply = std::get_if<model::ConsoleReply>(&message)) replies.push_back(*reply);
  }
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_THAT(replies[0].text, HasSubstr("GUEST-READY"));
  EXPECT_THAT(replies[1].error, Not(IsEmpty()));
}

TEST(AgentCore, SendsTheWholeStatusWhenTheSchedulerDoesNotHoldIt) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1min);
  const int reports = host.reports;
  host.give(model::Ack{.epoch = Epoch{1}, .want_report = true});
  host.run_for(1s);
  EXPECT_EQ(host.reports, reports + 1);
}

TEST(AgentCore, SendsOneReportHoweverManyHeartbeatsAskForIt) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1min);
  const int reports = host.reports;
  const auto newest = host.report.nonce;
  for (std::uint64_t later = 1; later <= 3; ++later) {
    host.give(model::Ack{.epoch = Epoch{1}, .nonce = newest + later, .want_report = true});
    host.run_for(10s);
    EXPECT_EQ(host.reports, reports + 1) << "what asks for it was said before it";
  }
  host.give(model::Ack{.epoch = Epoch{1}, .nonce = host.report.nonce + 1, .want_report = true});
  host.run_for(1s);
  EXPECT_EQ(host.reports, reports + 2) << "a heartbeat after it shows that it was lost";
}

TEST(AgentCore, GreetsANewConnectionAtOnceWithAHeartbeatAlone) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1min);
  const int reports = host.reports;
  host.messages.clear();
  host.inputs.emplace_back(Connected{});
  host.pass();
  ASSERT_EQ(host.messages.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<model::Heartbeat>(host.messages.front()));
  EXPECT_EQ(host.reports, reports);
}

TEST(AgentCore, CountsItsMessagesUpOverARestart) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1min);
  const auto before = host.report;
  host.start_agent();
  host.run_for(1min);
  EXPECT_GT(host.report.nonce, before.nonce);
  EXPECT_GT(host.report.revision, before.revision);
}

TEST(AgentCore, SaysNothingBeforeItHasSeenWhatRuns) {
  OneHost host;
  host.give(said(assignment(1).with(workload("a/b/c"))));
  host.run_for(1min);
  host.messages.clear();
  host.start_agent();
  host.pass();
  EXPECT_THAT(host.messages, IsEmpty());
  host.run_for(1s);
  EXPECT_EQ(host.status("a/b/c").phase, Phase::running);
}

TEST(AgentCore, StopsACopyThatNobodyWantsAnyMore) {
  OneHost host;
  host.run_for(1s);
  host.cluster->set_import_steps(1000);
  host.give(said(assignment(1).with(workload("a/b/c").imported("old.qcow2"))));
  host.pass();
  host.inputs.clear();  // its worker is still at it
  host.give(said(assignment(2).with(workload("a/b/c").imported("old.qcow2").generation(2).absent())));
  host.pass();
  EXPECT_EQ(host.cancels.size(), 1u);
}

TEST(AgentCore, OpensTheFirstPortOfManyWithoutWaitingForTheLast) {
  OneHost host;
  host.run_for(1s);
  auto many = assignment(1);
  for (std::uint8_t i = 1; i <= 50; ++i) {
    many = std::move(many).with(workload("a/b/c-" + std::to_string(i)).port("eth0", i));
  }
  host.give(said(std::move(many)));
  host.run_for(1s);
  const auto at = [&](const std::string& action) {
    return std::ranges::find(host.actions, action) - host.actions.begin();
  };
  EXPECT_LT(at("start a/b/c-1"), at("make port a/b/c-9/eth0"));
  EXPECT_LE(std::ranges::count(host.actions, "program rules of extranet"), 25);
  EXPECT_EQ(std::ranges::count_if(host.actions, [](const auto& a) { return a.starts_with("start"); }), 50);
}

}  // namespace
}  // namespace causeway::agent
