// SPDX-License-Identifier: Apache-2.0
// `verify networks`: what it asks about, and what it makes of the answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/fake_world.h"

namespace causeway::cli::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kWeb = "civil-affairs/marriage/web";
const std::string kNingbo = "outside/ningbo";

model::Listing listing(const std::string& noun, const std::vector<std::string>& columns,
                       std::vector<std::vector<model::Value>> rows) {
  model::Listing made;
  made.noun = noun;
  for (const auto& key : columns) made.columns.push_back({key, key, false, false});
  made.rows = std::move(rows);
  return made;
}

model::Listing workloads(const std::vector<std::string>& names) {
  std::vector<std::vector<model::Value>> rows;
  for (const auto& name : names) rows.push_back({name});
  return listing("workloads", {"name"}, std::move(rows));
}

model::Listing questions(std::vector<std::vector<model::Value>> rows) {
  return listing("reach", {"from", "to", "what"}, std::move(rows));
}

model::Listing answer(const std::string& policy, const std::string& switches, const std::string& verdict) {
  return listing("reach", {"policy", "switches", "verdict", "why", "seen"},
                 {{policy, switches, verdict, "no grant", "h1: passes to the zone's uplink"}});
}

// "FROM TO WHAT" of each connection that was asked about.
std::vector<std::string> asked_about(const FakeWorld& world) {
  std::vector<std::string> found;
  for (const auto& asked : world.asked())
    if (const auto* reach = std::get_if<model::ReachRequest>(&asked.body))
      found.push_back(reach->from.str() + " " + reach->to.str() + " " + reach->what);
  return found;
}

TEST(VerifyNetworks, AsksAboutEachWorkloadWithWhatIsOutsideInBothDirections) {
  FakeWorld world;
  world.answers(workloads({kWeb}))
      .answers(questions({{kNingbo, kWeb, "ping"}}))
      .answers(answer("no", "no", "agree"))
      .answers(questions({{kWeb, kNingbo, "tcp/443"}}))
      .answers(answer("yes", "yes", "agree"));
  EXPECT_EQ(world.run({"verify", "networks"}), 0) << world.err();
  EXPECT_THAT(asked_about(world),
              ElementsAre(kNingbo + " " + kWeb + " ping", kWeb + " " + kNingbo + " tcp/443"));
  const auto outward = std::get<model::GetRequest>(world.asked().at(3).body);
  EXPECT_EQ(outward.where,
            (std::map<std::string, std::string>{{"from", kWeb}, {"to", "outside"}, {"what", "all"}}));
  EXPECT_EQ(world.out(), "2 questions, 1 permitted and 1 denied: 0 findings\n");
}

TEST(VerifyNetworks, FindsASwitchThatLetsOutWhatIsDenied) {
  FakeWorld world;
  world.answers(workloads({kWeb}))
      .answers(questions({}))
      .answers(questions({{kWeb, kNingbo, "tcp/443"}}))
      .answers(answer("no", "yes", "disagree"));
  EXPECT_EQ(world.run({"verify", "networks", "-o", "name"}), 1);
  EXPECT_THAT(world.out(), StartsWith("passes-what-is-denied"));
  EXPECT_EQ(asked_about(world).size(), 2u) << "a finding is asked about twice";
}

TEST(VerifyNetworks, FindsASwitchThatDropsWhatComesInByAGrant) {
  FakeWorld world;
  world.answers(workloads({kWeb}))
      .answers(questions({{kNingbo, kWeb, "tcp/8443"}}))
      .answers(answer("yes", "no", "disagree"))
      .answers(answer("yes", "no", "disagree"))
      .answers(questions({}));
  EXPECT_EQ(world.run({"verify", "networks"}), 1);
  EXPECT_THAT(world.out(), HasSubstr("drops-what-is-permitted"));
  EXPECT_THAT(world.out(), HasSubstr(kNingbo));
  EXPECT_THAT(world.out(), HasSubstr("1 questions, 1 permitted and 0 denied: 1 findings"));
}

TEST(VerifyNetworks, ForgetsADifferenceThatIsGoneWhenItIsAskedAboutAgain) {
  FakeWorld world;
  world.answers(workloads({kWeb}))
      .answers(questions({{kNingbo, kWeb, "ping"}}))
      .answers(answer("no", "yes", "disagree"))
      .answers(answer("no", "no", "agree"))
      .answers(questions({}));
  EXPECT_EQ(world.run({"verify", "networks"}), 0);
  EXPECT_EQ(world.out(), "1 questions, 0 permitted and 1 denied: 0 findings\n");
}

TEST(VerifyNetworks, EndsAtTheFirstQuestionThatIsNotAnswered) {
  FakeWorld world;
  world.answers(workloads({kWeb, kWeb + "-2"})).fails(Errc::unavailable, "no scheduler answers");
  EXPECT_NE(world.run({"verify", "networks"}), 0);
  EXPECT_THAT(asked_about(world), IsEmpty());
  EXPECT_EQ(world.asked().size(), 2u);
}

}  // namespace
}  // namespace causeway::cli::testing
