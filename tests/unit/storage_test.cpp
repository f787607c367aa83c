// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "agent/storage/names.h"
#include "agent/storage/simulated.h"
#include "common/core/digest.h"

namespace causeway::agent {
namespace {

const ZoneId kZone{"extranet"};
const VolumeId kVolume{"a/b/c/root"};
const HostId kHost{"h1"};
const HostId kOtherHost{"h2"};
const ProgressSink kGoOn = [](const Progress&) { return true; };

VolumeSpec spec(VolumeSource source) {
  return {.zone = kZone, .volume = kVolume, .size = 2_GiB, .source = std::move(source)};
}

class Simulated : public testing::Test {
 protected:
  SimulatedStorage agent(const HostId& host) { return {cluster_, host, {kZone}}; }
  std::shared_ptr<SimulatedCluster> cluster_ = std::make_shared<SimulatedCluster>();
};

TEST(StorageNames, ComeFromTheIdentityAndTheTemporaryOnesReadBack) {
  EXPECT_EQ(image_name(VolumeId("civil-affairs/marriage/web-1/root")), "civil-affairs.marriage.web-1.root");
  EXPECT_EQ(image_name(ImageId("debian-12")), "image.debian-12");
  const auto name = temporary_name(kHost, "0123abcd", "image.debian-12");
  EXPECT_EQ(parse_temporary_name(name),
            (TemporaryName{.host = kHost, .token = "0123abcd", .final_name = "image.debian-12"}));
  EXPECT_EQ(parse_temporary_name("image.debian-12"), std::nullopt);
}

TEST(StorageNames, KnowOneSecretPerUserAndPool) {
  EXPECT_EQ(secret_uuid("extranet", "h1-extranet"), secret_uuid("extranet", "h1-extranet"));
  EXPECT_NE(secret_uuid("extranet", "h1-extranet"), secret_uuid("extranet", "h2-extranet"));
}

TEST(Digest, IsTheOneThatEverybodyComputes) {
  Sha256 digest;
  digest.add("a");
  digest.add("bc");
  EXPECT_EQ(digest.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(uuid_of("abc"), "ba7816bf-8f01-8fea-8141-40de5dae2223");
}

TEST_F(Simulated, CountsTheWritersOfAVolume) {
  auto storage = agent(kHost);
  ASSERT_TRUE(storage.ensure_volume(spec(EmptySource{}), kGoOn));
  cluster_->open(kZone, kVolume, kHost);
  cluster_->open(kZone, kVolume, kHost);
  EXPECT_EQ(cluster_->most_writers(), 1u);
  cluster_->open(kZone, kVolume, kOtherHost);
  EXPECT_EQ(cluster_->most_writers(), 2u);
}

TEST_F(Simulated, CountsNoWriterBehindAFenceUntilItIsLifted) {
  auto storage = agent(kHost);
  ASSERT_TRUE(storage.ensure_volume(spec(EmptySource{}), kGoOn));
  cluster_->open(kZone, kVolume, kHost);
  cluster_->fence(kHost);
  cluster_->open(kZone, kVolume, kOtherHost);
  EXPECT_EQ(cluster_->writers(kZone, kVolume), std::set{kOtherHost});
  EXPECT_EQ(cluster_->most_writers(), 1u);
  EXPECT_EQ(storage.observe(kZone).error().code, Errc::denied);
  cluster_->lift_fence(kHost);
  EXPECT_EQ(cluster_->most_writers(), 2u);
}

TEST_F(Simulated, OutlivesItsAgentsAndSweepsWhatTheyLeft) {
  cluster_->assume_files(1_GiB);
  cluster_->set_import_steps(5);
  {
    auto killed = agent(kHost);
    EXPECT_EQ(killed.ensure_volume(spec(FileSource{"db.qcow2"}), kGoOn).error().code, Errc::busy);
  }
  auto storage = agent(kHost);
  EXPECT_FALSE(storage.observe(kZone)->volumes.at(0).ready);
  ASSERT_TRUE(storage.sweep(kZone));
  EXPECT_TRUE(storage.observe(kZone)->volumes.empty());
}

TEST_F(Simulated, PassesTheClaimOnAGoldenImageOnWhenItsHolderStaysAway) {
  cluster_->assume_files(1_GiB);
  cluster_->set_import_steps(2);
  const ImageSpec image{.zone = kZone,
                        .image = ImageId("debian-12"),
                        .file = "debian-12.qcow2",
                        .sha256 = std::string(64, '0'),
                        .size = 1_GiB};
  EXPECT_FALSE(agent(kHost).ensure_image(image, kGoOn));
  auto other = agent(kOtherHost);
  int calls = 1;
  while (!other.ensure_image(image, kGoOn)) ++calls;
  EXPECT_EQ(calls, SimulatedCluster::kClaimPatience + 2);
}

TEST_F(Simulated, FailsAsItIsTold) {
  auto storage = agent(kHost);
  storage.faults() = {.fail_next = 1, .fail_code = Errc::denied};
  EXPECT_EQ(storage.ensure_volume(spec(EmptySource{}), kGoOn).error().code, Errc::denied);
  EXPECT_TRUE(storage.observe(kZone)->volumes.empty());
  storage.faults() = {.lose_answers = 1};
  EXPECT_EQ(storage.ensure_volume(spec(EmptySource{}), kGoOn).error().code, Errc::timeout);
  EXPECT_EQ(storage.observe(kZone)->volumes.size(), 1u);
  storage.faults() = {.hung = true};
  EXPECT_EQ(storage.observe(kZone).error().code, Errc::unavailable);
}

TEST_F(Simulated, CutsOneHostFromTheStorageNetwork) {
  auto storage = agent(kHost);
  auto other = agent(kOtherHost);
  cluster_->set_reachable(kHost, false);
  EXPECT_EQ(storage.observe(kZone).error().code, Errc::unavailable);
  EXPECT_TRUE(other.observe(kZone));
  cluster_->set_reachable(kHost, true);
  EXPECT_TRUE(storage.observe(kZone));
}

}  // namespace
}  // namespace causeway::agent
