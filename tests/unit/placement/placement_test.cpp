// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/placement/check.h"
#include "scheduler/placement/place.h"
#include "tests/unit/placement/builders.h"

namespace causeway::placement {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

std::string host_of(const Answer<Plan>& plan, std::size_t index = 0) {
  return plan ? plan->workloads[index].host.str() : "nowhere: " + plan.error().summary();
}

// The constraint that keeps the request off the only host.
std::string obstacle(const Snapshot& snapshot, const Request& wanted) {
  const auto plan = place(snapshot, wanted);
  if (plan) return "none";
  return plan.error().exclusions.empty() ? plan.error().summary()
                                         : plan.error().exclusions.front().constraint;
}

TEST(Placement, PrefersTheTightestHostThatStillFits) {
  const Snapshot snapshot = site()
                                .host(host("a").memory(MiB{64 * 1024}))
                                .host(host("b").cores(8).memory(MiB{16384}))
                                .host(host("c").cores(2).memory(MiB{2048}));
  EXPECT_EQ(host_of(place(snapshot, request("web"))), "b");
}

TEST(Placement, TakesTheLesserNameAmongEquals) {
  EXPECT_EQ(host_of(place(site().host(host("b")).host(host("a")), request("web"))), "a");
}

TEST(Placement, NeedsAHostOfTheZoneThatIsUp) {
  EXPECT_EQ(obstacle(site().host(host("a").zones({ZoneId("intranet")})), request("web")), "zone");
  for (const HostState state :
       {HostState::cordoned, HostState::draining, HostState::isolated, HostState::down})
    EXPECT_EQ(obstacle(site().host(host("a").state(state)), request("web")), "state");
}

HostBuilder exchange_host(const std::string& id) {
  return host(id).exchange().zones({ZoneId("extranet"), ZoneId("intranet")});
}

TEST(Placement, PutsExchangeGatewaysOnExchangeHostsAndNothingElseThere) {
  auto snapshot = site().exchange("extranet", "intranet").host(host("a")).host(exchange_host("x"));
  snapshot.host(host("b").zones({ZoneId("intranet")}));
  EXPECT_EQ(host_of(place(snapshot, request("gateway").gateway_to("intranet"))), "x");
  EXPECT_EQ(host_of(place(snapshot, request("gateway").zone("intranet").gateway_to("extranet"))), "x");
  EXPECT_EQ(host_of(place(snapshot, request("web"))), "a");
  EXPECT_EQ(host_of(place(snapshot, request("web").zone("intranet"))), "b");
  EXPECT_EQ(obstacle(site().exchange("extranet", "intranet").host(exchange_host("x")), request("web")),
            "exchange");
  EXPECT_EQ(obstacle(site().exchange("extranet", "intranet").host(host("a")),
                     request("gateway").gateway_to("intranet")),
            "exchange");
}

TEST(Placement, SaysWhyAnExchangeGatewayFindsNoHost) {
  const auto plan = place(site().exchange("extranet", "intranet").host(host("a")).host(host("b")),
                          request("gateway").gateway_to("intranet"));
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().exclusions, ElementsAre(Field(&Exclusion::example, "a: it is no exchange host")));
}

TEST(Placement, RefusesAnExchangeGatewayBetweenZonesThatDoNotNameEachOther) {
  const auto plan = place(site().host(host("a")), request("gateway").gateway_to("intranet"));
  ASSERT_FALSE(plan);
  ASSERT_EQ(plan.error().findings.size(), 1u);
  EXPECT_THAT(plan.error().findings.front().what,
              HasSubstr("no exchange gateway may stand between zones extranet and intranet"));
}

TEST(Placement, TheCheckerKnowsByItselfWhatStandsOnExchangeHosts) {
  const Snapshot snapshot = site().exchange("extranet", "intranet").host(host("a")).host(exchange_host("x"));
  const auto found = [&](const Request& wanted, const std::string& on) {
    Plan plan;
    plan.workloads.push_back({wanted, HostId(on), {}});
    const auto findings = check(plan, snapshot);
    return findings.empty() ? "" : findings.front().what;
  };
  EXPECT_EQ(found(request("gateway").gateway_to("intranet"), "x"), "");
  EXPECT_EQ(found(request("gateway").gateway_to("intranet"), "a"), "host a is not for exchange gateways");
  EXPECT_EQ(found(request("web"), "x"), "host x is for exchange gateways only");
  EXPECT_EQ(found(request("web"), "a"), "");
}

TEST(Placement, RefusesAnMlpsLevelAboveTheZones) {
  EXPECT_EQ(obstacle(site().host(host("a")), request("web").mlps(4)), "mlps");
}

TEST(Placement, LeavesDedicatedHostsToTheirDepartment) {
  const Snapshot snapshot = site().host(host("a").dedicated_to("health"));
  EXPECT_EQ(obstacle(snapshot, request("web")), "dedication");
  EXPECT_EQ(host_of(place(snapshot, request("web").department("health"))), "a");
}

TEST(Placement, PutsWhatGoesByAnUplinkWhereOneIsInItsZone) {
  const Snapshot snapshot = site().host(host("a")).host(host("b").uplink("health")).host(host("c").uplink());
  EXPECT_EQ(host_of(place(snapshot, request("web"))), "a");
  EXPECT_EQ(host_of(place(snapshot, request("web").uplink())), "c");
  EXPECT_EQ(obstacle(site().host(host("a")), request("web").uplink()), "uplink");
}

TEST(Placement, PutsAGatewayWhereAnUplinkIsInEachZoneInWhichItsNetworksGoByOne) {
  const auto between = [] { return site().exchange("extranet", "intranet"); };
  const auto gateway = [] { return request("gateway").gateway_to("intranet"); };
  const Snapshot snapshot =
      between()
          .host(exchange_host("x").uplink())
          .host(exchange_host("y").uplink("intranet"))
          .host(exchange_host("z").uplink().uplink("intranet").state(HostState::cordoned));
  EXPECT_EQ(host_of(place(snapshot, gateway().uplink())), "x");
  EXPECT_EQ(host_of(place(snapshot, gateway().uplink("intranet"))), "y");
  EXPECT_FALSE(place(snapshot, gateway().uplink().uplink("intranet")));
  const auto refused = place(between().host(exchange_host("x")), gateway().uplink().uplink("intranet"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(
      refused.error().exclusions,
      ElementsAre(Field(&Exclusion::example, "x: it has no uplink in zone extranet and in zone intranet")));
}

TEST(Placement, TheCheckerKnowsByItselfInWhichZonesAnUplinkIsNeeded) {
  const Snapshot snapshot = site().exchange("extranet", "intranet").host(exchange_host("x").uplink());
  const auto found = [&](const Request& wanted) {
    Plan plan;
    plan.workloads.push_back({wanted, HostId("x"), {}});
    const auto findings = check(plan, snapshot);
    return findings.empty() ? "" : findings.front().what;
  };
  EXPECT_EQ(found(request("gateway").gateway_to("intranet").uplink()), "");
  EXPECT_EQ(found(request("gateway").gateway_to("intranet").uplink("intranet")),
            "host x has no uplink in zone intranet");
}

TEST(Placement, RefusesAnUplinkInAZoneInWhichItHasNoPorts) {
  const auto plan = place(site().host(host("a").uplink("health")), request("web").uplink("health"));
  ASSERT_FALSE(plan);
  ASSERT_EQ(plan.error().findings.size(), 1u);
  EXPECT_EQ(plan.error().findings.front().what, "it has no ports in zone health");
}

TEST(Placement, PrefersADepartmentsOwnHosts) {
  const Snapshot snapshot =
      site().host(host("a").cores(4).memory(MiB{8192})).host(host("b").dedicated_to("civil-affairs"));
  EXPECT_EQ(host_of(place(snapshot, request("web"))), "b");
}

TEST(Placement, AsksForAllTraitsAndSparesHostsThatHaveOthers) {
  const Snapshot snapshot =
      site().host(host("a").trait("gpu:a10").trait("secure-boot")).host(host("b").trait("secure-boot"));
  EXPECT_EQ(host_of(place(snapshot, request("web").trait("gpu:a10"))), "a");
  EXPECT_EQ(host_of(place(snapshot, request("web"))), "b");
  EXPECT_EQ(obstacle(snapshot, request("web").trait("gpu:l40")), "traits");
}

TEST(Placement, OvercommitsVcpusButNotPinnedOnes) {
  const Snapshot snapshot = site().host(host("a").cores(4).overcommit(200));
  EXPECT_EQ(host_of(place(snapshot, request("web").vcpus(8))), "a");
  EXPECT_EQ(obstacle(snapshot, request("web").vcpus(9)), "vcpus");
  EXPECT_EQ(host_of(place(snapshot, request("web").vcpus(4).pinned())), "a");
  EXPECT_EQ(obstacle(snapshot, request("web").vcpus(5).pinned()), "vcpus");
}

TEST(Placement, ANewWorkloadGetsWhatPinnedCoresLeave) {
  auto crowded = site().host(host("a").cores(4).overcommit(200)).placed(request("db").vcpus(3).pinned(), "a");
  EXPECT_EQ(host_of(place(crowded, request("web").vcpus(2))), "a");
  EXPECT_EQ(obstacle(crowded, request("web").vcpus(3)), "vcpus");
}

TEST(Placement, KeepsHugePagesApartFromOrdinaryMemory) {
  const Snapshot snapshot = site().host(host("a").memory(MiB{8192}).huge_pages(MiB{4096}));
  EXPECT_EQ(host_of(place(snapshot, request("db").huge_pages())), "a");
  EXPECT_EQ(obstacle(snapshot, request("web").memory(MiB{4097})), "memory");
  EXPECT_EQ(obstacle(snapshot, request("db").huge_pages().memory(MiB{4097})), "huge-pages");
}

TEST(Placement, BindsToTheTightestNumaNode) {
  auto used = site().host(host("a").numa(2)).placed(request("db").vcpus(8).numa(1), "a", {1});
  const auto plan = place(used, request("web").numa(1));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->workloads[0].numa_nodes, ElementsAre(1));
}

TEST(Placement, ANumaNodeThatIsTooSmallIsNotAddedUpWithOthers) {
  const Snapshot snapshot = site().host(host("a").cores(8).numa(2));
  EXPECT_EQ(obstacle(snapshot, request("web").vcpus(6).numa(1)), "numa");
  const auto plan = place(snapshot, request("web").vcpus(8).numa(2));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->workloads[0].numa_nodes, ElementsAre(0, 1));
}

TEST(Placement, UnboundWorkloadsLeaveLessToNumaNodes) {
  const Snapshot crowded = site().host(host("a").cores(8).numa(2)).placed(request("any").vcpus(5), "a");
  EXPECT_EQ(obstacle(crowded, request("web").vcpus(4).numa(1)), "vcpus");
  EXPECT_EQ(host_of(place(crowded, request("web").vcpus(3).numa(1))), "a");
}

TEST(Placement, KeepsApartByRackAcrossABatch) {
  const Snapshot snapshot = site().host(host("a")).host(host("b").rack("r2")).host(host("c").rack("r2"));
  Batch batch{{{GroupId("web"), {apart(Scope::rack)}}},
              {request("1").group("web"), request("2").group("web")}};
  const auto plan = place_batch(snapshot, batch);
  ASSERT_TRUE(plan) << plan.error().summary();
  EXPECT_EQ((std::set{host_of(plan, 0), host_of(plan, 1)}), (std::set<std::string>{"a", "b"}));
  batch.requests.push_back(request("3").group("web"));
  EXPECT_FALSE(place_batch(snapshot, batch));
}

TEST(Placement, KeepsOneGroupApartFromAnother) {
  Rule from_blue = apart(Scope::rack), from_green = apart(Scope::rack);
  from_blue.from = GroupId("blue");
  from_green.from = GroupId("green");
  const Snapshot snapshot = site()
                                .host(host("a"))
                                .host(host("b"))
                                .host(host("c").rack("r2").cores(96))
                                .group("green", {from_blue})
                                .group("blue", {from_green})
                                .placed(request("1").group("blue"), "a");
  EXPECT_EQ(host_of(place(snapshot, request("2").group("blue"))), "a");
  EXPECT_EQ(host_of(place(snapshot, request("2").group("green"))), "c");
}

TEST(Placement, AllowsAtMostSoManyPerDomain) {
  const Snapshot snapshot = site().host(host("a"));
  Batch batch{{{GroupId("web"), {apart(Scope::host, 2)}}},
              {request("1").group("web"), request("2").group("web")}};
  EXPECT_TRUE(place_batch(snapshot, batch));
  batch.requests.push_back(request("3").group("web"));
  EXPECT_FALSE(place_batch(snapshot, batch));
}

TEST(Placement, KeepsAGroupTogetherInTheHallWhereItStands) {
  const Snapshot snapshot = site()
                                .host(host("a").cores(4))
                                .host(host("b").rack("r3"))
                                .group("pair", {together(Scope::hall)})
                                .placed(request("db").group("pair"), "b");
  EXPECT_EQ(host_of(place(snapshot, request("web").group("pair"))), "b");
}

// The tightest rack takes the first of them, but not both.
TEST(Placement, LooksForARackThatTakesAllOfACohort) {
  const Snapshot snapshot =
      site().host(host("a").cores(4)).host(host("b").rack("r2")).group("pair", {together(Scope::rack)});
  const auto plan =
      place_batch(snapshot, {{}, {request("1").vcpus(4).group("pair"), request("2").vcpus(4).group("pair")}});
  EXPECT_EQ(host_of(plan, 0), "b");
  EXPECT_EQ(host_of(plan, 1), "b");
}

TEST(Placement, WeighsASoftRuleAgainstTightness) {
  auto snapshot = site().host(host("a").cores(4).memory(MiB{16384})).host(host("b"));
  snapshot.placed(request("1").group("web"), "a");
  EXPECT_EQ(host_of(place(snapshot.group("web", {apart(Scope::host, 1, 0.01)}), request("2").group("web"))),
            "a");
  snapshot.value.groups.clear();
  EXPECT_EQ(host_of(place(snapshot.group("web", {apart(Scope::host, 1, 5)}), request("2").group("web"))),
            "b");
}

TEST(Placement, CountsTheQuotaOverTheWholeBatch) {
  const Snapshot snapshot =
      site().host(host("a")).quota("civil-affairs", "extranet", {.vcpus = 3, .memory = {}, .volumes = {}});
  EXPECT_TRUE(place(snapshot, request("1")));
  const auto plan = place_batch(snapshot, {{}, {request("1"), request("2")}});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().summary(), HasSubstr("quota of civil-affairs in extranet: 2 of 3 vCPUs are used"));
}

TEST(Placement, StopsAtThePoolsCapacity) {
  const Snapshot snapshot =
      site().host(host("a")).pool("extranet", 100_GiB).placed(request("db").volumes(60_GiB), "a");
  EXPECT_EQ(host_of(place(snapshot, request("web").volumes(40_GiB))), "a");
  EXPECT_EQ(obstacle(snapshot, request("web").volumes(41_GiB)), "pool");
}

TEST(Placement, SaysPerConstraintHowManyHostsItExcludesAndWhatTheNearestLack) {
  const Snapshot snapshot = site()
                                .host(host("a").memory(MiB{2048}))
                                .host(host("b").memory(MiB{1024}))
                                .host(host("c").state(HostState::cordoned));
  const auto plan = place(snapshot, request("web"));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().summary(),
            "no host of 3 fits civil-affairs/registry/web: memory excludes 2, state excludes 1");
  ASSERT_EQ(plan.error().nearest.size(), 3u);
  EXPECT_THAT(plan.error().nearest[0].lacks, ElementsAre("memory: 2GiB memory free, 2GiB more would do"));
}

TEST(Placement, ShowsTheScoresPartsForTheWinnerAndTheRunnersUp) {
  const auto plan = place(site().host(host("a")).host(host("b").cores(8)), request("web"));
  ASSERT_TRUE(plan);
  const Placement& why = plan->placements[0];
  ASSERT_EQ(why.runners_up.size(), 1u);
  for (const auto* candidate : {&why.chosen, &why.runners_up[0]}) {
    double sum = 0;
    for (const auto& part : candidate->parts) sum += part.weight * part.value;
    EXPECT_NEAR(sum, candidate->score, 1e-5);
  }
  EXPECT_GE(why.chosen.score, why.runners_up[0].score);
}

TEST(Placement, RefusesAWrongSnapshotWithThePlaceAndTheReason) {
  auto wrong = site().host(host("a").numa(2)).host(host("a")).host(host("b").zones({ZoneId("extranett")}));
  wrong.value.hosts[0].numa[1].memory = MiB{0};
  wrong.value.hosts[1].memory = MiB{-1};
  wrong.group("web", {together(Scope::host), apart(Scope::host)});
  const auto plan = place(wrong, request("web"));
  ASSERT_FALSE(plan);
  const auto& findings = plan.error().findings;
  EXPECT_THAT(findings, Contains(Field(&Finding::what, "a NUMA node without memory")));
  EXPECT_THAT(findings, Contains(Field(&Finding::what, "'a' is there twice")));
  EXPECT_THAT(findings, Contains(Field(&Finding::next, "write 'extranet'")));
  EXPECT_THAT(findings,
              Contains(Field(&Finding::what, "it keeps its members together in one host and apart by host")));
  EXPECT_THAT(findings, Contains(Field(&Finding::path, "hosts.a.memory")));
}

TEST(Placement, TheCheckerSeesWhatAPlanBreaks) {
  const Snapshot snapshot =
      site().host(host("a").cores(4)).host(host("b")).group("web", {apart(Scope::rack)});
  auto plan = place_batch(snapshot, {{}, {request("1").vcpus(4), request("2").vcpus(4)}});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(check(*plan, snapshot).empty());
  plan->workloads[0].host = plan->workloads[1].host = HostId("a");
  EXPECT_THAT(check(*plan, snapshot), Contains(Field(&Finding::what, "its cores do not suffice")));
  plan->workloads[0].host = HostId("b");
  for (auto& placed : plan->workloads) placed.request.groups = {GroupId("web")};
  EXPECT_THAT(check(*plan, snapshot), Contains(Field(&Finding::what, "group web has 1 others in rack r1")));
}

}  // namespace
}  // namespace causeway::placement
