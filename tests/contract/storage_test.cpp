// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>

#include "agent/storage/names.h"
#include "tests/contract/storage_bench.h"

namespace causeway::agent {
namespace {

const HostId kHost{"h1"};
const HostId kOtherHost{"h2"};
const VolumeId kRoot{"civil-affairs/marriage/web-1/root"};
const VolumeId kData{"civil-affairs/marriage/web-1/data"};
const ImageId kImage{"debian-12"};
const ProgressSink kGoOn = [](const Progress&) { return true; };

struct Param {
  std::string name;
  std::function<std::unique_ptr<StorageBench>()> make;
};

// Calls again as long as the answer is busy, as an agent does.
Result<> persist(const std::function<Result<>()>& call) {
  for (int tries = 0; tries < 100; ++tries) {
    auto answer = call();
    if (answer || answer.error().code != Errc::busy) return answer;
  }
  return fail(Errc::busy, "still busy after 100 calls");
}

class StorageContract : public testing::TestWithParam<Param> {
 protected:
  void SetUp() override {
    bench_ = GetParam().make();
    if (const auto why = bench_->why_not(); !why.empty()) GTEST_SKIP() << why;
    storage_ = bench_->agent(kHost);
  }

  [[nodiscard]] ZoneId zone() const { return bench_->zone(); }
  [[nodiscard]] VolumeSpec empty(const VolumeId& volume, GiB size) const {
    return {.zone = zone(), .volume = volume, .size = size, .source = EmptySource{}};
  }
  [[nodiscard]] VolumeSpec clone(const VolumeId& volume, GiB size) const {
    return {.zone = zone(), .volume = volume, .size = size, .source = ImageSource{kImage}};
  }
  [[nodiscard]] VolumeSpec import(const VolumeId& volume, GiB size, const std::string& file) const {
    return {.zone = zone(), .volume = volume, .size = size, .source = FileSource{file}};
  }
  [[nodiscard]] ImageSpec image(const std::string& sha256) const {
    return {.zone = zone(), .image = kImage, .file = "golden.qcow2", .sha256 = sha256, .size = 2_GiB};
  }

  Result<> ensure(const VolumeSpec& spec) {
    return persist([&] { return storage_->ensure_volume(spec, kGoOn); });
  }
  Result<> ensure(const ImageSpec& spec) {
    return persist([&] { return storage_->ensure_image(spec, kGoOn); });
  }
  ObservedPool observe() {
    auto observed = storage_->observe(zone());
    EXPECT_TRUE(observed) << observed.error().what;
    return observed.value_or(ObservedPool{});
  }

  std::unique_ptr<StorageBench> bench_;
  std::unique_ptr<Storage> storage_;
};

#define EXPECT_DONE(expression)                                 \
  do {                                                          \
    const auto result_of_call = (expression);                   \
    EXPECT_TRUE(result_of_call) << result_of_call.error().what; \
  } while (false)
#define EXPECT_FAILS(expression, errc)                                                                 \
  do {                                                                                                 \
    const auto result_of_call = (expression);                                                          \
    ASSERT_FALSE(result_of_call);                                                                      \
    EXPECT_EQ(to_string(result_of_call.error().code), to_string(errc)) << result_of_call.error().what; \
  } while (false)

TEST_P(StorageContract, ShowsAnEmptyPoolAsEmpty) { EXPECT_EQ(observe(), ObservedPool{}); }

TEST_P(StorageContract, MakesAnEmptyVolumeOnce) {
  EXPECT_DONE(ensure(empty(kData, 1_GiB)));
  EXPECT_DONE(ensure(empty(kData, 1_GiB)));
  EXPECT_EQ(observe().volumes, (std::vector{ObservedVolume{.volume = kData, .size = 1_GiB, .ready = true}}));
}

TEST_P(StorageContract, EnlargesAVolumeAndNeverShrinksIt) {
  EXPECT_DONE(ensure(empty(kData, 1_GiB)));
  EXPECT_DONE(ensure(empty(kData, 3_GiB)));
  EXPECT_EQ(observe().volumes.at(0).size, 3_GiB);
  EXPECT_FAILS(ensure(empty(kData, 2_GiB)), Errc::conflict);
  EXPECT_EQ(observe().volumes.at(0).size, 3_GiB);
}

TEST_P(StorageContract, EnlargesAVolumeThatAGuestHasOpen) {
  EXPECT_DONE(ensure(empty(kData, 1_GiB)));
  bench_->open(kData, kHost);
  EXPECT_DONE(ensure(empty(kData, 2_GiB)));
  bench_->close(kData, kHost);
  EXPECT_EQ(observe().volumes.at(0).size, 2_GiB);
}

TEST_P(StorageContract, ImportsAGoldenImageOnceAndClonesIt) {
  const auto sha256 = bench_->add_file("golden.qcow2", 1_GiB);
  EXPECT_DONE(ensure(image(sha256)));
  EXPECT_DONE(ensure(image(sha256)));
  EXPECT_EQ(observe().images, (std::vector{ObservedImage{.image = kImage, .sha256 = sha256}}));
  EXPECT_DONE(ensure(clone(kRoot, 4_GiB)));
  const auto observed = observe();
  EXPECT_EQ(observed.volumes, (std::vector{ObservedVolume{.volume = kRoot, .size = 4_GiB, .ready = true}}));
  EXPECT_TRUE(observed.foreign.empty());
}

TEST_P(StorageContract, FindsTheGoldenImageThatAnotherHostImported) {
  const auto sha256 = bench_->add_file("golden.qcow2", 1_GiB);
  const auto other = bench_->agent(kOtherHost);
  EXPECT_DONE(persist([&] { return other->ensure_image(image(sha256), kGoOn); }));
  auto gone_file = image(sha256);
  gone_file.file = "no-such-file.qcow2";
  EXPECT_DONE(storage_->ensure_image(gone_file, kGoOn));
}

TEST_P(StorageContract, KeepsAGoldenImagesNameForOneContent) {
  EXPECT_DONE(ensure(image(bench_->add_file("golden.qcow2", 1_GiB))));
  EXPECT_FAILS(ensure(image(std::string(64, 'a'))), Errc::conflict);
}

TEST_P(StorageContract, RefusesAGoldenImageWhoseChecksumIsAnother) {
  bench_->add_file("golden.qcow2", 1_GiB);
  EXPECT_FAILS(ensure(image(std::string(64, 'a'))), Errc::corrupt);
  EXPECT_TRUE(observe().images.empty());
}

TEST_P(StorageContract, RefusesAFileWhoseDiskIsLargerThanItsVolume) {
  const auto sha256 = bench_->add_file("golden.qcow2", 3_GiB);
  EXPECT_FAILS(ensure(image(sha256)), Errc::invalid);
  EXPECT_FAILS(ensure(import(kRoot, 2_GiB, "golden.qcow2")), Errc::invalid);
  EXPECT_EQ(observe(), ObservedPool{});
}

TEST_P(StorageContract, NamesTheImageOrFileThatIsMissing) {
  EXPECT_FAILS(ensure(clone(kRoot, 1_GiB)), Errc::not_found);
  EXPECT_FAILS(ensure(import(kRoot, 1_GiB, "absent.qcow2")), Errc::not_found);
  EXPECT_FAILS(ensure(image(std::string(64, 'a'))), Errc::not_found);
}

TEST_P(StorageContract, RefusesAFileNameWithAPath) {
  for (const auto* name : {"../etc/shadow", "/etc/shadow", "sub/disk.qcow2", "..", ".", ""})
    EXPECT_FAILS(ensure(import(kRoot, 1_GiB, name)), Errc::invalid);
}

TEST_P(StorageContract, RefusesVolumesWithoutAProperNameOrSize) {
  EXPECT_FAILS(ensure(empty(VolumeId("web-1/root"), 1_GiB)), Errc::invalid);
  EXPECT_FAILS(ensure(empty(VolumeId("a/b/c/d~e"), 1_GiB)), Errc::invalid);
  EXPECT_FAILS(ensure(empty(kRoot, 0_GiB)), Errc::invalid);
}

TEST_P(StorageContract, ImportsAFileAndTellsHowFarItIs) {
  bench_->add_file("marriage-db.qcow2", 1_GiB);
  Progress last;
  const auto spec = import(kData, 2_GiB, "marriage-db.qcow2");
  EXPECT_DONE(persist([&] {
    return storage_->ensure_volume(spec, [&](const Progress& progress) {
      EXPECT_LE(last.bytes_done, progress.bytes_done);
      last = progress;
      return true;
    });
  }));
  EXPECT_GT(last.bytes_total, 0u);
  EXPECT_EQ(last.bytes_done, last.bytes_total);
  EXPECT_EQ(observe().volumes, (std::vector{ObservedVolume{.volume = kData, .size = 2_GiB, .ready = true}}));
}

TEST_P(StorageContract, StopsAnImportOnDemandAndBeginsAnewAfterIt) {
  bench_->add_file("marriage-db.qcow2", 1_GiB);
  const auto spec = import(kData, 2_GiB, "marriage-db.qcow2");
  EXPECT_FAILS(storage_->ensure_volume(spec, [](const Progress&) { return false; }), Errc::busy);
  for (const auto& volume : observe().volumes) EXPECT_FALSE(volume.ready);
  EXPECT_DONE(ensure(spec));
  EXPECT_TRUE(observe().volumes.at(0).ready);
}

TEST_P(StorageContract, NeverTouchesWhatIsNotOurs) {
  bench_->add_foreign_image(image_name(kRoot));
  bench_->add_foreign_image("somebody-elses-disk");
  EXPECT_FAILS(ensure(empty(kRoot, 1_GiB)), Errc::conflict);
  EXPECT_FAILS(storage_->remove_volume(zone(), kRoot), Errc::conflict);
  EXPECT_DONE(storage_->sweep(zone()));
  EXPECT_EQ(observe().foreign, (std::vector{image_name(kRoot), std::string("somebody-elses-disk")}));
}

TEST_P(StorageContract, RemovesAVolumeOnceAndMakesItAnewAfterIt) {
  EXPECT_DONE(ensure(empty(kData, 1_GiB)));
  EXPECT_DONE(storage_->remove_volume(zone(), kData));
  EXPECT_TRUE(observe().volumes.empty());
  EXPECT_DONE(storage_->remove_volume(zone(), kData));
  EXPECT_DONE(ensure(empty(kData, 1_GiB)));
  EXPECT_EQ(observe().volumes.size(), 1u);
}

TEST_P(StorageContract, RemovesACloneAndKeepsItsGoldenImage) {
  EXPECT_DONE(ensure(image(bench_->add_file("golden.qcow2", 1_GiB))));
  EXPECT_DONE(ensure(clone(kRoot, 1_GiB)));
  EXPECT_DONE(storage_->remove_volume(zone(), kRoot));
  const auto observed = observe();
  EXPECT_TRUE(observed.volumes.empty());
  EXPECT_EQ(observed.images.size(), 1u);
}

TEST_P(StorageContract, RemovesNoVolumeThatAGuestHasOpen) {
  EXPECT_DONE(ensure(empty(kData, 1_GiB)));
  bench_->open(kData, kOtherHost);
  EXPECT_FAILS(storage_->remove_volume(zone(), kData), Errc::busy);
  bench_->close(kData, kOtherHost);
  EXPECT_DONE(storage_->remove_volume(zone(), kData));
}

TEST_P(StorageContract, ServesTheHostsZonesOnly) {
  const ZoneId elsewhere("intranet");
  EXPECT_FAILS(storage_->observe(elsewhere), Errc::not_found);
  EXPECT_FAILS(storage_->remove_volume(elsewhere, kData), Errc::not_found);
  EXPECT_FAILS(storage_->attach_info(elsewhere, kData), Errc::not_found);
  EXPECT_FAILS(storage_->secret(elsewhere), Errc::not_found);
}

TEST_P(StorageContract, TellsAHypervisorHowToOpenAVolume) {
  const auto info = storage_->attach_info(zone(), kRoot);
  ASSERT_TRUE(info) << info.error().what;
  EXPECT_EQ(info->image_name, "civil-affairs.marriage.web-1.root");
  EXPECT_FALSE(info->pool.empty());
  EXPECT_FALSE(info->monitors.empty());
  EXPECT_FALSE(info->ceph_user.empty());
  const auto secret = storage_->secret(zone());
  ASSERT_TRUE(secret) << secret.error().what;
  EXPECT_EQ(secret->uuid, info->secret_uuid);
  EXPECT_FALSE(secret->key.empty());
}

TEST_P(StorageContract, SaysThatTheClusterIsAwayAndGoesOnWhenItIsBack) {
  EXPECT_DONE(ensure(empty(kData, 1_GiB)));
  bench_->set_answering(false);
  EXPECT_FAILS(storage_->observe(zone()), Errc::unavailable);
  EXPECT_FAILS(storage_->ensure_volume(empty(kRoot, 1_GiB), kGoOn), Errc::unavailable);
  EXPECT_FAILS(storage_->remove_volume(zone(), kData), Errc::unavailable);
  bench_->set_answering(true);
  EXPECT_DONE(persist([&] { return storage_->ensure_volume(empty(kRoot, 1_GiB), kGoOn); }));
  EXPECT_EQ(observe().volumes.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Each, StorageContract,
                         testing::Values(Param{.name = "Simulated", .make = simulated_bench},
                                         Param{.name = "Ceph", .make = ceph_bench}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace causeway::agent
