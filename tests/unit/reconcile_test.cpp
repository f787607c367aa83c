// SPDX-License-Identifier: Apache-2.0
#include "agent/reconcile/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/assignments.h"

namespace causeway::agent {
namespace {

using test::assignment;
using test::extranet_host;
using test::workload;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A host on which everything could be looked at, and nothing is there but a bridge.
Observed empty_host() {
  Observed observed;
  observed.compute = ComputeObservation{};
  observed.network = SwitchState{};
  const auto zone = extranet_host().zones.front();
  observed.network->bridges.push_back({zone, bridge_name(zone.zone), std::nullopt, Generation{}});
  observed.pools.emplace(test::kExtranet, ObservedPool{});
  return observed;
}

std::vector<std::string> texts(const std::vector<Action>& actions) {
  std::vector<std::string> lines;
  for (const auto& action : actions) lines.push_back(to_string(action));
  return lines;
}

void carry_out_all(const Desired& desired, Observed& observed) {
  for (auto actions = converge(desired, observed); !actions.empty(); actions = converge(desired, observed)) {
    for (const auto& action : actions) assume(observed, action);
  }
}

Desired wish(model::Assignment assignment) { return desire(extranet_host(), assignment); }

TEST(Reconcile, TakesTheStepsOfAStartInTheirOrder) {
  const auto desired = wish(assignment(1).with(workload("a/b/c").port("eth0")));
  auto observed = empty_host();
  std::vector<std::vector<std::string>> rounds;
  for (auto actions = converge(desired, observed); !actions.empty(); actions = converge(desired, observed)) {
    rounds.push_back(texts(actions));
    for (const auto& action : actions) assume(observed, action);
  }
  EXPECT_THAT(rounds, ElementsAre(ElementsAre("import image debian-12 in extranet", "make port a/b/c/eth0",
                                              "program rules of extranet"),
                                  ElementsAre("make volume a/b/c/root", "program rules of extranet"),
                                  ElementsAre("define a/b/c"), ElementsAre("start a/b/c")));
}

TEST(Reconcile, MakesTheBridgesBeforeAnyAssignmentAndProgramsNothing) {
  Desired unassigned;
  unassigned.setup = extranet_host();
  Observed observed;
  observed.network = SwitchState{};
  EXPECT_THAT(texts(converge(unassigned, observed)), ElementsAre("make bridge of extranet"));
  assume(observed, EnsureBridge{unassigned.setup.zones.front()});
  EXPECT_THAT(converge(unassigned, observed), IsEmpty());
}

TEST(Reconcile, RefusesAWorkloadOfAZoneThatTheHostDoesNotServe) {
  const auto judged = judge(wish(assignment(1).with(workload("a/b/c").zone(test::kIntranet))), empty_host());
  EXPECT_EQ(judged.views.front().phase, model::Phase::failed);
  EXPECT_EQ(judged.views.front().waiting_on, "host h1 does not serve zone intranet");
  EXPECT_THAT(texts(judged.actions), ElementsAre("program rules of extranet"));
}

// A workload with a port on the extranet and one on the intranet, and both networks described.
model::Assignment between_zones(bool declared = true) {
  auto gateway = workload("a/b/gw").port("eth0").ports_in(test::kIntranet).port("eth1");
  if (declared) gateway = std::move(gateway).gateway_to(test::kIntranet);
  model::Assignment made = assignment(1).network(test::kIntranet).with(std::move(gateway));
  for (auto& port : made.workloads.front().ports) port.guard = "a/b/gw@" + port.network.str();
  made.guards = {{"a/b/gw@web-extranet", {}}, {"a/b/gw@web-intranet", {}}};
  return made;
}

std::string why_not(const HostSetup& setup, const model::Assignment& assignment) {
  return desire(setup, assignment).workloads.front().refused;
}

TEST(Reconcile, AnExchangeGatewaysPortsAreEachOnItsOwnZonesBridgeUnderThatZonesRules) {
  const auto desired = desire(test::exchange_host(), between_zones());
  Observed observed;
  observed.compute = ComputeObservation{};
  observed.network = SwitchState{};
  for (const auto& zone : desired.setup.zones) observed.pools.emplace(zone.zone, ObservedPool{});
  carry_out_all(desired, observed);
  ASSERT_EQ(observed.network->ports.size(), 2u);
  EXPECT_EQ(observed.network->ports[0].zone, test::kExtranet);
  EXPECT_EQ(observed.network->ports[1].zone, test::kIntranet);
  EXPECT_TRUE(observed.network->ports[0].open && observed.network->ports[1].open);
  // Its disks are in its own zone alone.
  EXPECT_TRUE(observed.pools.at(test::kIntranet)->volumes.empty());
  for (const auto& zone : {test::kExtranet, test::kIntranet}) {
    ASSERT_EQ(desired.rules.at(zone).guards.size(), 1u);
    EXPECT_EQ(desired.rules.at(zone).guards.front().id, "a/b/gw@web-" + zone.str());
    EXPECT_EQ(desired.segments.at(zone).size(), 1u);
    EXPECT_FALSE(desired.joints.contains(zone));
  }
}

TEST(Reconcile, RefusesPortsInTwoZonesOfWhatIsNotDeclaredAnExchangeGatewayWhateverTheHost) {
  // This is also what an agent that doesn't know the declaration makes of an exchange gateway.
  for (const auto& setup : {test::exchange_host(), test::extranet_host()})
    EXPECT_NE(why_not(setup, between_zones(false)), "");
  auto shared = test::exchange_host();
  shared.exchange_host = false;
  EXPECT_THAT(why_not(shared, between_zones(false)),
              HasSubstr("the assignment does not describe network web-intranet of zone extranet"));
}

TEST(Reconcile, RefusesAnExchangeGatewayWhereTheHostItselfIsNotSetUpForIt) {
  EXPECT_EQ(why_not(test::exchange_host(), between_zones()), "");
  auto serves_both = test::exchange_host();
  serves_both.exchange_host = false;
  EXPECT_EQ(why_not(serves_both, between_zones()),
            "it is an exchange gateway, and host h1 is no exchange host");
  auto serves_one = test::exchange_host();
  serves_one.zones.pop_back();
  EXPECT_THAT(why_not(serves_one, between_zones()), HasSubstr("host h1 does not serve both"));
  auto elsewhere = between_zones();
  elsewhere.workloads.front().exchange_gateway = ZoneId("police");
  EXPECT_THAT(why_not(test::exchange_host(), elsewhere), HasSubstr("zones extranet and police"));
}

TEST(Reconcile, AnExchangeHostRefusesAllElseAndTakesItAway) {
  model::Assignment plain = assignment(1).with(workload("a/b/c").port("eth0"));
  EXPECT_EQ(why_not(test::exchange_host(), plain),
            "host h1 is an exchange host, which runs exchange gateways only");
  plain.workloads.front().shall_be_absent = true;
  const auto going = desire(test::exchange_host(), plain);
  EXPECT_EQ(going.workloads.front().refused, "");
  EXPECT_THAT(going.workloads.front().ports, IsEmpty());
}

TEST(Reconcile, RefusesAPortOnAVlanWhereTheZoneHasNoUplink) {
  auto on_vlan = [](std::uint64_t generation) {
    model::Assignment made = assignment(generation).with(workload("a/b/c").port("eth0"));
    for (auto& network : made.networks) network.vlan = 300;
    return made;
  };
  const auto refused = judge(wish(on_vlan(1)), empty_host()).views.front();
  EXPECT_EQ(refused.phase, model::Phase::failed);
  EXPECT_THAT(refused.waiting_on, HasSubstr("is VLAN 300, and host h1 has no uplink in zone extranet"));
  auto setup = extranet_host();
  setup.zones.front().uplink = "eth1";
  const auto desired = desire(setup, on_vlan(1));
  EXPECT_EQ(desired.workloads.front().refused, "");
  EXPECT_EQ(desired.segments.at(test::kExtranet).front().vlan, 300);
  // What goes needs no way to its network any more.
  auto leaving = on_vlan(2);
  leaving.workloads.front().shall_be_absent = true;
  EXPECT_EQ(wish(leaving).workloads.front().refused, "");
}

TEST(Reconcile, LeadsOutByAnUplinkAndRefusesWhereThereIsNone) {
  model::Assignment made = assignment(1).with(workload("a/b/c").port("eth0"));
  for (auto& network : made.networks) network.way_out = true;
  made.ways_out = {{test::kExtranet, 900, {model::Mac{{0, 0, 0x5e, 0, 1, 10}}}, {{"outside/ningbo", {}}}}};
  made.guards = {{"outside/ningbo", {{"a/b", model::RuleProtocol::tcp, 443, 443, std::nullopt, "grant-1"}}}};
  made.address_sets = {{"a/b", {}}};
  EXPECT_THAT(judge(wish(made), empty_host()).views.front().waiting_on,
              HasSubstr("has a way out, and host h1 has no uplink in zone extranet"));
  auto setup = extranet_host();
  setup.zones.front().uplink = "eth1";
  const auto desired = desire(setup, made);
  EXPECT_EQ(desired.workloads.front().refused, "");
  EXPECT_TRUE(desired.segments.at(test::kExtranet).front().way_out);
  EXPECT_EQ(desired.ways_out.at(test::kExtranet), made.ways_out.front());
  EXPECT_EQ(desired.rules.at(test::kExtranet).guards, made.guards);
  EXPECT_EQ(desired.rules.at(test::kExtranet).address_sets, made.address_sets);
}

TEST(Reconcile, LetsARunningWorkloadRunWhenItsDefinitionChanges) {
  auto observed = empty_host();
  carry_out_all(wish(assignment(1).with(workload("a/b/c"))), observed);
  const auto changed = wish(assignment(2).with(workload("a/b/c").generation(2)));
  EXPECT_THAT(texts(converge(changed, observed)), ElementsAre("define a/b/c"));
  carry_out_all(changed, observed);
  const auto view = judge(changed, observed).views.front();
  EXPECT_EQ(view.phase, model::Phase::running);
  EXPECT_EQ(view.waiting_on, "its next start: it runs generation 1, generation 2 is ready");
}

TEST(Reconcile, AsksBeforeItKills) {
  auto observed = empty_host();
  carry_out_all(wish(assignment(1).with(workload("a/b/c"))), observed);
  auto desired = wish(assignment(2).with(workload("a/b/c").stopped()));
  EXPECT_THAT(texts(converge(desired, observed)), ElementsAre("stop a/b/c"));
  desired.workloads.front().asking = Asking::asked;
  EXPECT_THAT(converge(desired, observed), IsEmpty());
  EXPECT_EQ(judge(desired, observed).views.front().waiting_on, "the guest to power off");
  desired.workloads.front().asking = Asking::overdue;
  EXPECT_THAT(texts(converge(desired, observed)), ElementsAre("kill a/b/c"));
}

TEST(Reconcile, RemovesInTheReverseOrder) {
  auto observed = empty_host();
  carry_out_all(wish(assignment(1).with(workload("a/b/c").port("eth0").disk("data", 5))), observed);
  auto desired = wish(assignment(2).with(workload("a/b/c").port("eth0").absent()));
  desired.workloads.front().asking = Asking::overdue;
  std::vector<std::vector<std::string>> rounds;
  for (auto actions = converge(desired, observed); !actions.empty(); actions = converge(desired, observed)) {
    rounds.push_back(texts(actions));
    for (const auto& action : actions) assume(observed, action);
  }
  EXPECT_THAT(rounds, ElementsAre(ElementsAre("kill a/b/c"), ElementsAre("undefine a/b/c"),
                                  ElementsAre("program rules of extranet", "remove port a/b/c/eth0"),
                                  ElementsAre("remove volume a/b/c/data", "remove volume a/b/c/root")));
  EXPECT_EQ(judge(desired, observed).views.front().phase, model::Phase::absent);
}

TEST(Reconcile, KeepsTheVolumesOfAWorkloadThatMoves) {
  auto observed = empty_host();
  carry_out_all(wish(assignment(1).with(workload("a/b/c"))), observed);
  auto desired = wish(assignment(2).with(workload("a/b/c").moved_away()));
  desired.workloads.front().asking = Asking::overdue;
  carry_out_all(desired, observed);
  EXPECT_EQ(observed.workload(WorkloadId("a/b/c")), nullptr);
  EXPECT_NE(find_volume(*observed.pools.at(test::kExtranet), VolumeId("a/b/c/root")), nullptr);
}

TEST(Reconcile, NeverLooksAtAFinishedRemovalAgain) {
  auto observed = empty_host();
  carry_out_all(wish(assignment(1).with(workload("a/b/c"))), observed);
  auto desired = wish(assignment(2).with(workload("a/b/c").absent()));
  desired.workloads.front().finished = true;
  EXPECT_THAT(converge(desired, observed), IsEmpty());
  EXPECT_EQ(judge(desired, observed).views.front().phase, model::Phase::absent);
}

TEST(Reconcile, ReportsWhatTheAssignmentDoesNotNameAndLeavesIt) {
  auto observed = empty_host();
  carry_out_all(wish(assignment(1).with(workload("a/b/c").port("eth0"))), observed);
  observed.compute->foreign.push_back({"web-old", Power::running});
  const auto judged = judge(wish(assignment(2)), observed);
  EXPECT_THAT(texts(judged.actions), ElementsAre("program rules of extranet"));
  EXPECT_THAT(judged.foreign, ElementsAre("domain web-old", "port a/b/c/eth0, which is not in the assignment",
                                          "workload a/b/c (running), which is not in the assignment"));
}

TEST(Reconcile, SaysThatAGuestIsPausedAndLeavesItPaused) {
  auto observed = empty_host();
  const auto desired = wish(assignment(1).with(workload("a/b/c")));
  carry_out_all(desired, observed);
  observed.compute->workloads.front().power = Power::paused;
  observed.compute->workloads.front().why = "I/O error";
  const auto judged = judge(desired, observed);
  EXPECT_THAT(judged.actions, IsEmpty());
  EXPECT_EQ(judged.views.front().waiting_on, "the guest is paused: I/O error");
}

TEST(Reconcile, GrowsAVolumeUnderARunningGuestAndNeverShrinksOne) {
  auto observed = empty_host();
  carry_out_all(wish(assignment(1).with(workload("a/b/c").disk("data", 5))), observed);
  EXPECT_THAT(texts(converge(wish(assignment(2).with(workload("a/b/c").disk("data", 9))), observed)),
              ElementsAre("make volume a/b/c/data"));
  const auto smaller = judge(wish(assignment(3).with(workload("a/b/c").disk("data", 1))), observed);
  EXPECT_THAT(smaller.actions, IsEmpty());
  EXPECT_THAT(smaller.views.front().waiting_on, HasSubstr("volumes never shrink"));
}

TEST(Reconcile, TellsTheGuestItsNameAndAddressesUnlessItBringsItsOwn) {
  const auto desired =
      wish(assignment(1).with(workload("a/b/c").port("eth0")).with(workload("a/b/d").imported("old.vmdk")));
  const auto& seed = desired.workloads[0].domain.seed;
  ASSERT_TRUE(seed);
  EXPECT_EQ(seed->hostname, "c");
  EXPECT_THAT(seed->interfaces.front().addresses, ElementsAre("10.52.0.11/16"));
  EXPECT_FALSE(desired.workloads[1].domain.seed);
}

TEST(Reconcile, BootsFromTheDiskNamedRootWhateverItsPlaceInTheList) {
  model::AssignedWorkload odd = workload("a/b/c").disk("data", 5);
  std::swap(odd.disks[0], odd.disks[1]);
  EXPECT_EQ(wish(assignment(1).with(odd)).workloads.front().volumes.front().volume.volume,
            VolumeId("a/b/c/root"));
}

}  // namespace
}  // namespace causeway::agent
