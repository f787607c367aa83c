// SPDX-License-Identifier: Apache-2.0
// Hosts that are lost: who is declared dead, what happens to what ran there, and how it comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

using model::Outage;
using scheduler::FenceDone;
using scheduler::FenceOrder;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kWeb = "civil-affairs/marriage/web";

scheduler::Options fencing() {
  scheduler::Options options;
  options.fences = true;
  return options;
}

struct Outages : testing::Test {
  void SetUp() override {
    world.apply(
        {site({host("h1", 4), host("h2", 4), host("h3", 4)}), departments({department("civil-affairs", 1)})});
    for (const auto* name : {"h1", "h2", "h3"}) world.host_up(name);
    world.apply({wave(
        "wave-1", {{"marriage", application("civil-affairs", {{"web", EntryBuilder("civil-affairs")}})}})});
    pass(4);
    at = world.workload(kWeb).host;
  }

  // So many seconds: hosts that are up report, those whose storage answers leave a sign, a look sees both.
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      world.now += std::chrono::seconds(1);
      ++count;
      for (const auto& [id, one] : world.hosts) world.report(id);
      if (storage_answers) {
        fence::Look look;
        for (const auto& [id, one] : world.hosts) {
          auto& sign = signs[id];
          if (!storage_cut.contains(id)) sign = count;
          look.signs.push_back({id, sign, {"10.0.0." + id.str().substr(1)}});
        }
        look.fenced = fenced;
        step({scheduler::StorageLook{look}});
      } else {
        step({scheduler::StorageLook{fail(Errc::unavailable, "no monitor answers")}});
      }
      step({scheduler::Tick{}});
    }
  }
  void step(std::vector<scheduler::Input> inputs) {
    world.step(std::move(inputs));
    while (!world.fences.empty()) {
      const auto order = world.fences.front();
      world.fences.erase(world.fences.begin());
      orders.push_back(order);
      for (const auto& address : order.addresses) {
        if (!fence_works) continue;
        if (order.kind == FenceOrder::Kind::raise)
          fenced.insert(address);
        else
          fenced.erase(address);
      }
      if (order.kind == FenceOrder::Kind::switch_off)
        world.step({FenceDone{order.id, bmc_works ? Result<>() : fail(Errc::timeout, "the BMC is silent")}});
      else
        world.step(
            {FenceDone{order.id, fence_works ? Result<>() : fail(Errc::unavailable, "no monitor answers")}});
    }
  }
  void lose(const HostId& host) {
    world.hosts.at(host).up = false;
    storage_cut.insert(host);
  }
  void come_back(const HostId& host) {
    world.hosts.at(host).up = true;
    storage_cut.erase(host);
  }
  model::HostRecord record(const HostId& host) {
    return std::get<model::HostRecord>(world.store.at(model::key_of(model::HostRecord{.id = host})));
  }
  std::string waiting() {
    const auto answer = std::get<model::StatusResponse>(world.ask(model::StatusRequest{}));
    return answer.applications.empty() ? "" : answer.applications.front().waiting;
  }

  std::string phase() {
    const auto answer = std::get<model::StatusResponse>(world.ask(model::StatusRequest{}));
    return answer.applications.empty() ? "" : answer.applications.front().phase;
  }

  // The scheduler anew, with settings that name BMCs.
  void with_power(fence::Proof proof) {
    world.restart_with([&](scheduler::Options& options) { options.power["h*"] = proof; });
    pass(20);
  }
  int switched_off() {
    return static_cast<int>(std::ranges::count_if(
        orders, [](const auto& order) { return order.kind == FenceOrder::Kind::switch_off; }));
  }
  std::string ha_status() {
    const auto answer =
        std::get<model::DocumentResponse>(world.ask(model::HaRequest{model::HaVerb::status, {}}));
    for (const auto& [key, value] : answer.document)
      if (key == "hosts")
        for (const auto& [host, text] : std::get<model::Object>(value))
          if (host == at.str()) return std::get<std::string>(text);
    return "";
  }

  std::string blind() {
    const auto answer =
        std::get<model::DocumentResponse>(world.ask(model::HaRequest{model::HaVerb::status, {}}));
    for (const auto& [key, value] : answer.document)
      if (key == "blind") return std::get<std::string>(value);
    return "";
  }
  auto events(const std::string& verb) {
    return std::ranges::count(world.all<model::EventRecord>(), verb, &model::EventRecord::verb);
  }

  World world{fencing()};
  HostId at;
  std::uint64_t count = 1000;
  std::map<HostId, std::uint64_t> signs;
  std::set<HostId> storage_cut;
  std::set<std::string> fenced;
  std::vector<FenceOrder> orders;
  bool storage_answers = true;
  bool fence_works = true;
  bool bmc_works = true;
};

TEST_F(Outages, AnOperatorIsCalledOnceWhenTheStorageAnswersNoLookAndHearsOfItsReturn) {
  const auto findings = [&] {
    return std::get<model::StatusResponse>(world.ask(model::StatusRequest{})).findings;
  };
  EXPECT_EQ(blind(), "");
  storage_answers = false;
  pass(3);
  EXPECT_EQ(events("call"), 0) << "a look or two may fail";
  pass(30);
  EXPECT_EQ(events("call"), 1);
  EXPECT_THAT(blind(), testing::HasSubstr("no lost host is noticed: no monitor answers"));
  EXPECT_THAT(findings(), testing::Contains(testing::HasSubstr("no monitor answers")));
  storage_answers = true;
  pass(2);
  EXPECT_EQ(blind(), "");
  EXPECT_EQ(events("looks-again"), 1);
  EXPECT_THAT(findings(), testing::IsEmpty());
}

TEST_F(Outages, AHostThatLostItsManagementOnlyIsIsolatedAndNothingMoves) {
  world.hosts.at(at).up = false;
  pass(300);
  EXPECT_EQ(record(at).outage, std::nullopt);
  EXPECT_EQ(world.workload(kWeb).host, at);
  EXPECT_THAT(orders, IsEmpty());
  const auto hosts = std::get<model::Listing>(world.ask(model::GetRequest{"hosts", {}}));
  bool shown = false;
  for (const auto& row : hosts.rows) shown |= std::ranges::find(row, model::Value("isolated")) != row.end();
  EXPECT_TRUE(shown);
}

TEST_F(Outages, AHostThatLostItsStorageOnlyIsNotDead) {
  storage_cut.insert(at);
  pass(300);
  EXPECT_EQ(record(at).outage, std::nullopt);
  EXPECT_THAT(orders, IsEmpty());
  EXPECT_THAT(ha_status(), HasSubstr("up: the storage does not hear it"));
  const auto status = std::get<model::StatusResponse>(world.ask(model::StatusRequest{}));
  EXPECT_THAT(status.findings, testing::ElementsAre(HasSubstr("the storage does not hear it")));
  storage_cut.erase(at);
  pass(5);
  EXPECT_EQ(ha_status(), "up");
}

TEST_F(Outages, AHostThatIsSilentByBothIsFencedAndItsWorkStartsElsewhereWithinTheTime) {
  lose(at);
  pass(25);
  EXPECT_EQ(record(at).outage, Outage::fenced);
  ASSERT_THAT(orders, SizeIs(1));
  EXPECT_EQ(orders[0].addresses, (std::set<std::string>{"10.0.0." + at.str().substr(1)}));
  ASSERT_THAT(orders[0].images, SizeIs(1));
  EXPECT_EQ(orders[0].images[0], (fence::Image{"extranet", "civil-affairs.marriage.web.root"}));
  const auto now = world.workload(kWeb).host;
  EXPECT_NE(now, at);
  ASSERT_NE(world.told(now.str(), kWeb), nullptr);
}

TEST_F(Outages, NothingStartsElsewhereBeforeTheFenceStands) {
  fence_works = false;
  lose(at);
  pass(120);
  EXPECT_EQ(record(at).outage, Outage::dead);
  EXPECT_EQ(world.workload(kWeb).host, at);
  EXPECT_GT(orders.size(), 3u) << "it is tried again";
  EXPECT_THAT(waiting(), HasSubstr("no monitor answers"));
  fence_works = true;
  pass(20);
  EXPECT_NE(world.workload(kWeb).host, at);
}

TEST_F(Outages, NobodyClaimsToKnowWhatRunsOnAHostThatIsSilent) {
  fence_works = false;
  ASSERT_EQ(phase(), "running");
  lose(at);
  pass(120);
  ASSERT_EQ(record(at).outage, Outage::dead);
  EXPECT_EQ(phase(), "unknown");
}

TEST_F(Outages, ASchedulerThatStartsAnewGoesOnWithTheFenceOfTheOneBefore) {
  fence_works = false;
  lose(at);
  pass(20);
  ASSERT_EQ(record(at).outage, Outage::dead);
  world.restart();
  fence_works = true;
  pass(2);
  EXPECT_EQ(record(at).outage, Outage::fenced);
  EXPECT_NE(world.workload(kWeb).host, at);
}

TEST_F(Outages, ASchedulerThatJustStartedTakesNobodyForDead) {
  lose(at);
  pass(10);
  world.restart();
  pass(10);
  EXPECT_EQ(record(at).outage, std::nullopt);
  pass(20);
  EXPECT_EQ(record(at).outage, Outage::fenced);
}

TEST_F(Outages, AStorageThatWasAwayForAllIsNoProofOfSilence) {
  storage_answers = false;
  world.hosts.at(at).up = false;
  pass(120);
  storage_answers = true;
  pass(2);
  EXPECT_EQ(record(at).outage, std::nullopt);
}

TEST_F(Outages, AHostThatComesBackIsCleanBeforeItsFenceIsLifted) {
  lose(at);
  pass(25);
  ASSERT_EQ(record(at).outage, Outage::fenced);
  come_back(at);
  world.loses_assignment = [] { return true; };
  pass(10);
  EXPECT_EQ(record(at).outage, Outage::returning);
  EXPECT_THAT(fenced, SizeIs(1));
  world.loses_assignment = nullptr;
  pass(40);
  EXPECT_EQ(record(at).outage, std::nullopt);
  EXPECT_THAT(fenced, IsEmpty());
  EXPECT_EQ(world.told(at.str(), kWeb), nullptr);
  EXPECT_THAT(record(at).lost, IsEmpty());
}

TEST_F(Outages, WhatIsNotProtectedWaitsForItsHostAndRunsThereAgain) {
  auto unprotected = EntryBuilder("civil-affairs");
  model::WorkloadSpec spec = std::move(unprotected);
  spec.is_protected = false;
  world.apply({wave("wave-2", {{"batch", application("civil-affairs", {{"job", spec}})}})});
  pass(2);
  const std::string job = "civil-affairs/batch/job";
  const auto there = world.workload(job).host;
  lose(there);
  pass(60);
  EXPECT_EQ(world.workload(job).host, there);
  EXPECT_THAT(waiting(), HasSubstr("not protected"));
  EXPECT_EQ(phase(), "pending") << "behind its host's fence it runs nowhere";
  come_back(there);
  pass(10);
  EXPECT_EQ(record(there).outage, std::nullopt);
  ASSERT_NE(world.told(there.str(), job), nullptr);
  EXPECT_FALSE(world.told(there.str(), job)->shall_be_absent);
}

TEST_F(Outages, MoreSilentHostsThanTheBudgetMoveNothingAndCallAnOperator) {
  for (const auto& [id, one] : world.hosts) lose(id);
  pass(120);
  EXPECT_THAT(orders, IsEmpty());
  EXPECT_EQ(world.workload(kWeb).host, at);
  const auto events = world.all<model::EventRecord>();
  EXPECT_EQ(std::ranges::count(events, "call", &model::EventRecord::verb), 1);
}

TEST_F(Outages, DisarmedNothingIsFencedUntilTheTimeIsOver) {
  const auto refused = world.ask(model::HaRequest{model::HaVerb::disarm, std::chrono::minutes(0)});
  EXPECT_TRUE(std::holds_alternative<model::ErrorResponse>(refused));
  world.ask(model::HaRequest{model::HaVerb::disarm, std::chrono::minutes(2)});
  lose(at);
  pass(100);
  EXPECT_EQ(record(at).outage, std::nullopt);
  world.restart();
  pass(10);
  EXPECT_EQ(record(at).outage, std::nullopt) << "it is durable";
  pass(60);
  EXPECT_EQ(record(at).outage, Outage::fenced);
}

TEST_F(Outages, ADrainAndADeleteOfAHostThatNeverComesBackEndByItsFence) {
  world.ask(model::HostRequest{model::HostVerb::drain, at, "", false});
  const auto to = world.workload(kWeb).host;
  ASSERT_EQ(world.workload(kWeb).leaving, at);
  lose(at);
  pass(30);
  EXPECT_EQ(world.workload(kWeb).leaving, HostId());
  EXPECT_EQ(world.workload(kWeb).host, to);
  EXPECT_TRUE(
      std::holds_alternative<model::DoneResponse>(world.ask(model::DeleteRequest{"host", at.str(), false})));
}

TEST_F(Outages, ADeletionOnALostHostIsCarriedOutByAnother) {
  world.ask(model::DeleteRequest{"workload", kWeb, false});
  lose(at);
  world.hosts.at(at).up = false;
  pass(30);
  EXPECT_FALSE(world.exists(kWeb));
}

TEST_F(Outages, AHostIsSwitchedOffAfterItsFenceStandsAndNobodyWaitsForThat) {
  with_power(fence::Proof::storage);
  bmc_works = false;
  lose(at);
  pass(25);
  EXPECT_EQ(record(at).outage, Outage::fenced);
  EXPECT_NE(world.workload(kWeb).host, at);
  EXPECT_EQ(orders.at(0).kind, FenceOrder::Kind::raise);
  EXPECT_EQ(orders.at(1).kind, FenceOrder::Kind::switch_off);
  EXPECT_THAT(ha_status(), HasSubstr("it is being switched off: the BMC is silent (try "));
  const auto status = std::get<model::StatusResponse>(world.ask(model::StatusRequest{}));
  EXPECT_THAT(status.findings, testing::ElementsAre(HasSubstr("can't be switched off: the BMC is silent")));
  bmc_works = true;
  pass(20);
  EXPECT_THAT(ha_status(), HasSubstr("its power is off, for somebody to switch on"));
  const auto asked = switched_off();
  pass(60);
  EXPECT_EQ(switched_off(), asked) << "what is off is left alone";
}

TEST_F(Outages, NothingStartsElsewhereBeforeItsPowerIsOffWhereTheSiteWantsThat) {
  with_power(fence::Proof::power);
  bmc_works = false;
  lose(at);
  pass(900);
  EXPECT_EQ(record(at).outage, Outage::dead);
  EXPECT_EQ(world.workload(kWeb).host, at);
  EXPECT_THAT(waiting(), HasSubstr("nothing starts elsewhere before its power is off: the BMC is silent"));
  EXPECT_THAT(ha_status(), HasSubstr("its fence stands"));
  bmc_works = true;
  pass(20);
  EXPECT_EQ(record(at).outage, Outage::fenced);
  EXPECT_NE(world.workload(kWeb).host, at);
}

TEST_F(Outages, ASchedulerThatStartsAnewProvesBothAgain) {
  with_power(fence::Proof::power);
  bmc_works = false;
  lose(at);
  pass(40);
  world.restart();
  orders.clear();
  bmc_works = true;
  pass(4);
  EXPECT_EQ(record(at).outage, Outage::fenced);
  ASSERT_THAT(orders, SizeIs(2));
  EXPECT_EQ(orders[0].kind, FenceOrder::Kind::raise);
  EXPECT_EQ(orders[1].kind, FenceOrder::Kind::switch_off);
  world.restart();
  pass(120);
  EXPECT_THAT(orders, SizeIs(2)) << "what is proven is durable, and somebody may be switching it on";
  EXPECT_THAT(ha_status(), HasSubstr("its power is off"));
}

TEST_F(Outages, AHostThatIsLongLostIsNotSwitchedOffAnyMore) {
  with_power(fence::Proof::storage);
  bmc_works = false;
  lose(at);
  pass(700);
  EXPECT_EQ(record(at).outage, Outage::fenced);
  EXPECT_THAT(ha_status(), HasSubstr("whether its power is off is not known"));
  const auto asked = switched_off();
  bmc_works = true;
  world.restart();
  pass(120);
  EXPECT_EQ(switched_off(), asked) << "somebody may be repairing it";
}

TEST_F(Outages, AHostThatReportsAgainIsNotSwitchedOff) {
  with_power(fence::Proof::power);
  bmc_works = false;
  lose(at);
  pass(40);
  come_back(at);
  pass(3);
  const auto asked = switched_off();
  bmc_works = true;
  pass(60);
  EXPECT_EQ(switched_off(), asked);
  EXPECT_EQ(record(at).outage, std::nullopt);
  EXPECT_THAT(fenced, IsEmpty());
}

TEST_F(Outages, AFenceThatNobodyWantsIsLifted) {
  fenced.insert("10.0.0." + at.str().substr(1));
  pass(5);
  EXPECT_THAT(fenced, IsEmpty());
}

}  // namespace
}  // namespace causeway::test
