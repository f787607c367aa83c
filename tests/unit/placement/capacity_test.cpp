// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/capacity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/placement/builders.h"

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
