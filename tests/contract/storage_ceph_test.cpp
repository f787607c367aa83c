// SPDX-License-Identifier: Apache-2.0
// What only the Ceph driver promises: bytes, rights, and what is left when something dies half way.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "agent/storage/ceph.h"
#include "agent/storage/names.h"
#include "tests/contract/ceph_cluster.h"

namespace causeway::agent {
namespace {

const ZoneId kZone{"extranet"};
const VolumeId kVolume{"civil-affairs/marriage/db-1/data"};
const ProgressSink kGoOn = [](const Progress&) { return true; };

class CephDriver : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto& why = CephCluster::why_not(); !why.empty()) GTEST_SKIP() << why;
    static int pools = 0;
    pool_ = fmt::format("driver{}", ++pools);
    images_dir_ = cluster().folder() + "/" + pool_;
    std::filesystem::create_directory(images_dir_);
    cluster().create_pool(pool_);
  }

  static CephCluster& cluster() { return CephCluster::shared(); }
  [[nodiscard]] std::string user(const std::string& host) const { return fmt::format("{}-{}", host, pool_); }
  [[nodiscard]] std::string keyring(const std::string& host) const {
    return cluster().create_host_user(user(host), pool_, CephCluster::address());
  }
  [[nodiscard]] CephOptions options(const std::string& host) const {
    return {.host = HostId(host),
            .conf = cluster().conf(),
            .images_dir = images_dir_,
            .zones = {{kZone, {.pool = pool_, .ceph_user = user(host), .keyring = keyring(host)}}},
            .trash_deferment = std::chrono::seconds{0}};
  }
  [[nodiscard]] std::string path(const std::string& file) const { return images_dir_ + "/" + file; }
  [[nodiscard]] std::string rbd(const std::string& arguments) const {
    return cluster().run(fmt::format("rbd -p {} {}", pool_, arguments));
  }
  static VolumeSpec spec(VolumeSource source) {
    return {.zone = kZone, .volume = kVolume, .size = 1_GiB, .source = std::move(source)};
  }
  // A disk with data at its beginning and near its end.
  void make_disk(const std::string& file, const std::string& format) const {
    const auto command = fmt::format(
        "qemu-img create -q -f qcow2 {0}.tmp 256M && qemu-io -c 'write -P 7 0 3M' -c 'write -P 9 250M 64k' "
        "{0}.tmp > /dev/null && qemu-img convert -f qcow2 -O {1} {0}.tmp {0} && rm {0}.tmp",
        path(file), format);
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  std::string pool_;
  std::string images_dir_;
};

#define EXPECT_DONE(expression)                                 \
  do {                                                          \
    const auto result_of_call = (expression);                   \
    EXPECT_TRUE(result_of_call) << result_of_call.error().what; \
  } while (false)

TEST_F(CephDriver, CopiesEveryByteOfEachFormat) {
  CephStorage storage(options("h1"));
  for (const auto& [file, format, other_way] :
       {std::tuple{"a.qcow2", "qcow2", "qcow2"}, std::tuple{"a.raw", "raw", "raw"},
        std::tuple{"a.vmdk", "vmdk", "vmdk"},
        std::tuple{"b.vmdk", "vmdk -o subformat=streamOptimized", "vmdk"}}) {
    make_disk(file, format);
    EXPECT_DONE(storage.ensure_volume(spec(FileSource{file}), kGoOn));
    EXPECT_EQ(cluster().run(fmt::format("qemu-img compare -f raw -F {} rbd:{}/{}:conf={} {}", other_way,
                                        pool_, image_name(kVolume), cluster().conf(), path(file))),
              "Warning: Image size mismatch!\nImages are identical.\n")
        << file;
    EXPECT_DONE(storage.remove_volume(kZone, kVolume));
  }
}

TEST_F(CephDriver, MakesVolumesWithTheFeaturesThatFencingAndCloningNeed) {
  CephStorage storage(options("h1"));
  EXPECT_DONE(storage.ensure_volume(spec(EmptySource{}), kGoOn));
  const auto info = rbd("info " + image_name(kVolume));
  EXPECT_TRUE(info.contains("features: layering, exclusive-lock, object-map, fast-diff, deep-flatten"))
      << info;
  EXPECT_EQ(rbd("image-meta get " + image_name(kVolume) + " causeway.volume"), kVolume.str() + "\n");
}

TEST_F(CephDriver, MarksACloneAsAVolumeAndNotAsItsParent) {
  CephStorage storage(options("h1"));
  make_disk("golden.qcow2", "qcow2");
  const auto sha256 = cluster().run("sha256sum " + path("golden.qcow2")).substr(0, 64);
  const ImageSpec image{
      .zone = kZone, .image = ImageId("debian-12"), .file = "golden.qcow2", .sha256 = sha256, .size = 1_GiB};
  EXPECT_DONE(storage.ensure_image(image, kGoOn));
  EXPECT_DONE(storage.ensure_volume(spec(ImageSource{image.image}), kGoOn));
  const auto marks = rbd("image-meta list " + image_name(kVolume));
  EXPECT_TRUE(marks.contains("causeway.volume")) << marks;
  EXPECT_FALSE(marks.contains("causeway.image")) << marks;
  EXPECT_TRUE(rbd("snap ls image.debian-12").contains("yes")) << "its snapshot is not protected";
}

TEST_F(CephDriver, LetsTwoHostsMakeTheSameVolumeOnce) {
  CephStorage one(options("h1"));
  CephStorage two(options("h2"));
  make_disk("a.qcow2", "qcow2");
  Result<> from_two;
  std::jthread other([&] { from_two = two.ensure_volume(spec(FileSource{"a.qcow2"}), kGoOn); });
  EXPECT_DONE(one.ensure_volume(spec(FileSource{"a.qcow2"}), kGoOn));
  other.join();
  EXPECT_DONE(from_two);
  EXPECT_EQ(rbd("ls"), image_name(kVolume) + "\n");
}

TEST_F(CephDriver, LetsOneHostImportAGoldenImageWhileTheOthersWait) {
  CephStorage one(options("h1"));
  CephStorage two(options("h2"));
  make_disk("golden.qcow2", "qcow2");
  const auto sha256 = cluster().run("sha256sum " + path("golden.qcow2")).substr(0, 64);
  const ImageSpec image{
      .zone = kZone, .image = ImageId("debian-12"), .file = "golden.qcow2", .sha256 = sha256, .size = 1_GiB};
  bool asked = false;
  EXPECT_DONE(one.ensure_image(image, [&](const Progress&) {
    if (std::exchange(asked, true)) return true;
    const auto refused = two.ensure_image(image, kGoOn);
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::busy);
    EXPECT_TRUE(refused.error().what.contains("host h1")) << refused.error().what;
    return true;
  }));
  EXPECT_DONE(two.ensure_image(image, kGoOn));
}

TEST_F(CephDriver, SweepsWhatThisHostLeftHalfMadeAndNothingElse) {
  const auto rest = temporary_name(HostId("h1"), "0a0a0a0a", "image.debian-12");
  const auto of_another = temporary_name(HostId("h2"), "0b0b0b0b", image_name(kVolume));
  const auto without_mark = temporary_name(HostId("h1"), "0c0c0c0c", image_name(kVolume));
  for (const auto& name : {rest, of_another, without_mark})
    EXPECT_EQ(rbd(fmt::format("create '{}' --size 8M", name)), "");
  EXPECT_EQ(rbd(fmt::format("image-meta set '{}' causeway.image debian-12", rest)), "");
  EXPECT_EQ(rbd(fmt::format("image-meta set '{}' causeway.volume {}", of_another, kVolume)), "");
  EXPECT_EQ(rbd(fmt::format("snap create '{}@base' --no-progress", rest)), "");
  CephStorage storage(options("h1"));
  const auto before = storage.observe(kZone).value();
  EXPECT_EQ(before.volumes, (std::vector{ObservedVolume{.volume = kVolume, .size = 0_GiB, .ready = false}}));
  EXPECT_EQ(before.foreign, std::vector{without_mark});
  EXPECT_DONE(storage.sweep(kZone));
  EXPECT_EQ(rbd("ls"), without_mark + "\n" + of_another + "\n");
}

TEST_F(CephDriver, EndsARenameThatWasCutShort) {
  const auto half_way = temporary_name(HostId("h1"), "0a0a0a0a", image_name(kVolume));
  const auto cut_short = [&] {  // librbd's first step: the new name leads to the image
    EXPECT_EQ(rbd(fmt::format("create '{}' --size 1G", half_way)), "");
    EXPECT_EQ(rbd(fmt::format("image-meta set '{}' causeway.volume {}", half_way, kVolume)), "");
    const auto rados = fmt::format("rados -p {}", pool_);
    const auto id = path("id");
    EXPECT_EQ(cluster().run(fmt::format("{} get 'rbd_id.{}' {}", rados, half_way, id)), "");
    EXPECT_EQ(cluster().run(fmt::format("{} put rbd_id.{} {}", rados, image_name(kVolume), id)), "");
  };
  CephStorage storage(options("h1"));
  const std::vector whole{ObservedVolume{.volume = kVolume, .size = 1_GiB, .ready = true}};
  for (const auto& end :
       {std::function<Result<>()>([&] { return storage.sweep(kZone); }),
        std::function<Result<>()>([&] { return storage.ensure_volume(spec(EmptySource{}), kGoOn); })}) {
    cut_short();
    EXPECT_DONE(end());
    EXPECT_EQ(storage.observe(kZone).value().volumes, whole);
    EXPECT_EQ(rbd("ls"), image_name(kVolume) + "\n");
    EXPECT_DONE(storage.remove_volume(kZone, kVolume));
  }
  cut_short();
  EXPECT_DONE(storage.remove_volume(kZone, kVolume));
  EXPECT_EQ(rbd("ls"), "");
}

TEST_F(CephDriver, EmptiesItsOwnPartOfTheTrashAfterTheDeferment) {
  CephStorage storage(options("h1"));
  EXPECT_DONE(storage.ensure_volume(spec(EmptySource{}), kGoOn));
  EXPECT_DONE(storage.remove_volume(kZone, kVolume));
  EXPECT_EQ(rbd("create foreign --size 8M"), "");
  EXPECT_EQ(rbd("trash mv foreign"), "");
  auto patient = options("h2");
  patient.trash_deferment = std::chrono::hours{1};
  CephStorage other(patient);
  EXPECT_DONE(other.ensure_volume(spec(EmptySource{}), kGoOn));
  EXPECT_DONE(other.remove_volume(kZone, kVolume));
  EXPECT_DONE(storage.sweep(kZone));
  const auto trash = rbd("trash ls");
  EXPECT_TRUE(trash.contains("foreign"));
  EXPECT_EQ(std::ranges::count(trash, '\n'), 2) << trash;
}

TEST_F(CephDriver, SaysWhatIsWrongWithTheFilesItNeeds) {
  auto without_conf = options("h1");
  without_conf.conf = "/nonexistent/ceph.conf";
  EXPECT_EQ(CephStorage(without_conf).observe(kZone).error().code, Errc::unavailable);
  auto without_keyring = options("h1");
  without_keyring.zones.at(kZone).keyring = "/nonexistent/keyring";
  EXPECT_EQ(CephStorage(without_keyring).observe(kZone).error().code, Errc::unavailable);
  auto without_pool = options("h1");
  without_pool.zones.at(kZone).pool = "no-such-pool";
  EXPECT_EQ(CephStorage(without_pool).observe(kZone).error().code, Errc::not_found);
}

TEST_F(CephDriver, TurnsAHostWithAnotherKeyAway) {
  auto wrong = options("h1");
  const auto other = options("h2").zones.at(kZone).keyring;
  const auto forged = path("forged.keyring");
  ASSERT_EQ(std::system(fmt::format("sed 's/client.h2/client.h1/' {} > {}", other, forged).c_str()), 0);
  wrong.zones.at(kZone).keyring = forged;
  EXPECT_EQ(CephStorage(wrong).observe(kZone).error().code, Errc::denied);
}

TEST_F(CephDriver, CanNotReadTheHypervisorsKeyInAnothersZone) {
  const auto elsewhere = pool_ + "-other";
  cluster().create_pool(elsewhere);
  EXPECT_EQ(cluster().run(fmt::format("rbd -p {} create secret --size 8M", elsewhere)), "");
  const auto as_host = [&](const std::string& command) {
    return cluster().run_as(user("h1"), keyring("h1"), command);
  };
  EXPECT_TRUE(as_host(fmt::format("rbd -p {} ls", pool_)).ends_with("exit 0\n"));
  for (const auto* command :
       {"rbd -p {} ls", "rbd -p {} info secret", "rbd -p {} create mine --size 8M", "rados -p {} ls",
        "rados -p {} get rbd_directory -", "rados -p {} put x /dev/null"}) {
    const auto output = as_host(fmt::format(fmt::runtime(command), elsewhere));
    EXPECT_TRUE(output.contains("Operation not permitted")) << command << ": " << output;
  }
}

TEST_F(CephDriver, CanBlocklistNobodyButClientsOfItsOwnHost) {
  const auto as_host = [&](const std::string& command) {
    return cluster().run_as(user("h1"), keyring("h1"), command);
  };
  for (const auto* command :
       {"ceph osd blocklist add 10.99.77.1:0/1", "ceph osd blocklist add 10.99.77.25:0/1",
        "ceph osd blocklist add 10.99.77.254", "ceph osd blocklist range add 10.99.77.0/24",
        "ceph osd blocklist rm 10.99.77.254:0/1", "ceph osd blocklist clear", "ceph auth ls",
        "ceph osd pool create mine 1 1", "ceph config set global debug_ms 1"}) {
    const auto output = as_host(command);
    EXPECT_TRUE(output.contains("EACCES")) << command << ": " << output;
  }
  EXPECT_TRUE(as_host("ceph osd blocklist add 10.99.77.254:0/1").ends_with("exit 0\n"));
  static_cast<void>(cluster().run("ceph osd blocklist rm 10.99.77.254:0/1"));
}

// A client that writes to the volume until it is killed: its lock and its watch stay behind.
class DeadWriter {
 public:
  DeadWriter(const CephCluster& cluster, const std::string& user, const std::string& keyring,
             const std::string& image) {
    const int child = ::fork();
    if (child == 0) {
      ::setenv("CEPH_CONF", cluster.conf().c_str(), 1);
      ::execlp("rbd", "rbd", "--id", user.c_str(), "--keyring", keyring.c_str(), "bench", "--io-type",
               "write", "--io-size", "4K", "--io-total", "1T", "--io-threads", "1", image.c_str(), nullptr);
      ::_exit(127);
    }
    while (!cluster.run("rbd lock ls " + image).contains("client.")) std::this_thread::yield();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
};

TEST_F(CephDriver, TakesOverTheLockOfADeadClientOfItsOwnHostOnly) {
  CephStorage storage(options("h1"));
  EXPECT_DONE(storage.ensure_volume(spec(EmptySource{}), kGoOn));
  const auto image = fmt::format("{}/{}", pool_, image_name(kVolume));
  const auto write =
      fmt::format("rbd bench --io-type write --io-size 4K --io-total 4K --io-threads 1 {}", image);
  const DeadWriter dead(cluster(), user("h1"), keyring("h1"), image);
  const auto elsewhere = cluster().create_host_user("elsewhere-" + pool_, pool_, "10.99.77.1");
  const auto refused = cluster().run_as("elsewhere-" + pool_, elsewhere, write);
  EXPECT_TRUE(refused.contains("Permission denied")) << refused;
  const auto taken = cluster().run_as(user("h1"), keyring("h1"), write);
  EXPECT_TRUE(taken.ends_with("exit 0\n")) << taken;
}

}  // namespace
}  // namespace causeway::agent
