// SPDX-License-Identifier: Apache-2.0
// A restored older state: hosts whose agents know more than the records are left to a person.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const HostId kHost("h1");
const std::string kWeb = "civil-affairs/marriage/web";

struct Ahead : testing::Test {
  void SetUp() override {
    world.apply({site({host("h1")}), departments({department("civil-affairs", 1)})});
    world.host_up("h1");
    world.apply({marriage("wave-1", "marriage")});
    world.settle();
    backup = world.store;
  }

  static model::Wave marriage(const std::string& id, const std::string& name) {
    return wave(id, {{name, application("civil-affairs", {{"web", EntryBuilder("civil-affairs")}})}});
  }
  // As `causeway state restore` does it.
  void restore() {
    world.store = backup;
    auto& state = std::get<model::StateRecord>(world.store.at(model::key_of(model::StateRecord{})));
    state.epoch = Epoch{state.epoch.value + 1'000'000};
    world.restart();
  }
  void stop_web() {
    world.ask(model::PowerRequest{model::PowerVerb::stop, kWeb, false});
    world.settle();
  }
  Generation works_on() { return world.hosts.at(kHost).assignment.generation; }
  model::Power web_is() { return world.told("h1", kWeb)->power; }
  model::HostRecord record() {
    return std::get<model::HostRecord>(world.store.at(model::key_of(model::HostRecord{.id = kHost})));
  }
  model::StatusResponse status() {
    return std::get<model::StatusResponse>(world.ask(model::StatusRequest{}));
  }

  World world;
  std::map<model::RecordKey, model::Record> backup;
};

TEST_F(Ahead, AHostThatKnowsMoreThanTheRecordsIsToldNothingAndAnOperatorIsCalled) {
  stop_web();
  const auto known = works_on();
  restore();
  world.settle();
  EXPECT_EQ(works_on(), known);
  EXPECT_EQ(web_is(), model::Power::stopped);
  EXPECT_TRUE(record().cordoned);
  EXPECT_THAT(status().findings, Contains(HasSubstr("host h1: its agent works on generation")));
  EXPECT_THAT(status().findings, Contains(HasSubstr("causeway host uncordon h1")));
  EXPECT_THAT(status().applications.at(0).waiting, HasSubstr("older than what it does"));
  const auto events = world.all<model::EventRecord>();
  EXPECT_EQ(std::ranges::count(events, "ahead", &model::EventRecord::verb), 1);
}

TEST_F(Ahead, ChangesThatCountPastItsGenerationBeforeItIsHeardDoNotReachIt) {
  stop_web();
  const auto known = works_on();
  restore();
  for (int i = 0; i < 10; ++i) world.apply({marriage("wave-2", "later-" + std::to_string(i))});
  ASSERT_GT(record().generation, known);
  world.restart();
  for (int i = 0; i < 3; ++i) world.ask(model::PowerRequest{model::PowerVerb::restart, kWeb, false});
  world.settle();
  EXPECT_EQ(works_on(), known);
  EXPECT_EQ(web_is(), model::Power::stopped);
  world.restart();
  world.settle();
  EXPECT_EQ(works_on(), known) << "who starts the scheduler anew has decided nothing";
}

TEST_F(Ahead, NothingNewIsPlacedThere) {
  stop_web();
  restore();
  world.settle();
  world.apply({marriage("wave-2", "later")});
  EXPECT_FALSE(world.exists("civil-affairs/later/web"));
}

TEST_F(Ahead, APersonsWordMakesTheRecordsHold) {
  stop_web();
  const auto known = works_on();
  restore();
  world.settle();
  const auto dry = world.ask(model::HostRequest{model::HostVerb::uncordon, kHost, "", true});
  EXPECT_THAT(std::get<model::DoneResponse>(dry).messages.at(0), HasSubstr("these records hold for it"));
  world.settle();
  EXPECT_EQ(works_on(), known) << "a dry run changes nothing";
  world.ask(model::HostRequest{model::HostVerb::uncordon, kHost, "", false});
  world.settle();
  EXPECT_GT(works_on(), known);
  EXPECT_EQ(web_is(), model::Power::running);
  EXPECT_FALSE(record().cordoned);
  EXPECT_THAT(status().findings, IsEmpty());
  world.apply({marriage("wave-2", "later")});
  EXPECT_TRUE(world.exists("civil-affairs/later/web"));
}

TEST_F(Ahead, AHostThatWasNotToldAnythingSinceTheBackupGoesOn) {
  restore();
  world.settle();
  EXPECT_FALSE(record().cordoned);
  world.apply({marriage("wave-2", "later")});
  world.settle();
  EXPECT_NE(world.told("h1", "civil-affairs/later/web"), nullptr);
}

TEST_F(Ahead, ARestartWithoutAnOlderStateHoldsNobody) {
  stop_web();
  world.hosts.at(kHost).up = false;
  world.ask(model::PowerRequest{model::PowerVerb::start, kWeb, false});
  world.restart();
  world.hosts.at(kHost).up = true;
  world.settle();
  EXPECT_FALSE(record().cordoned);
  EXPECT_EQ(web_is(), model::Power::running);
}

}  // namespace
}  // namespace causeway::test
