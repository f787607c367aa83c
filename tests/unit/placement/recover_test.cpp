// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/recover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/placement/place.h"
#include "tests/unit/placement/builders.h"

namespace causeway::placement {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Recover, RestartsWhatIsProtectedAndSaysWhatIsNot) {
  const Snapshot snapshot = site()
                                .host(host("a"))
                                .host(host("b"))
                                .placed(request("db"), "a")
                                .placed(request("batch").unprotected(), "a");
  const Evacuation plan = plan_failover(snapshot, {Scope::host, "a"});
  ASSERT_EQ(plan.moves.size(), 1u);
  EXPECT_EQ(plan.moves[0].host.str(), "b");
  EXPECT_THAT(plan.left_down, ElementsAre(WorkloadId("civil-affairs/registry/batch")));
  EXPECT_TRUE(plan.complete());
}

TEST(Recover, DrainsWhatIsNotProtectedToo) {
  const Snapshot snapshot =
      site().host(host("a")).host(host("b")).placed(request("batch").unprotected(), "a");
  EXPECT_EQ(plan_drain(snapshot, {Scope::host, "a"}).moves.size(), 1u);
}

TEST(Recover, ALostRackTakesAllItsHostsOutOfTheChoice) {
  const Snapshot snapshot =
      site().host(host("a")).host(host("b")).host(host("c").rack("r2")).placed(request("db"), "a");
  const Evacuation plan = plan_failover(snapshot, {Scope::rack, "r1"});
  ASSERT_EQ(plan.moves.size(), 1u);
  EXPECT_EQ(plan.moves[0].host.str(), "c");
}

TEST(Recover, SaysWhyAWorkloadIsStranded) {
  const Snapshot snapshot =
      site().host(host("a")).host(host("b").memory(MiB{1024})).placed(request("db"), "a");
  const Evacuation plan = plan_failover(snapshot, {Scope::host, "a"});
  ASSERT_EQ(plan.stranded.size(), 1u);
  EXPECT_THAT(plan.stranded[0].summary(), HasSubstr("memory excludes 1"));
}

TEST(Recover, KeepsRulesWhenAMemberMoves) {
  const Snapshot snapshot = site()
                                .host(host("a"))
                                .host(host("b"))
                                .host(host("c").cores(96))
                                .group("web", {apart(Scope::host)})
                                .placed(request("1").group("web"), "a")
                                .placed(request("2").group("web"), "b");
  const Evacuation plan = plan_failover(snapshot, {Scope::host, "a"});
  ASSERT_EQ(plan.moves.size(), 1u);
  EXPECT_EQ(plan.moves[0].host.str(), "c");
}

// Free memory adds up to enough, but in pieces that are each too small.
TEST(Recover, TheReserveIsExactAndNotASumOfFreeMemory) {
  auto snapshot = site().reserve("extranet", Reserve::host);
  for (const auto* name : {"a", "b", "c"}) snapshot.host(host(name).memory(MiB{8192}));
  snapshot.placed(request("1").memory(MiB{4096}), "a").placed(request("2").memory(MiB{4096}), "b");
  EXPECT_TRUE(exposures(snapshot, ZoneId("extranet")).empty());
  const auto plan = place(snapshot, request("3").memory(MiB{6144}));
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().summary(), HasSubstr("reserve of extranet: if host c were lost"));
  EXPECT_TRUE(place(snapshot, request("3").memory(MiB{4096})));
}

TEST(Recover, AReserveThatWasBrokenBeforeDoesNotStopOthers) {
  const Snapshot snapshot = site()
                                .reserve("extranet", Reserve::host)
                                .host(host("a"))
                                .host(host("b").memory(MiB{8192}))
                                .placed(request("large").memory(MiB{65536}), "a");
  EXPECT_EQ(exposures(snapshot, ZoneId("extranet")).size(), 1u);
  EXPECT_TRUE(place(snapshot, request("small")));
}

}  // namespace
}  // namespace causeway::placement
