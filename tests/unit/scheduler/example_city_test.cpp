// SPDX-License-Identifier: Apache-2.0
// The example city as its files stand: applied in the order of its waves, placed whole, and running.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/manifest.h"
#include "tests/folders.h"
#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

TEST(ExampleCity, IsPlacedWaveByWaveAndSettles) {
  const auto loaded = config::load_manifests({CAUSEWAY_SOURCE_DIR "/packaging/examples/zhoushan"});
  ASSERT_TRUE(loaded.problems.empty()) << config::to_string(loaded.problems.front());
  std::vector<model::Manifest> site;
  std::vector<model::Manifest> waves;
  for (const auto& file : loaded.files)
    (std::holds_alternative<model::Wave>(file.manifest) ? waves : site).push_back(file.manifest);
  World world;
  ASSERT_TRUE(std::holds_alternative<model::PlanResponse>(world.apply(site)));
  for (const auto& record : world.all<model::HostRecord>()) world.host_up(record.id.str());

  for (const auto& wave : waves) {
    const auto answer = world.apply({wave});
    const auto* plan = std::get_if<model::PlanResponse>(&answer);
    const auto& id = std::get<model::Wave>(wave).id;
    ASSERT_NE(plan, nullptr) << id.str();
    ASSERT_TRUE(plan->unplaced.empty()) << id.str() << ": " << plan->unplaced.front().reasons.front();
    EXPECT_TRUE(plan->applied) << id.str();
    world.settle(4);
  }
  EXPECT_GT(world.all<model::Workload>().size(), 1000u);
  const auto status = std::get<model::StatusResponse>(world.ask(model::StatusRequest{}));
  EXPECT_TRUE(status.settled);
  EXPECT_FALSE(status.failed);
  EXPECT_GT(status.applications.size(), 300u);
  // Whoever asks target by target gets answers that do not grow with the square of the city.
  const auto workloads = world.all<model::Workload>().size();
  for (const auto& [end, other] : {std::pair{"from", "to"}, std::pair{"to", "from"}}) {
    const auto asked = world.ask(model::GetRequest{
        "reach", {{end, "general-office/general-office-portal/web-1"}, {other, "outside"}, {"what", "all"}}});
    const auto all = world.ask(model::GetRequest{"reach", {{end, "outside"}, {"what", "all"}}});
    ASSERT_TRUE(std::holds_alternative<model::Listing>(asked));
    ASSERT_TRUE(std::holds_alternative<model::Listing>(all));
    EXPECT_THAT(std::get<model::Listing>(asked).rows, testing::SizeIs(2)) << "a ping and a service";
    EXPECT_LE(std::get<model::Listing>(all).rows.size(), 3 * workloads);
  }
}

}  // namespace
}  // namespace causeway::test
