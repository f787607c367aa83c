// SPDX-License-Identifier: Apache-2.0
// The verbs that ask about placement: on a snapshot from the scheduler and on one from a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "scheduler/inquiry/snapshot_document.h"
#include "scheduler/snapshot/snapshot_file.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/cli/fake_world.h"
#include "tests/unit/placement/builders.h"

namespace causeway::cli::testing {
namespace {

using namespace placement::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Two racks of two hosts with 8 cores each, and one workload of 2.
placement::Snapshot two_racks() {
  return site()
      .host(host("h1").cores(8))
      .host(host("h2").cores(8))
      .host(host("h3").cores(8).rack("r2"))
      .host(host("h4").cores(8).rack("r2").state(placement::HostState::cordoned))
      .placed(request("web"), "h1");
}

class Questions : public ::testing::Test {
 protected:
  Questions() {
    std::ofstream(snapshot_) << snapshot::write(two_racks());
    std::ofstream(wave_)
        << "api: causeway/v1\nkind: Wave\nname: wave-2\nzone: extranet\n"
           "defaults: {image: debian-12, vcpus: 4, memory: 4GiB, disks: {root: {size: 4GiB}}}\n"
           "applications:\n"
           "  registry:\n"
           "    department: civil-affairs\n"
           "    mlps: 2\n"
           "    workloads:\n"
           "      job: {count: 3, keep_apart: rack}\n";
  }

  nlohmann::json json(std::vector<std::string> words) {
    words.insert(words.end(), {"-o", "json"});
    status_ = world_.run(words);
    return nlohmann::json::parse(world_.out(), nullptr, false);
  }

  test::TemporaryFolder folder_;
  const std::string snapshot_ = folder_.path() / "site.json";
  const std::string wave_ = folder_.path() / "wave.yaml";
  FakeWorld world_;
  int status_ = 0;
};

TEST_F(Questions, ASavedSnapshotIsTheSchedulersOwn) {
  world_.answers(model::DocumentResponse{inquiry::document_of(two_racks())});
  EXPECT_EQ(world_.run({"snapshot", "save", "-"}), 0);
  EXPECT_EQ(world_.out(), snapshot::write(two_racks()));
}

TEST_F(Questions, ASnapshotIsCheckedWithoutAScheduler) {
  EXPECT_EQ(world_.run({"snapshot", "check", snapshot_}), 0);
  EXPECT_THAT(world_.out(), HasSubstr("sound; 4 hosts in 2 zones, 1 workload\n"));
  EXPECT_THAT(world_.asked(), IsEmpty());
}

TEST_F(Questions, CapacityIsTheSameFromTheSchedulerAndFromAFile) {
  const std::vector<std::string> words = {"capacity", "--vcpus", "4",       "--memory",
                                          "4GiB",     "--zone",  "extranet"};
  world_.answers(model::DocumentResponse{inquiry::document_of(two_racks())});
  const auto online = json(words);
  FakeWorld offline;
  auto with_file = words;
  with_file.insert(with_file.end(), {"--snapshot", snapshot_, "-o", "json"});
  EXPECT_EQ(offline.run(with_file), 0);
  EXPECT_EQ(online, nlohmann::json::parse(offline.out()));
  ASSERT_EQ(online["items"].size(), 1u);
  EXPECT_EQ(online["items"][0]["fit"], 5);
}

TEST_F(Questions, CapacityWithTheReserveLeavesRoomForAFailure) {
  const auto rows = json({"capacity", "--vcpus", "4", "--memory", "4GiB", "--zone", "extranet", "--reserve",
                          "host", "--snapshot", snapshot_})["items"];
  EXPECT_EQ(rows[0]["fit"], 5);
  EXPECT_EQ(rows[0]["fit_with_reserve"], 3);
}

TEST_F(Questions, CapacityTakesTheShapeOfAWavesWorkloadWithItsRules) {
  const auto rows = json({"capacity", "--workload", "civil-affairs/registry/job", "-f", wave_, "--snapshot",
                          snapshot_})["items"];
  EXPECT_EQ(rows[0]["fit"], 2);
  EXPECT_THAT(std::string(rows[0]["in_the_way"]), HasSubstr("keep-apart"));
}

TEST_F(Questions, CapacityWantsAWholeShape) {
  EXPECT_EQ(world_.run({"capacity", "--vcpus", "4", "--snapshot", snapshot_}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("--vcpus 4 --memory 8GiB"));
}

TEST_F(Questions, ALostRackIsPlannedForAndShownWhole) {
  const auto answer = json({"what-if", "--lose-rack", "r1", "--snapshot", snapshot_});
  EXPECT_EQ(status_, 0);
  EXPECT_EQ(answer["fits"], true);
  EXPECT_EQ(answer["loss"]["displaced"], 1);
  EXPECT_EQ(answer["loss"]["moves"][0]["to"], "h3");
}

TEST_F(Questions, AWaveThatFindsNoPlaceSaysWhatWouldHelpAndExitsWithTwo) {
  const auto answer = json({"what-if", "-f", wave_, "--snapshot", snapshot_});
  EXPECT_EQ(status_, 2);
  EXPECT_EQ(answer["fits"], false);
  EXPECT_EQ(answer["hosts_missing"], 1);
  EXPECT_EQ(answer["wave"]["refused"]["would_fit"][0]["fits"],
            "if keep-apart of civil-affairs/registry/job is by host instead of by rack");
}

TEST_F(Questions, ExplainNamesTheScoresPartsOfWinnerAndRunnersUp) {
  const auto answer = json({"explain", "civil-affairs/registry/web", "--snapshot", snapshot_});
  EXPECT_EQ(status_, 0);
  EXPECT_EQ(answer["host"], "h1");
  ASSERT_EQ(answer["candidates"].size(), 3u);
  double sum = 0;
  for (const auto* part : {"tight", "balance", "own", "spare_traits"})
    sum += answer["candidates"][0][part].get<double>();
  EXPECT_NEAR(answer["candidates"][0]["score"].get<double>(), sum, 1e-5);
  EXPECT_EQ(answer["scorers"].size(), 4u);
}

TEST_F(Questions, ExplainOfAWaveSaysPerConstraintWhatItExcludes) {
  const auto answer = json({"explain", "wave-2", "-f", wave_, "--snapshot", snapshot_});
  EXPECT_EQ(status_, 2);
  const auto& constraints = answer["refusal"]["constraints"];
  ASSERT_FALSE(constraints.empty());
  EXPECT_EQ(constraints[0]["constraint"], "keep-apart");
  EXPECT_EQ(constraints[0]["excludes"], 4);
  for (const auto& row : constraints) EXPECT_THAT(std::string(row["asks"]), Not(IsEmpty()));
}

TEST_F(Questions, ADamagedSnapshotIsRefusedWithItsPlace) {
  std::ofstream(snapshot_) << R"({"api": "causeway/v1", "kind": "Snapshot", "version": 1,
    "zones": {"extranet": {"mlps": 9}}})";
  EXPECT_EQ(world_.run({"what-if", "--lose-rack", "r1", "--snapshot", snapshot_}), 1);
  EXPECT_EQ(world_.err(), snapshot_ + ": zones.extranet.mlps: 9 is no MLPS level; write 1 to 4\n");
}

TEST_F(Questions, ALossOfPowerIsPlayedAndWhereEachWorkloadGoesIsShown) {
  const auto answer = json({"sim", "--kill", "host:h1", "--for", "10m", "--snapshot", snapshot_});
  EXPECT_EQ(status_, 0) << world_.err();
  EXPECT_EQ(answer["lost"], "h1");
  EXPECT_EQ(answer["run_elsewhere"], 1);
  EXPECT_EQ(answer["workloads"][0]["from"], "h1");
  EXPECT_NE(answer["workloads"][0]["to"], "h1");
  EXPECT_THAT(world_.asked(), IsEmpty()) << "no scheduler is needed";
}

TEST_F(Questions, ALossThatKeepsWorkloadsDownExitsWithTwo) {
  const auto answer = json({"sim", "--kill", "rack:r1", "--snapshot", snapshot_});
  EXPECT_EQ(status_, 2) << "two of four hosts are more than the fence budget";
  EXPECT_EQ(answer["run_elsewhere"], 0);
  EXPECT_EQ(answer["wait_for_their_host"], 1);
}

TEST_F(Questions, WhatCantLosePowerIsRefusedByItsName) {
  EXPECT_EQ(world_.run({"sim", "--kill", "h1", "--snapshot", snapshot_}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("write host:NAME, rack:NAME or hall:NAME"));
  FakeWorld other;
  EXPECT_EQ(other.run({"sim", "--kill", "host:h9", "--snapshot", snapshot_}), 1);
  EXPECT_THAT(other.err(), HasSubstr("no host 'h9'"));
}

}  // namespace
}  // namespace causeway::cli::testing
