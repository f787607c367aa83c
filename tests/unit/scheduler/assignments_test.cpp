// SPDX-License-Identifier: Apache-2.0
// When a host is sent its assignment: when it holds another, and not because a scheduler has started.
#include <gtest/gtest.h>

#include <functional>

#include "common/model/fingerprint.h"
#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

const HostId kHost("h1");
const std::string kWeb = "civil-affairs/marriage/web";

struct Assignments : testing::Test {
  void SetUp() override {
    world.apply({site({host("h1")}), departments({department("civil-affairs", 1)})});
    world.host_up("h1");
    world.apply(
        {wave("w", {{"marriage", application("civil-affairs", {{"web", EntryBuilder("civil-affairs")},
                                                               {"db", EntryBuilder("civil-affairs")}})}})});
    world.settle();
  }

  int received_since(const std::function<void()>& what) {
    const int before = h1().received;
    what();
    return h1().received - before;
  }
  int received_after_a_restart() {
    return received_since([&] {
      world.restart();
      world.settle();
    });
  }
  void stop_web() { world.ask(model::PowerRequest{model::PowerVerb::stop, kWeb, false}); }
  SimpleHost& h1() { return world.hosts.at(kHost); }

  World world;
};

TEST_F(Assignments, AStartSendsNothingToWhoHoldsItsAssignmentAndStillLeads) {
  const auto epoch = h1().epoch;
  EXPECT_EQ(received_after_a_restart(), 0);
  EXPECT_GT(h1().epoch, epoch) << "which an acknowledgement says";
  EXPECT_EQ(received_since([&] {
              stop_web();
              world.settle();
            }),
            1);
  EXPECT_EQ(world.told("h1", kWeb)->power, model::Power::stopped);
}

TEST_F(Assignments, WhatAHostWasToldIsNamedByItsContent) {
  EXPECT_EQ(h1().assignment.print, model::fingerprint(h1().assignment));
}

TEST_F(Assignments, AHostThatHoldsOtherContentUnderTheSameNumberIsSentTheRightOne) {
  h1().assignment.workloads.at(0).vcpus = 99;
  h1().holds = model::fingerprint(h1().assignment);
  EXPECT_EQ(received_after_a_restart(), 1);
  EXPECT_EQ(h1().assignment.workloads.at(0).vcpus, 1);
}

// An agent that was changed for another version names what it has kept in its own way, until it is told.
TEST_F(Assignments, AHostThatNamesTheSameContentOtherwiseIsSentItOnce) {
  h1().holds.bytes.fill(1);
  EXPECT_EQ(received_after_a_restart(), 1);
  EXPECT_EQ(received_after_a_restart(), 0);
}

TEST_F(Assignments, AnAgentThatDoesNotSayWhatItHoldsIsToldOnceByEachScheduler) {
  h1().says_what_it_holds = false;
  EXPECT_EQ(received_after_a_restart(), 1);
  EXPECT_EQ(received_after_a_restart(), 1);
  EXPECT_EQ(received_since([&] { world.settle(60); }), 0);
}

TEST_F(Assignments, WhatIsLostOnItsWayIsSentAgainUntilItIsHeld) {
  int lost = 0;
  world.loses_assignment = [&] { return ++lost <= 2; };
  stop_web();
  world.settle(30);
  EXPECT_EQ(lost, 3);
  EXPECT_EQ(world.told("h1", kWeb)->power, model::Power::stopped);
}

TEST_F(Assignments, AReportOfOtherContentUnderTheSameNumberEndsNoRemoval) {
  world.loses_assignment = [] { return true; };
  world.ask(model::DeleteRequest{"application", "civil-affairs/marriage", false});
  auto report = h1().report(world.now);
  report.applied = world.all<model::HostRecord>().at(0).generation;
  report.revision += 1;
  for (auto& status : report.workloads) status.phase = model::Phase::absent;
  world.hear(report);
  EXPECT_TRUE(world.exists(kWeb)) << "it speaks of what it was told before";

  world.loses_assignment = nullptr;
  world.settle();
  EXPECT_FALSE(world.exists(kWeb));
}

}  // namespace
}  // namespace causeway::test
