// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "agent/storage/ceph_client.h"
#include "agent/storage/convert.h"
#include "agent/storage/disk_file.h"
#include "common/core/digest.h"

namespace causeway::agent {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

std::string big_endian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}
std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string text = big_endian(value, bytes);
  return {text.rbegin(), text.rend()};
}

struct Qcow2 {
  std::uint64_t version = 3, backing = 0, encryption = 0, features = 0, bytes = 64 * kMiB;
};
std::string qcow2(const Qcow2& with) {
  return "QFI\xfb" + big_endian(with.version, 4) + big_endian(with.backing, 8) + big_endian(0, 4) +
         big_endian(16, 4) + big_endian(with.bytes, 8) + big_endian(with.encryption, 4) +
         std::string(36, '\0') + big_endian(with.features, 8) + std::string(400, '\0');
}

std::string vmdk(const std::string& descriptor, std::uint64_t sectors) {
  auto text = "KDMV" + little_endian(1, 4) + little_endian(3, 4) + little_endian(sectors, 8) +
              little_endian(128, 8) + little_endian(1, 8) + little_endian(2, 8);
  text.resize(512, '\0');
  text += descriptor;
  text.resize(512 + 1024, '\0');
  return text;
}
constexpr const char* kPlainDescriptor =
    "# Disk DescriptorFile\nparentCID=ffffffff\ncreateType=\"monolithicSparse\"\n";

Errc refusal(const std::string& head, const std::string& name) {
  const auto header = inspect(head, 64 * kMiB, name);
  EXPECT_FALSE(header);
  return header ? Errc{} : header.error().code;
}

TEST(DiskHeader, TellsTheFormatFromTheContentAndNotFromTheName) {
  EXPECT_EQ(inspect(qcow2({}), kMiB, "disk.img"),
            (DiskHeader{.format = DiskFormat::qcow2, .disk_bytes = 64 * kMiB}));
  EXPECT_EQ(inspect(qcow2({.version = 2}), kMiB, "disk.qcow2")->format, DiskFormat::qcow2);
  EXPECT_EQ(inspect(vmdk(kPlainDescriptor, 2048), kMiB, "disk.vmdk"),
            (DiskHeader{.format = DiskFormat::vmdk, .disk_bytes = kMiB}));
  EXPECT_EQ(inspect("any bytes", 3 * kMiB, "disk.raw"),
            (DiskHeader{.format = DiskFormat::raw, .disk_bytes = 3 * kMiB}));
}

TEST(DiskHeader, RefusesWhateverWouldReadAnotherFile) {
  EXPECT_EQ(refusal(qcow2({.backing = 512}), "a.qcow2"), Errc::invalid);
  EXPECT_EQ(refusal(qcow2({.features = 4}), "a.qcow2"), Errc::invalid);
  EXPECT_EQ(refusal(vmdk("createType=\"monolithicFlat\"\nRW 8 FLAT \"/etc/shadow\" 0\n", 8), "a.vmdk"),
            Errc::invalid);
  EXPECT_EQ(
      refusal(vmdk(std::string(kPlainDescriptor) + "parentFileNameHint=\"/etc/shadow\"\n", 8), "a.vmdk"),
      Errc::invalid);
  EXPECT_EQ(refusal(vmdk(kPlainDescriptor, 0), "a.vmdk"), Errc::invalid);
  EXPECT_EQ(refusal("# Disk DescriptorFile\n", "a.vmdk"), Errc::invalid);
}

TEST(DiskHeader, RefusesWhatCanNotBeRead) {
  EXPECT_EQ(refusal(qcow2({.version = 1}), "a.qcow2"), Errc::invalid);
  EXPECT_EQ(refusal(qcow2({.encryption = 1}), "a.qcow2"), Errc::invalid);
  EXPECT_EQ(refusal(qcow2({.features = 2}), "a.qcow2"), Errc::invalid);
  EXPECT_EQ(refusal(qcow2({.bytes = 0}), "a.qcow2"), Errc::invalid);
  EXPECT_EQ(refusal("vhdxfile", "a.img"), Errc::invalid);
  EXPECT_EQ(refusal("any bytes", "a.qcow2"), Errc::invalid);
  EXPECT_FALSE(inspect("", 0, "a.raw"));
  EXPECT_FALSE(inspect("QFI\xfb", 4, "a.qcow2"));
  EXPECT_FALSE(inspect("KDMV", 4, "a.vmdk"));
}

class DiskFolder : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = (std::filesystem::temp_directory_path() / "storage-files-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    root_ = folder;
    images_ = root_ / "images";
    std::filesystem::create_directory(images_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  static void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path) << text;
  }
  Errc failure(const std::string& name) {
    const auto file = DiskFile::open(images_.string(), name);
    EXPECT_FALSE(file);
    return file ? Errc{} : file.error().code;
  }

  std::filesystem::path root_;
  std::filesystem::path images_;
};

TEST_F(DiskFolder, OpensAPlainFileAndComputesItsChecksum) {
  write(images_ / "a.raw", "abc");
  const auto file = DiskFile::open(images_.string(), "a.raw");
  ASSERT_TRUE(file) << file.error().what;
  Sha256 digest;
  digest.add("abc");
  EXPECT_EQ(file->sha256([] { return true; }).value(), digest.hex());
  EXPECT_EQ(file->sha256([] { return false; }).error().code, Errc::busy);
  EXPECT_TRUE(file->check_unchanged());
}

TEST_F(DiskFolder, NoticesThatAFileWasWrittenTo) {
  write(images_ / "a.raw", "abc");
  const auto file = DiskFile::open(images_.string(), "a.raw");
  write(images_ / "a.raw", "abcd");
  EXPECT_EQ(file->check_unchanged().error().code, Errc::corrupt);
}

TEST_F(DiskFolder, NeverLeavesTheFolder) {
  write(root_ / "secret.raw", "secret");
  std::filesystem::create_symlink("../secret.raw", images_ / "link.raw");
  std::filesystem::create_symlink(root_ / "secret.raw", images_ / "absolute.raw");
  EXPECT_EQ(failure("../secret.raw"), Errc::invalid);
  EXPECT_EQ(failure((root_ / "secret.raw").string()), Errc::invalid);
  EXPECT_EQ(failure("link.raw"), Errc::invalid);
  EXPECT_EQ(failure("absolute.raw"), Errc::invalid);
  EXPECT_EQ(failure(".."), Errc::invalid);
}

TEST_F(DiskFolder, FollowsALinkThatStaysInside) {
  write(images_ / "debian-12.1.raw", "abc");
  std::filesystem::create_symlink("debian-12.1.raw", images_ / "debian.raw");
  EXPECT_TRUE(DiskFile::open(images_.string(), "debian.raw"));
}

TEST_F(DiskFolder, WaitsForNoNamedPipe) {
  ASSERT_EQ(::mkfifo((images_ / "pipe.raw").c_str(), 0600), 0);
  EXPECT_EQ(failure("pipe.raw"), Errc::invalid);
  EXPECT_EQ(failure("absent.raw"), Errc::not_found);
}

TEST(Convert, ReadsTheLastProgressMark) {
  EXPECT_EQ(parse_progress("    (0.00/100%)\r    (12.50/100%)\r    (13."), 0.125);
  EXPECT_EQ(parse_progress("    (100.00/100%)\r"), 1.0);
  EXPECT_EQ(parse_progress(""), std::nullopt);
  EXPECT_EQ(parse_progress("(abc/100%)"), std::nullopt);
  EXPECT_EQ(parse_progress("7.5/100%)"), std::nullopt);
}

TEST(Convert, EscapesWhatHasAMeaningInAnAddress) {
  const auto address =
      rbd_address({.conf = "/a:b/c", .keyring = "/k", .ceph_user = "h1@x", .pool = "p", .image_name = "i=1"});
  EXPECT_TRUE(address.starts_with("rbd:p/i\\=1:id=h1\\@x:conf=\\/a\\:b\\/c:keyring=\\/k:")) << address;
}

TEST(CephFiles, FindTheKeyOfTheUserThatIsAskedFor) {
  const std::string_view keyring =
      "[client.h10]\n key = b3RoZXI=\n[client.h1]\n\tkey = a2V5==\n\tcaps mon = \"allow "
      "r\"\n[client.h2]\nkey=eA==";
  EXPECT_EQ(find_key(keyring, "h1"), "a2V5==");
  EXPECT_EQ(find_key(keyring, "h2"), "eA==");
  EXPECT_EQ(find_key(keyring, "h3"), "");
  EXPECT_EQ(find_key("", "h1"), "");
}

TEST(CephFiles, NameEachMonitorOnce) {
  using Monitors = std::vector<std::string>;
  EXPECT_EQ(parse_monitors("[v2:10.99.0.254:3300,v1:10.99.0.254:6789]"), Monitors{"10.99.0.254:3300"});
  EXPECT_EQ(parse_monitors("[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0] [v1:10.0.0.2:6789/0]"),
            (Monitors{"10.0.0.1:3300", "10.0.0.2:6789"}));
  EXPECT_EQ(parse_monitors("[v2:[fd00::1]:3300,v1:[fd00::1]:6789],[fd00::2]:6789"),
            (Monitors{"[fd00::1]:3300", "[fd00::2]:6789"}));
  EXPECT_EQ(parse_monitors("mon-a, mon-b;v2:mon-c:3300"), (Monitors{"mon-a", "mon-b", "mon-c:3300"}));
  EXPECT_EQ(parse_monitors(" "), Monitors{});
}

TEST(CephErrors, AreNamedByWhatTheCallerDoesNext) {
  EXPECT_EQ(ceph::error_of(-ETIMEDOUT, "pool 'a'"),
            (Error{.code = Errc::unavailable, .what = "pool 'a': Connection timed out"}));
  EXPECT_EQ(ceph::error_of(-ESHUTDOWN, "x").code, Errc::denied);
  EXPECT_EQ(ceph::error_of(-EBUSY, "x").code, Errc::busy);
}

}  // namespace
}  // namespace causeway::agent
