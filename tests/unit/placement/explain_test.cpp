// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/placement/place.h"
#include "tests/unit/placement/builders.h"

namespace causeway::placement {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> changes(const Snapshot& snapshot, const Request& wanted) {
  const auto plan = place(snapshot, wanted);
  std::vector<std::string> texts;
  if (!plan)
    for (const auto& counterfactual : plan.error().counterfactuals) texts.push_back(counterfactual.change);
  return texts;
}

TEST(Explain, AUncordonedHostWouldDo) {
  EXPECT_THAT(changes(site().host(host("h12").state(HostState::cordoned)), request("web")),
              ElementsAre("if host h12 is uncordoned"));
}

TEST(Explain, NamesTheLeastMemoryThatIsMissingAndWhere) {
  auto snapshot = site().host(host("a").memory(MiB{1024}));
  for (const auto* name : {"b", "c", "d"}) snapshot.host(host(name).rack("r2").memory(MiB{20 * 1024}));
  EXPECT_THAT(changes(snapshot, request("db").memory(MiB{32 * 1024})),
              ElementsAre("with 12GiB more memory on any of 3 hosts of rack r2"));
}

TEST(Explain, TriesAMilderRule) {
  const Snapshot snapshot = site()
                                .host(host("a"))
                                .host(host("b"))
                                .group("web", {apart(Scope::rack)})
                                .placed(request("1").group("web"), "a");
  EXPECT_THAT(changes(snapshot, request("2").group("web")),
              ElementsAre("if keep-apart of web is by host instead of by rack"));
}

TEST(Explain, TriesToAskForLess) {
  const Snapshot snapshot = site().host(host("a").cores(8).numa(2));
  EXPECT_THAT(changes(snapshot, request("db").vcpus(6).numa(1)), Contains("if it may span two NUMA nodes"));
  EXPECT_THAT(changes(snapshot, request("db").trait("gpu:a10")), ElementsAre("without asking for gpu:a10"));
  EXPECT_THAT(changes(site().host(host("a").cores(4).overcommit(200)), request("db").vcpus(6).pinned()),
              Contains("if its cores are not pinned"));
}

TEST(Explain, SaysThatOnlyTheQuotaIsInTheWay) {
  const Snapshot snapshot =
      site().host(host("a")).quota("civil-affairs", "extranet", {.vcpus = 1, .memory = {}, .volumes = {}});
  EXPECT_THAT(changes(snapshot, request("web")), ElementsAre("if only quota did not stand in the way"));
}

TEST(Explain, NamesASmallestSetThatCannotBePlacedTogether) {
  const Snapshot snapshot =
      site().host(host("a").cores(8)).host(host("b").cores(8).zones({ZoneId("intranet")}));
  Batch batch{{},
              {request("1").vcpus(5), request("2").vcpus(5), request("3").vcpus(2).zone("intranet"),
               request("4").vcpus(2)}};
  const auto plan = place_batch(snapshot, batch);
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().conflicts,
              ElementsAre(WorkloadId("civil-affairs/registry/1"), WorkloadId("civil-affairs/registry/2")));
}

TEST(Explain, ARequestThatFitsNowhereConflictsWithNobody) {
  const auto plan =
      place_batch(site().host(host("a").cores(8)), {{}, {request("1"), request("2").vcpus(64)}});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().conflicts, ElementsAre(WorkloadId("civil-affairs/registry/2")));
}

}  // namespace
}  // namespace causeway::placement
