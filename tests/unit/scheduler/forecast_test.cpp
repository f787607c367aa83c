// SPDX-License-Identifier: Apache-2.0
// What would happen if hosts lost power: the scheduler's own decisions, and the times that it promises.
#include "scheduler/forecast/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/model/api.h"
#include "scheduler/cli/format.h"
#include "scheduler/core/core.h"
#include "scheduler/forecast/records.h"
#include "scheduler/inquiry/snapshot_document.h"
#include "tests/unit/placement/builders.h"

namespace causeway::forecast {
namespace {

using namespace placement::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Six hosts with room for each other's work; h1 has two workloads, h2 one.
SiteBuilder six_hosts() {
  auto made = site();
  for (const auto* id : {"h1", "h2", "h3", "h4", "h5", "h6"}) made.host(host(id).cores(8));
  return made.placed(request("web"), "h1").placed(request("job"), "h1").placed(request("data"), "h2");
}

Forecast play(const placement::Snapshot& snapshot, const std::vector<std::string>& hosts,
              Duration back_after) {
  Question question{{}, back_after};
  for (const auto& id : hosts) question.lost.push_back({placement::Scope::host, id});
  auto made = forecast(snapshot, question);
  if (!made) {
    ADD_FAILURE() << made.error().front().what;
    return {};
  }
  return std::move(*made);
}

// When the host's line came, or nothing.
std::optional<Duration> when(const Forecast& forecast, const std::string& verb, const std::string& subject) {
  const auto line = std::ranges::find_if(
      forecast.lines, [&](const Line& each) { return each.verb == verb && each.subject == subject; });
  return line == forecast.lines.end() ? std::nullopt : std::optional(line->at);
}

TEST(Forecast, AGatewayGoesOnWhereAnUplinkIsInTheZoneThatNeedsOne) {
  auto made = site().exchange("extranet", "intranet");
  for (const auto* id : {"x1", "x2", "x3"}) {
    auto between = host(id).exchange().zones({ZoneId("extranet"), ZoneId("intranet")}).uplink();
    made.host(id == std::string("x2") ? between : between.uplink("intranet"));
  }
  made.placed(request("gateway").gateway_to("intranet").uplink("intranet"), "x1");
  const auto played = play(made, {"x1"}, 10min);
  ASSERT_THAT(played.workloads, SizeIs(1));
  EXPECT_EQ(played.workloads.front().to, HostId("x3"));
}

TEST(Forecast, AHostThatIsLostIsFencedAfterItsLeaseAndItsWorkRunsElsewhereInThePromisedTime) {
  const auto made = play(six_hosts(), {"h1"}, 10min);
  const auto dead = when(made, "dead", "host/h1");
  const auto fenced = when(made, "fenced", "host/h1");
  ASSERT_TRUE(dead && fenced);
  EXPECT_GE(*dead, 15s - 5s) << "its last message may have come five seconds before the loss";
  EXPECT_LE(*dead, 25s);
  EXPECT_GT(*fenced, *dead);
  ASSERT_THAT(made.workloads, SizeIs(2));
  for (const auto& one : made.workloads) {
    EXPECT_FALSE(one.down);
    EXPECT_NE(one.to, one.from);
    EXPECT_GT(one.away, *fenced) << "it starts behind the fence";
    EXPECT_LE(one.away, *dead + 10s);
    EXPECT_EQ(one.why, "");
  }
}

TEST(Forecast, PointsInTimeAreSaidByTheirDistanceFromTheLoss) {
  const auto made = play(six_hosts(), {"h1"}, 10min);
  const auto dead = std::ranges::find(made.lines, "dead", &Line::verb);
  ASSERT_NE(dead, made.lines.end());
  EXPECT_THAT(dead->text, HasSubstr("before the loss, and no sign of life"));
}

TEST(Forecast, AHostThatComesBackIsCleanedAndItsFenceIsLifted) {
  const auto made = play(six_hosts(), {"h1"}, 10min);
  const auto back = when(made, "returning", "host/h1");
  const auto up = when(made, "up", "host/h1");
  ASSERT_TRUE(back && up);
  EXPECT_GE(*back, 10min);
  EXPECT_LE(*up, 11min);
}

TEST(Forecast, AHostThatIsBackBeforeItsLeaseEndsMovesNothing) {
  const auto made = play(six_hosts(), {"h1"}, 5s);
  EXPECT_FALSE(when(made, "dead", "host/h1"));
  ASSERT_THAT(made.workloads, SizeIs(2));
  for (const auto& one : made.workloads) {
    EXPECT_FALSE(one.down);
    EXPECT_EQ(one.to, one.from);
    EXPECT_GE(one.away, 5s);
    EXPECT_LE(one.away, 20s);
  }
}

TEST(Forecast, MoreHostsThanTheFenceBudgetMoveNothingAndTheOperatorIsCalled) {
  const auto made = play(six_hosts(), {"h1", "h2"}, 10min);
  EXPECT_TRUE(when(made, "call", "site/snapshot"));
  EXPECT_FALSE(when(made, "fenced", "host/h1"));
  ASSERT_THAT(made.workloads, SizeIs(3));
  for (const auto& one : made.workloads) {
    EXPECT_EQ(one.to, one.from);
    EXPECT_FALSE(one.down);
    EXPECT_GE(one.away, 10min);
  }
}

TEST(Forecast, WhatIsNotProtectedWaitsForItsHostAndSaysSo) {
  const auto made = play(six_hosts().placed(request("batch").unprotected(), "h1"), {"h1"}, 10min);
  ASSERT_THAT(made.workloads, SizeIs(3));
  const auto& batch = made.workloads.front();
  EXPECT_EQ(batch.workload, WorkloadId("civil-affairs/registry/batch"));
  EXPECT_EQ(batch.to, HostId("h1"));
  EXPECT_GE(batch.away, 10min);
  EXPECT_FALSE(batch.down);
  EXPECT_THAT(batch.why, HasSubstr("not protected"));
  EXPECT_NE(made.workloads.back().to, HostId("h1"));
}

TEST(Forecast, WhatFindsNoPlaceElsewhereSaysWhyAndComesBackWithItsHost) {
  const auto made =
      play(site().host(host("h1")).host(host("h2").cores(1)).placed(request("web").vcpus(32), "h1"), {"h1"},
           10min);
  ASSERT_THAT(made.workloads, SizeIs(1));
  EXPECT_EQ(made.workloads[0].to, HostId("h1"));
  EXPECT_GE(made.workloads[0].away, 10min);
  EXPECT_FALSE(made.workloads[0].down);
  EXPECT_THAT(made.workloads[0].why, HasSubstr("finds no place"));
}

TEST(Forecast, AHostThatIsIsolatedAlreadyIsLostAsAnyOther) {
  const auto made = play(site()
                             .host(host("h1").state(placement::HostState::isolated))
                             .host(host("h2"))
                             .host(host("h3"))
                             .placed(request("web"), "h1"),
                         {"h1"}, 10min);
  EXPECT_TRUE(when(made, "fenced", "host/h1"));
  ASSERT_THAT(made.workloads, SizeIs(1));
  EXPECT_NE(made.workloads[0].to, HostId("h1"));
}

TEST(Forecast, ARackIsLostWithAllItsHosts) {
  auto snapshot = six_hosts().value;
  snapshot.hosts[1].rack = RackId("r2");
  const auto made = forecast(snapshot, {{{placement::Scope::rack, "r2"}}, 10min});
  ASSERT_TRUE(made);
  EXPECT_THAT(made->lost, ElementsAre(HostId("h2")));
  EXPECT_THAT(made->workloads, SizeIs(1));
}

TEST(Forecast, TheSameQuestionHasTheSameAnswer) {
  const auto one = play(six_hosts(), {"h1"}, 3min);
  const auto other = play(six_hosts(), {"h1"}, 3min);
  EXPECT_EQ(one.lines, other.lines);
  EXPECT_EQ(one.workloads, other.workloads);
  EXPECT_FALSE(one.lines.empty());
}

TEST(Forecast, ARuleThatNoSchedulerHasIsRefusedByItsPath) {
  auto rule = apart(placement::Scope::host);
  rule.from = GroupId("other");
  const auto made =
      forecast(six_hosts().group("databases", {rule}), {{{placement::Scope::host, "h1"}}, 10min});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().front().path, "groups.databases");
  EXPECT_THAT(made.error().front().next, HasSubstr("taken from a scheduler"));
}

// What a scheduler that has these records says its snapshot is.
std::string snapshot_of_records(const placement::Snapshot& snapshot) {
  scheduler::Options options;
  options.operators["operator"] = "key of the operator";
  auto records = records_of(snapshot);
  EXPECT_TRUE(records);
  scheduler::Core core(std::move(*records), options);
  const auto outcome =
      core.step(std::vector<scheduler::Input>{scheduler::Message{
                    "key of the operator", "here", model::Request{1, "", model::SnapshotRequest{}}}},
                Instant{std::chrono::hours(24 * 365 * 57)});
  return cli::cell_text(std::get<model::DocumentResponse>(outcome.replies.at(0).response.body).document);
}

TEST(Forecast, ASnapshotOfTheRecordsThatWereMadeOfASnapshotIsThatSnapshot) {
  auto made = site()
                  .pool("extranet", GiB{4000})
                  .pool("intranet", GiB{500})
                  .reserve("extranet", placement::Reserve::host)
                  .host(host("h1").uplink().numa(2).huge_pages(MiB{65536}).trait("gpu:a10").overcommit(150))
                  .host(host("h2").rack("r3").numa(2))
                  .group("databases", {apart(placement::Scope::rack), together(placement::Scope::hall, 0.5)})
                  .placed(request("web").volumes(GiB{20}).uplink().group("databases"), "h1")
                  .placed(request("job").unprotected().mlps(2).trait("gpu:a10"), "h1")
                  .placed(request("data").numa(1).pinned().volumes(GiB{100}).group("databases"), "h2", {1})
                  .value;
  for (const auto* department : {"civil-affairs", "health"})
    for (auto& entry : made.departments)
      if (entry.id.str() == department)
        for (const auto* zone : {"extranet", "intranet"})
          entry.quotas[ZoneId(zone)] = {100, MiB{409600}, GiB{2000}};
  made.on_uplinks = {{NetworkId("civil-affairs-hall"), ZoneId("extranet")}};
  const auto first = snapshot_of_records(made);
  for (auto& rack : made.racks) rack.id = RackId(rack.hall.str() + "/" + rack.id.str());
  std::erase_if(made.racks, [](const auto& rack) { return rack.id == RackId("a/r2"); });
  for (auto& each : made.hosts) {
    each.rack = RackId((each.rack == RackId("r3") ? "b/" : "a/") + each.rack.str());
    each.traits.insert("host:" + each.id.str());
  }
  std::ranges::sort(made.workloads, {}, [](const auto& each) { return each.request.workload; });
  EXPECT_EQ(first, cli::cell_text(inquiry::document_of(made)));
  EXPECT_EQ(first, snapshot_of_records(made)) << "racks are named by their halls but once";
}

}  // namespace
}  // namespace causeway::forecast
