// SPDX-License-Identifier: Apache-2.0
// What people ask, and what they are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

using model::DeleteRequest;
using model::DoneResponse;
using model::ErrorResponse;
using model::GetRequest;
using model::HostRequest;
using model::HostVerb;
using model::KeyAllowRequest;
using model::KeyRecord;
using model::KeyRevokeRequest;
using model::Listing;
using model::PlanResponse;
using model::PowerRequest;
using model::PowerVerb;
using model::Role;
using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kWeb = "civil-affairs/marriage/web";

struct Requests : testing::Test {
  void SetUp() override {
    world.apply({site({host("h1"), host("h2")}),
                 departments({department("civil-affairs", 1), department("housing", 2)})});
    world.host_up("h1");
    world.host_up("h2");
    world.apply({marriage()});
    world.settle();
  }

  static model::Wave marriage(EntryBuilder entry = EntryBuilder("civil-affairs")) {
    return wave("wave-1", {{"marriage", application("civil-affairs", {{"web", std::move(entry)}})}});
  }
  static model::Wave permits(EntryBuilder entry = EntryBuilder("housing")) {
    return wave("wave-2", {{"permits", application("housing", {{"web", std::move(entry)}})}});
  }
  std::string allow(const std::string& name, Role role, const std::string& of = "") {
    const std::string key(40, name.front());
    world.ask(KeyAllowRequest{KeyRecord{name, key, role, DepartmentId(of), false}});
    return key;
  }
  static Errc code(const model::ResponseBody& body) { return std::get<ErrorResponse>(body).error.code; }
  static std::string what(const model::ResponseBody& body) {
    return std::get<ErrorResponse>(body).error.what;
  }
  static std::string first_finding(const model::ResponseBody& body) {
    const auto& findings = std::get<ErrorResponse>(body).findings;
    return findings.empty() ? "" : findings.front().finding.path + ": " + findings.front().finding.what;
  }
  std::size_t rows(const std::string& noun, const std::string& key = kOperatorKey) {
    return std::get<Listing>(world.ask(GetRequest{noun, {}}, key)).rows.size();
  }

  World world;
};

// --- who may what ---

TEST_F(Requests, ASupervisorReadsEverythingAndChangesNothing) {
  const auto key = allow("supervisor", Role::supervisor);
  for (const std::string noun : {"hosts", "departments", "zones", "networks", "workloads", "volumes", "waves",
                                 "rooms", "events", "applications", "keys", "images"})
    EXPECT_TRUE(std::holds_alternative<Listing>(world.ask(GetRequest{noun, {}}, key))) << noun;
  EXPECT_EQ(code(world.ask(model::ApplyRequest{{permits()}, "", false}, key)), Errc::denied);
  EXPECT_EQ(code(world.ask(PowerRequest{PowerVerb::stop, kWeb, false}, key)), Errc::denied);
  EXPECT_EQ(code(world.ask(DeleteRequest{"workload", kWeb, false}, key)), Errc::denied);
  EXPECT_EQ(code(world.ask(HostRequest{HostVerb::cordon, HostId("h1"), "", false}, key)), Errc::denied);
  EXPECT_EQ(code(world.ask(KeyRevokeRequest{"admin"}, key)), Errc::denied);
}

TEST_F(Requests, AMigrationTeamAppliesWavesAndNothingElse) {
  const auto key = allow("migration", Role::migration);
  EXPECT_TRUE(std::get<PlanResponse>(world.ask(model::ApplyRequest{{permits()}, "", false}, key)).applied);
  EXPECT_EQ(code(world.ask(model::ApplyRequest{{site({host("h1")})}, "", false}, key)), Errc::denied);
  EXPECT_EQ(code(world.ask(DeleteRequest{"workload", kWeb, false}, key)), Errc::denied);
}

TEST_F(Requests, ADepartmentSeesAndStopsItsOwnThingsOnly) {
  world.apply({permits()});
  const auto key = allow("housing", Role::department, "housing");
  EXPECT_EQ(rows("workloads", key), 1U);
  EXPECT_EQ(rows("networks", key), 1U);
  EXPECT_EQ(rows("departments", key), 1U);
  EXPECT_EQ(code(world.ask(GetRequest{"hosts", {}}, key)), Errc::denied);
  EXPECT_EQ(code(world.ask(model::DescribeRequest{"workload", kWeb}, key)), Errc::denied);
  EXPECT_EQ(code(world.ask(PowerRequest{PowerVerb::stop, kWeb, false}, key)), Errc::denied);
  EXPECT_TRUE(std::holds_alternative<DoneResponse>(
      world.ask(PowerRequest{PowerVerb::stop, "housing/permits/web", false}, key)));
}

TEST_F(Requests, ASnapshotIsForThoseWhoSeeTheWholeSite) {
  const auto answer = world.ask(model::SnapshotRequest{}, allow("supervisor", Role::supervisor));
  const auto& document = std::get<model::DocumentResponse>(answer).document;
  const auto workloads = std::ranges::find(document, "workloads", &model::Member::first);
  ASSERT_NE(workloads, document.end());
  EXPECT_EQ(std::get<model::Object>(workloads->second).front().first, kWeb);
  const auto key = allow("housing", Role::department, "housing");
  EXPECT_EQ(code(world.ask(model::SnapshotRequest{}, key)), Errc::denied);
}

TEST_F(Requests, ARevokedKeyIsDeniedAndNoLongerMayConnect) {
  const auto key = allow("migration", Role::migration);
  EXPECT_TRUE(world.core->peer_keys().contains(key));
  world.ask(KeyRevokeRequest{"migration"});
  EXPECT_EQ(code(world.ask(GetRequest{"hosts", {}}, key)), Errc::denied);
  EXPECT_FALSE(world.core->peer_keys().contains(key));
}

TEST_F(Requests, TheLastOperatorKeyCanNotBeRevoked) {
  EXPECT_EQ(code(world.ask(KeyRevokeRequest{"admin"})), Errc::conflict);
}

TEST_F(Requests, OneKeyHasOneHolder) {
  EXPECT_EQ(code(world.ask(KeyAllowRequest{KeyRecord{"twin", kOperatorKey, Role::supervisor, {}, false}})),
            Errc::invalid);
  EXPECT_EQ(
      code(world.ask(KeyAllowRequest{KeyRecord{"twin", key_of_host("h1"), Role::supervisor, {}, false}})),
      Errc::invalid);
  EXPECT_EQ(code(world.ask(HostRequest{HostVerb::add, HostId("h2"), key_of_host("h1"), false})),
            Errc::invalid);
}

TEST_F(Requests, RefusalsOfAStrangerAreLoggedButDoNotFillTheLog) {
  const auto before = world.all<model::EventRecord>().size();
  for (int i = 0; i < 500; ++i) world.ask(GetRequest{"hosts", {}}, std::string(40, 'x'));
  const auto logged = world.all<model::EventRecord>().size() - before;
  EXPECT_GE(logged, 1U);
  EXPECT_LE(logged, 10U);
}

// --- addresses ---

TEST_F(Requests, AnAddressThatIsTakenIsRefusedAtItsPlaceInTheFile) {
  auto both = marriage();
  both.applications["marriage"].workloads["db"] = EntryBuilder("civil-affairs").address("10.1.0.1");
  const auto answer = world.apply({both});
  EXPECT_EQ(code(answer), Errc::invalid);
  EXPECT_EQ(first_finding(answer),
            "applications.marriage.workloads.db.ports.eth0.address: "
            "10.1.0.1 in network civil-affairs-web is taken by civil-affairs/marriage/web/eth0");
}

TEST_F(Requests, AFixedAddressIsNotGivenToAnotherWorkloadOfTheSameFile) {
  auto both = marriage();
  both.applications["marriage"].workloads["a"] = EntryBuilder("civil-affairs");
  both.applications["marriage"].workloads["b"] = EntryBuilder("civil-affairs").address("10.1.0.2");
  ASSERT_TRUE(std::get<PlanResponse>(world.apply({both})).applied);
  EXPECT_EQ(world.workload("civil-affairs/marriage/a").ports[0].addresses[0].str(), "10.1.0.3");
  EXPECT_EQ(world.workload("civil-affairs/marriage/b").ports[0].addresses[0].str(), "10.1.0.2");
}

TEST_F(Requests, ANetworkThatIsFullSaysSo) {
  auto small = department("housing", 2);
  small.second.networks.begin()->second.subnet = model::Subnet::parse("10.2.0.0/29").value();
  ASSERT_TRUE(std::get<PlanResponse>(world.apply({departments({small})})).applied);
  const auto answer = world.apply({permits(EntryBuilder("housing").count(7))});
  EXPECT_THAT(first_finding(answer), HasSubstr("no free address left in 10.2.0.0/29"));
}

TEST_F(Requests, AnAddressIsFreeAgainAfterItsWorkloadIsGone) {
  world.ask(DeleteRequest{"workload", kWeb, false});
  world.settle();
  ASSERT_FALSE(world.exists(kWeb));
  world.apply({marriage()});
  EXPECT_EQ(world.workload(kWeb).ports[0].addresses[0].str(), "10.1.0.1");
}

// --- changes of what runs ---

TEST_F(Requests, AGrowingWorkloadStaysWhereItIsWithANewGeneration) {
  const auto before = world.workload(kWeb);
  const auto plan = std::get<PlanResponse>(world.apply({marriage(EntryBuilder("civil-affairs").vcpus(4))}));
  ASSERT_TRUE(plan.applied);
  const auto after = world.workload(kWeb);
  EXPECT_EQ(after.host, before.host);
  EXPECT_EQ(after.ports, before.ports);
  EXPECT_EQ(after.generation, before.generation.next());
  EXPECT_THAT(plan.lines, Contains(Field(&model::PlanLine::text, HasSubstr("1 → 4 vCPU"))));
}

TEST_F(Requests, AWorkloadThatOutgrowsItsHostIsRefusedWithItsHostsName) {
  const auto plan = std::get<PlanResponse>(world.apply({marriage(EntryBuilder("civil-affairs").vcpus(33))}));
  EXPECT_FALSE(plan.applied);
  ASSERT_THAT(plan.unplaced, SizeIs(1));
  EXPECT_THAT(plan.unplaced[0].reasons.front(), HasSubstr("does not fit on its host h"));
}

TEST_F(Requests, AShrinkingDiskIsRefused) {
  EXPECT_THAT(first_finding(world.apply({marriage(EntryBuilder("civil-affairs").root(5_GiB))})),
              HasSubstr("can't shrink to 5GiB"));
}

TEST_F(Requests, AStoppedWorkloadStaysStoppedWhenItsFileIsAppliedAgain) {
  world.ask(PowerRequest{PowerVerb::stop, kWeb, false});
  world.apply({marriage(EntryBuilder("civil-affairs").vcpus(2))});
  EXPECT_EQ(world.workload(kWeb).power, model::Power::stopped);
}

TEST_F(Requests, AQuotaIsKeptAtPlanTime) {
  auto poor = department("housing", 2);
  poor.second.quotas[kZone].vcpus = 3;
  world.apply({departments({poor})});
  EXPECT_TRUE(
      std::get<PlanResponse>(world.plan({permits(EntryBuilder("housing").count(3))})).unplaced.empty());
  EXPECT_FALSE(
      std::get<PlanResponse>(world.plan({permits(EntryBuilder("housing").count(4))})).unplaced.empty());
}

TEST_F(Requests, ADepartmentWithoutAQuotaInTheZoneGetsNothingThere) {
  auto none = department("housing", 2);
  none.second.quotas.clear();
  world.apply({departments({none})});
  EXPECT_FALSE(std::get<PlanResponse>(world.plan({permits()})).unplaced.empty());
}

TEST_F(Requests, ARestartIsCountedAndCarriedOutOnce) {
  world.ask(PowerRequest{PowerVerb::restart, kWeb, false});
  const auto told = world.workload(kWeb);
  EXPECT_EQ(told.restart, 1U);
  world.settle();
  EXPECT_EQ(world.told(told.host.str(), kWeb)->restart, 1U);
}

// --- deleting ---

TEST_F(Requests, WhatIsNeededIsNotDeletedAndTheAnswerSaysByWhom) {
  EXPECT_THAT(what(world.ask(DeleteRequest{"network", "civil-affairs-web", false})),
              HasSubstr("workload " + kWeb));
  EXPECT_THAT(what(world.ask(DeleteRequest{"department", "civil-affairs", false})),
              HasSubstr("delete those first"));
  EXPECT_THAT(what(world.ask(DeleteRequest{"zone", "extranet", false})), HasSubstr("delete those first"));
  EXPECT_THAT(what(world.ask(DeleteRequest{"image", "debian-12", false})), HasSubstr("delete those first"));
  const auto host = world.workload(kWeb).host.str();
  EXPECT_THAT(what(world.ask(DeleteRequest{"host", host, false})), HasSubstr(kWeb));
}

TEST_F(Requests, EverythingCanBeDeletedInTheEnd) {
  world.ask(DeleteRequest{"wave", "wave-1", false});
  world.settle();
  for (const auto& [noun, name] :
       std::vector<std::pair<std::string, std::string>>{{"department", "civil-affairs"},
                                                        {"department", "housing"},
                                                        {"host", "h1"},
                                                        {"host", "h2"},
                                                        {"zone", "extranet"},
                                                        {"zone", "intranet"},
                                                        {"image", "debian-12"}})
    EXPECT_TRUE(std::holds_alternative<DoneResponse>(world.ask(DeleteRequest{noun, name, false})))
        << noun << " " << name;
  EXPECT_THAT(world.all<model::Workload>(), IsEmpty());
  EXPECT_THAT(world.all<model::NetworkRecord>(), IsEmpty());
  EXPECT_THAT(world.all<model::HostRecord>(), IsEmpty());
  EXPECT_THAT(world.all<model::WaveRecord>(), IsEmpty());
}

TEST_F(Requests, AnApplicationThatOthersDependOnIsNotDeletedBeforeThem) {
  auto both = marriage();
  both.applications["desk"] =
      application("civil-affairs", {{"web", EntryBuilder("civil-affairs")}}, {"marriage"});
  world.apply({both});
  EXPECT_THAT(what(world.ask(DeleteRequest{"application", "civil-affairs/marriage", false})),
              HasSubstr("civil-affairs/desk"));
  EXPECT_TRUE(std::holds_alternative<DoneResponse>(world.ask(DeleteRequest{"wave", "wave-1", false})));
}

TEST_F(Requests, ADryRunChangesNothing) {
  for (const model::RequestBody& body : std::vector<model::RequestBody>{
           model::ApplyRequest{{permits()}, "", true}, PowerRequest{PowerVerb::stop, kWeb, true},
           DeleteRequest{"wave", "wave-1", true}, HostRequest{HostVerb::drain, HostId("h1"), "", true}}) {
    EXPECT_FALSE(std::holds_alternative<ErrorResponse>(world.ask(body)));
    EXPECT_THAT(world.changes, IsEmpty());
  }
}

TEST_F(Requests, AWorkloadIsNotPlacedAgainWhileItIsBeingDeleted) {
  for (auto& [id, one] : world.hosts) one.up = false;
  world.ask(DeleteRequest{"workload", kWeb, false});
  EXPECT_THAT(first_finding(world.apply({marriage()})), HasSubstr("is being deleted"));
}

// --- hosts ---

TEST_F(Requests, ACordonedHostKeepsWhatItHasAndTakesNothingNew) {
  const auto busy = world.workload(kWeb).host;
  world.ask(HostRequest{HostVerb::cordon, busy, "", false});
  world.apply({permits(EntryBuilder("housing").count(3))});
  for (const auto& workload : world.all<model::Workload>()) {
    EXPECT_EQ(workload.host == busy, workload.id == WorkloadId(kWeb)) << workload.id.str();
  }
}

TEST_F(Requests, NothingNewIsPlacedOnAHostThatIsNotHeard) {
  world.hosts.at(HostId("h2")).up = false;
  world.settle(20);
  world.apply({permits(EntryBuilder("housing").count(3))});
  for (const auto& workload : world.all<model::Workload>()) EXPECT_EQ(workload.host, HostId("h1"));
}

TEST_F(Requests, AWaveWithoutAnyHostIsRefusedAndSaysWhichHostsAreAway) {
  for (auto& [id, one] : world.hosts) one.up = false;
  world.settle(20);
  const auto plan = std::get<PlanResponse>(world.plan({permits()}));
  ASSERT_THAT(plan.unplaced, SizeIs(1));
  EXPECT_THAT(plan.unplaced[0].reasons, Contains(HasSubstr("host h2 has not reported since")));
}

TEST_F(Requests, AHostThatIsNotInTheSiteFileCanNotBeAdded) {
  const auto answer = world.ask(HostRequest{HostVerb::add, HostId("h3"), key_of_host("h3"), false});
  EXPECT_EQ(code(answer), Errc::not_found);
  EXPECT_THAT(what(answer), HasSubstr("site file"));
}

// --- consoles ---

TEST_F(Requests, AConsolesLogIsFetchedFromItsHost) {
  const auto id = world.workload(kWeb).host.str();
  const auto asked = world.step({scheduler::Message{
      kOperatorKey, "client", model::Request{900, "", model::ConsoleLogRequest{WorkloadId(kWeb), 1000}}}});
  ASSERT_THAT(asked.replies, IsEmpty());
  ASSERT_THAT(asked.messages, SizeIs(1));
  const auto number = std::get<model::ConsoleRequest>(asked.messages[0].message).request;
  const auto answered = world.step({scheduler::Message{
      key_of_host(id), "route-" + id, model::FromAgent(model::ConsoleReply{number, "", "GUEST-READY"})}});
  ASSERT_THAT(answered.replies, SizeIs(1));
  EXPECT_EQ(answered.replies[0].response.id, 900U);
  EXPECT_EQ(std::get<model::TextResponse>(answered.replies[0].response.body).text, "GUEST-READY");
}

TEST_F(Requests, AConsoleOfAHostThatDoesNotAnswerTimesOut) {
  world.step({scheduler::Message{kOperatorKey, "client",
                                 model::Request{900, "", model::ConsoleLogRequest{WorkloadId(kWeb), 1000}}}});
  world.now += std::chrono::seconds(6);
  const auto later = world.step({scheduler::Tick{}});
  ASSERT_THAT(later.replies, SizeIs(1));
  EXPECT_EQ(code(later.replies[0].response.body), Errc::timeout);
}

// --- what is shown ---

TEST_F(Requests, EveryRowOfEveryListingHasACellForEachColumn) {
  for (const std::string noun : {"hosts", "departments", "zones", "networks", "workloads", "volumes", "waves",
                                 "rooms", "events", "applications", "keys", "images"}) {
    const auto listing = std::get<Listing>(world.ask(GetRequest{noun, {}}));
    EXPECT_EQ(listing.noun, noun);
    EXPECT_THAT(listing.rows, Each(SizeIs(listing.columns.size()))) << noun;
  }
}

TEST_F(Requests, AMisspelledNameIsAnsweredWithTheNearestOne) {
  EXPECT_THAT(what(world.ask(model::DescribeRequest{"workload", "civil-affairs/marriage/wep"})),
              HasSubstr("did you mean 'civil-affairs/marriage/web'?"));
  EXPECT_THAT(what(world.ask(GetRequest{"workload", {}})), HasSubstr("there is no list of 'workload'"));
  EXPECT_THAT(what(world.ask(GetRequest{"workloads", {{"zonne", "extranet"}}})),
              HasSubstr("can't be filtered by"));
}

TEST_F(Requests, ARoomCanBeRetiredWhenAllItsServersRunHere) {
  model::Rooms rooms;
  rooms.rooms[RoomId("b1")] = {"机房", DepartmentId("housing"), "", {"HS-1", "HS-2"}};
  world.apply({rooms});
  auto moved = permits();
  moved.applications["permits"].from = model::Origin{RoomId("b1"), {"HS-1"}};
  world.apply({moved});
  world.settle();
  EXPECT_THAT(what(world.ask(DeleteRequest{"room", "b1", false})),
              HasSubstr("1 of 2 servers left to migrate: HS-2"));
  moved.applications["permits"].from->servers.insert("HS-2");
  world.apply({moved});
  EXPECT_TRUE(std::holds_alternative<DoneResponse>(world.ask(DeleteRequest{"room", "b1", false})));
}

TEST_F(Requests, ADrainSaysBeforehandWhatFindsNoPlace) {
  const auto on = world.workload(kWeb).host;
  const auto other = on == HostId("h1") ? HostId("h2") : HostId("h1");
  const auto roomy = std::get<DoneResponse>(world.ask(HostRequest{HostVerb::drain, on, "", true})).messages;
  ASSERT_THAT(roomy, SizeIs(2));
  EXPECT_EQ(roomy[1], "as things stand, all find a place elsewhere");
  world.ask(HostRequest{HostVerb::cordon, other, "", false});
  const auto alone = std::get<DoneResponse>(world.ask(HostRequest{HostVerb::drain, on, "", true})).messages;
  ASSERT_THAT(alone, SizeIs(3));
  EXPECT_THAT(alone[1], HasSubstr("as things stand, 1 finds no place elsewhere:"));
  EXPECT_THAT(alone[2], HasSubstr("no host of 2 fits " + kWeb));
}

// --- what workloads ask of their places ---

TEST_F(Requests, AGroupKeepsWorkloadsOfTwoApplicationsAndWavesApart) {
  auto first = marriage(EntryBuilder("civil-affairs").group("pair"));
  first.groups[GroupId("pair")].rules = {{model::PlacementRule::Kind::keep_apart, model::Scope::host, 1, 0}};
  EXPECT_TRUE(std::get<PlanResponse>(world.apply({first})).applied);
  EXPECT_TRUE(std::get<PlanResponse>(world.apply({permits(EntryBuilder("housing").group("pair"))})).applied);
  EXPECT_NE(world.workload(kWeb).host, world.workload("housing/permits/web").host);
}

TEST_F(Requests, ANewRuleOfAGroupHoldsForTheMembersOfOtherWavesToo) {
  auto naming = marriage();  // it names the group and has no member of it
  const auto at_most = [&](int members) {
    naming.groups[GroupId("trio")].rules = {
        {model::PlacementRule::Kind::keep_apart, model::Scope::rack, members, 0}};
    return std::get<PlanResponse>(world.apply({naming}));
  };
  ASSERT_TRUE(at_most(3).applied);
  ASSERT_TRUE(
      std::get<PlanResponse>(world.apply({permits(EntryBuilder("housing").count(2).group("trio"))})).applied);
  EXPECT_TRUE(at_most(2).applied) << "both are in one rack, and may be";
  const auto refused = at_most(1);
  EXPECT_FALSE(refused.applied);
  ASSERT_THAT(refused.unplaced, SizeIs(1));
  EXPECT_THAT(refused.unplaced.front().workload.str(), HasSubstr("housing/permits/web"));
  EXPECT_THAT(refused.unplaced.front().reasons.front(), HasSubstr("new rules of group trio"));
}

TEST_F(Requests, ARuleThatStandingWorkloadsBreakIsRefused) {
  world.apply({marriage(EntryBuilder("civil-affairs").count(3).together(model::Scope::host))});
  const auto refused =
      world.apply({marriage(EntryBuilder("civil-affairs").count(3).apart(model::Scope::host))});
  EXPECT_FALSE(std::get<PlanResponse>(refused).unplaced.empty());
}

TEST_F(Requests, NumaNodesAreGivenAndKept) {
  auto [id, spec] = host("h3");
  spec.shape.numa = {{16, to_mib(64_GiB), {}}, {16, to_mib(64_GiB), {}}};
  world.apply({site({host("h1"), host("h2"), {id, spec}})});
  world.host_up("h3");
  const auto wide = permits(EntryBuilder("housing").vcpus(10).numa(1).count(3));
  EXPECT_THAT(std::get<PlanResponse>(world.apply({wide})).unplaced, SizeIs(1))
      << "two nodes, three workloads";
  EXPECT_TRUE(
      std::get<PlanResponse>(world.apply({permits(EntryBuilder("housing").vcpus(10).numa(1).count(2))}))
          .applied);
  const auto one = world.workload("housing/permits/web-1");
  const auto two = world.workload("housing/permits/web-2");
  EXPECT_EQ(one.host, HostId("h3"));
  EXPECT_THAT(one.on_nodes, SizeIs(1));
  EXPECT_NE(one.on_nodes, two.on_nodes);
  const auto& assigned = world.hosts.at(HostId("h3")).assignment.workloads;
  ASSERT_THAT(assigned, SizeIs(2));
  EXPECT_EQ(assigned[0].on_nodes, one.on_nodes) << "the host is told";
  EXPECT_EQ(assigned[1].on_nodes, two.on_nodes);
  world.restart();
  EXPECT_EQ(std::get<PlanResponse>(world.plan({permits(EntryBuilder("housing").vcpus(10).numa(1).count(2))}))
                .lines.size(),
            0U);
}

TEST_F(Requests, AHostThatLacksWhatTheSiteFileSaysIsAFindingOfStatus) {
  auto [id, spec] = host("h3");
  spec.class_name = "wide";
  spec.shape.huge_pages = to_mib(8_GiB);
  spec.shape.numa = {{16, to_mib(64_GiB), to_mib(8_GiB)}, {16, to_mib(64_GiB), {}}};
  world.apply({site({host("h1"), host("h2"), {id, spec}})});
  world.host_up("h3");
  auto& found = world.hosts.at(HostId("h3"));
  found.hypervisor = "kvm";
  found.nodes = {{16, to_mib(64_GiB), to_mib(4_GiB), {}}};
  world.report(HostId("h3"));
  const auto status = std::get<model::StatusResponse>(world.ask(model::StatusRequest{}));
  EXPECT_THAT(
      status.findings,
      testing::ElementsAre("host h3: huge_pages: class wide says 8GiB of huge pages, the host has 4GiB",
                           "host h3: numa: class wide says 2 NUMA nodes, the host has 1",
                           "host h3: numa.0: class wide says 8GiB of huge pages, the host has 4GiB"));
  found.hypervisor = "simulated";
  world.report(HostId("h3"));
  EXPECT_THAT(std::get<model::StatusResponse>(world.ask(model::StatusRequest{})).findings, SizeIs(0));
}

TEST_F(Requests, AReportIsAskedForAnewWhenAnOlderOneWasHeardAfterIt) {
  auto overtaken = world.reports.back();
  ASSERT_GT(overtaken.epoch, Epoch{});
  const model::Heartbeat heartbeat{overtaken.host, overtaken.nonce + 1, overtaken.epoch, overtaken.applied,
                                   overtaken.revision};
  const auto asks_for_report = [&] {
    const auto outcome = world.step(
        {scheduler::Message{key_of_host(heartbeat.host.str()), "route-" + heartbeat.host.str(), heartbeat}});
    const auto ack = std::ranges::find_if(outcome.messages, [](const scheduler::Send& send) {
      return std::holds_alternative<model::Ack>(send.message);
    });
    return ack != outcome.messages.end() && std::get<model::Ack>(ack->message).want_report;
  };
  EXPECT_FALSE(asks_for_report());
  overtaken.epoch = Epoch{};  // it says the same under the same revision, and speaks of the term before
  world.hear(overtaken);
  EXPECT_TRUE(asks_for_report());
  EXPECT_TRUE(asks_for_report()) << "until it was heard";
  overtaken.epoch = heartbeat.epoch;
  world.hear(overtaken);
  EXPECT_FALSE(asks_for_report());
}

TEST_F(Requests, WhatWasCarriedOutBeforeItsHostWasHeardWholeIsAnEvent) {
  const auto started = [&] {
    std::vector<std::string> subjects;
    for (const auto& event : world.all<model::EventRecord>())
      if (event.verb == "started") subjects.push_back(event.subject);
    return subjects;
  };
  ASSERT_THAT(started(), testing::ElementsAre("workload/civil-affairs/marriage/web"));
  world.restart();
  world.step({scheduler::Tick{}});
  for (const auto& [id, host] : world.hosts) {
    const model::Heartbeat heartbeat{id, host.revision, host.epoch, host.assignment.generation,
                                     host.revision};
    world.step({scheduler::Message{key_of_host(id.str()), "route-" + id.str(), heartbeat}});
  }
  const auto status = std::get<model::StatusResponse>(world.ask(model::StatusRequest{}));
  EXPECT_THAT(status.summary, testing::Contains(std::pair{std::string("hosts_unreachable"), std::int64_t{2}}))
      << "what runs there is not known yet";
  world.apply({permits()});
  world.settle();
  EXPECT_THAT(started(),
              testing::ElementsAre("workload/civil-affairs/marriage/web", "workload/housing/permits/web"));
}

TEST_F(Requests, WhoReachesWhomIsRefusedWhereTheAnswerWouldHaveNoEnd) {
  const auto many = [](const std::string& department) {
    return application(department, {{"web", EntryBuilder(department).memory(MiB{512}).count(160)}});
  };
  ASSERT_TRUE(std::get<PlanResponse>(
                  world.apply({site({host("h1", 400), host("h2", 400)}),
                               wave("many", {{"one", many("housing")}, {"other", many("civil-affairs")}})}))
                  .applied);
  const auto refused =
      std::get<model::ErrorResponse>(world.ask(model::GetRequest{"reach", {{"what", "ping"}}})).error;
  EXPECT_THAT(refused.what, HasSubstr("100000 are the most of an answer; ask for fewer, by 'from', 'to'"));
  const auto some = world.ask(model::GetRequest{"reach", {{"what", "ping"}, {"to", kWeb}}});
  EXPECT_EQ(std::get<model::Listing>(some).rows.size(), 320U);
}

TEST_F(Requests, AZonesReserveIsKeptByWhatIsPlaced) {
  auto reserved = site({host("h1", 4), host("h2", 4)});
  reserved.zones.at(kZone).reserve = model::Reserve::host;
  world.apply({reserved});
  EXPECT_TRUE(std::get<PlanResponse>(world.apply({permits(EntryBuilder("housing").vcpus(3))})).applied);
  const auto more = std::get<PlanResponse>(
      world.plan({wave("wave-3", {{"more", application("housing", {{"web", EntryBuilder("housing")}})}})}));
  ASSERT_THAT(more.unplaced, SizeIs(1));
  EXPECT_THAT(more.unplaced.front().reasons, Contains(HasSubstr("reserve of extranet")));
}

TEST_F(Requests, AnExplanationSaysWhereAWorkloadWouldGoNow) {
  const auto answer = std::get<model::DocumentResponse>(world.ask(model::ExplainRequest{kWeb}));
  EXPECT_THAT(answer.document, Contains(Field(&model::Member::first, "candidates")));
}

}  // namespace
}  // namespace causeway::test
