// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/capacity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "scheduler/placement/place.h"
#include "tests/unit/placement/random_site.h"

namespace causeway::placement {
namespace {

using namespace testing;
using ::testing::HasSubstr;

TEST(Capacity, CountsByZoneAndSaysWhatEndsIt) {
  const Snapshot snapshot =
      site().host(host("a").cores(8)).host(host("b").cores(4).zones({ZoneId("intranet")}));
  const auto rooms = capacity(snapshot, request("probe"), 1000);
  ASSERT_EQ(rooms.size(), 2u);
  EXPECT_EQ(rooms[0].fit, 4);
  EXPECT_EQ(rooms[1].fit, 2);
  EXPECT_THAT(rooms[0].then, HasSubstr("vcpus excludes"));
}

TEST(Capacity, KeepsTheReserveWhole) {
  const Snapshot snapshot =
      site().reserve("extranet", Reserve::host).host(host("a").cores(8)).host(host("b").cores(8));
  const auto rooms = capacity(snapshot, request("probe"), 1000);
  EXPECT_EQ(rooms[0].fit, 8);
  EXPECT_EQ(rooms[0].fit_with_reserve, 4);
}

TEST(Capacity, CountsEachZoneAsIfTheOthersWereNotAsked) {
  const std::set<ZoneId> both = {ZoneId("health"), ZoneId("video")};
  Snapshot shared = site().host(host("a").cores(8).zones(both));
  for (const ZoneId& zone : both)
    shared.zones.push_back({zone, Isolation::shared_by_level, 2, Reserve::none, {}});
  const auto rooms = capacity(shared, request("probe").mlps(1), 1000);
  std::map<std::string, std::int64_t> fit;
  for (const Room& room : rooms) fit[room.zone.str()] = room.fit;
  EXPECT_EQ(fit["health"], 4);
  EXPECT_EQ(fit["video"], 4);
}

// The definition, one workload after the other, is what the faster search has to agree with.
RC_GTEST_PROP(Capacity, TheReserveHoldsForWhatFitsAndForNotOneMore, ()) {
  auto built = site().reserve("extranet", chance(50) ? Reserve::host : Reserve::rack);
  for (int i = drawn(2, 7); i > 0; --i)
    built.host(host("h" + std::to_string(i)).rack("r" + std::to_string(drawn(1, 3))).cores(4 * drawn(1, 4)));
  const Request shape = request("probe").vcpus(2 * drawn(1, 2));
  const auto rooms = capacity(built, shape, 1000);
  RC_ASSERT(!rooms.empty() && rooms[0].zone == ZoneId("extranet"));
  Snapshot filled = built;
  const auto add = [&](std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      // The reserve is not asked while filling, as capacity() does not ask either.
      Snapshot open = filled;
      open.zones[0].reserve = Reserve::none;
      Request next = shape;
      next.workload = WorkloadId("probe#" + std::to_string(filled.workloads.size()));
      const auto plan = place(open, next);
      RC_ASSERT(plan.has_value());
      filled.workloads.push_back(plan->workloads[0]);
    }
  };
  add(rooms[0].fit_with_reserve);
  RC_ASSERT(exposures(filled, ZoneId("extranet")).empty());
  if (rooms[0].fit_with_reserve == rooms[0].fit) return;
  add(1);
  RC_ASSERT(!exposures(filled, ZoneId("extranet")).empty());
}

TEST(WhatIf, CountsTheHostsThatAWaveLacks) {
  Change change{.add_hosts = 0, .like = HostId("a"), .lose = {}, .add = {}};
  for (int i = 0; i < 10; ++i) change.add.requests.push_back(request(std::to_string(i)));
  const Outcome outcome = what_if(site().host(host("a").cores(4)), change);
  ASSERT_TRUE(outcome.wave);
  EXPECT_FALSE(outcome.wave->has_value());
  EXPECT_EQ(outcome.hosts_missing, 4);
  change.add_hosts = 4;
  const Outcome enough = what_if(site().host(host("a").cores(4)), change);
  EXPECT_EQ(enough.hosts_missing, 0);
  EXPECT_EQ(enough.after.workloads.size(), 10u);
}

TEST(WhatIf, NoNumberOfHostsHelpsAgainstAQuota) {
  const Snapshot snapshot =
      site().host(host("a")).quota("civil-affairs", "extranet", {.vcpus = 1, .memory = {}, .volumes = {}});
  const Outcome outcome =
      what_if(snapshot, {.add_hosts = 0, .like = HostId("a"), .lose = {}, .add = {{}, {request("1")}}});
  EXPECT_FALSE(outcome.hosts_missing);
}

TEST(WhatIf, ShowsWhatALossDisplacesBeforeTheWaveIsPlaced) {
  const Snapshot snapshot =
      site().host(host("a").cores(4)).host(host("b").cores(4)).placed(request("db").vcpus(4), "a");
  const Outcome outcome = what_if(
      snapshot, {.add_hosts = 0, .like = {}, .lose = Domain{Scope::host, "a"}, .add = {{}, {request("1")}}});
  ASSERT_TRUE(outcome.loss);
  EXPECT_EQ(outcome.loss->moves.size(), 1u);
  EXPECT_FALSE(outcome.wave->has_value());
  EXPECT_EQ(outcome.hosts_missing, 1);
}

TEST(WhatIf, RefusesAnUnknownHostRackOrZone) {
  Change change{.add_hosts = 1,
                .like = HostId("z"),
                .lose = Domain{Scope::rack, "r9"},
                .add = {{}, {request("1").zone("extra")}}};
  const Outcome outcome = what_if(site().host(host("a")), change);
  EXPECT_EQ(outcome.findings.size(), 3u);
}

}  // namespace
}  // namespace causeway::placement
