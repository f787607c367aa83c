// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <iterator>

#include "agent/compute/files.h"
#include "tests/unit/compute/golden.h"
#include "tests/unit/compute/specs.h"

namespace causeway::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = testing::TempDir() + "causeway-seed-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path path;
};

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Seed, HasThePlainShapeThatAShellCanRead) {
  const NoCloud files = no_cloud(web_spec().seed.value());
  expect_golden("meta-data", files.meta_data);
  expect_golden("user-data", files.user_data);
  expect_golden("network-config", files.network_config);
}

TEST(Seed, LeavesOutWhatThereIsNone) {
  GuestSeed seed = web_spec().seed.value();
  seed.ssh_keys.clear();
  seed.interfaces[0].dns.clear();
  seed.interfaces[0].gateways.clear();
  const NoCloud files = no_cloud(seed);
  EXPECT_THAT(files.meta_data, Not(HasSubstr("public-keys")));
  EXPECT_THAT(files.network_config, Not(HasSubstr("nameservers")));
  EXPECT_THAT(files.network_config, Not(HasSubstr("routes")));
  seed.interfaces.clear();
  EXPECT_EQ(no_cloud(seed).network_config, "version: 2\n");
}

TEST(Seed, HandsUserDataThroughAsItIs) {
  GuestSeed seed = web_spec().seed.value();
  seed.user_data = "#!/bin/sh\necho \"it's on\"\n";
  EXPECT_EQ(no_cloud(seed).user_data, seed.user_data);
}

TEST(Seed, KeepsAnOddTextInsideItsQuotes) {
  GuestSeed seed = web_spec().seed.value();
  seed.hostname = "a\"b\\c: 民政\nd";
  EXPECT_EQ(YAML::Load(no_cloud(seed).meta_data)["local-hostname"].as<std::string>(), seed.hostname);
}

TEST(Seed, IsAnIsoImageWithTheLabelThatCloudInitLooksFor) {
  const NoCloud files = no_cloud(web_spec().seed.value());
  const auto image = seed_image(files);
  ASSERT_TRUE(image) << image.error().what;
  ASSERT_GT(image->size(), 0x8800U);
  EXPECT_EQ(image->substr(0x8001, 5), "CD001");
  EXPECT_EQ(image->substr(0x8000 + 40, 7), "cidata ");
  EXPECT_LT(image->size(), 1U << 20U);
  EXPECT_THAT(*image, HasSubstr(files.meta_data));
  EXPECT_THAT(*image, HasSubstr(files.user_data));
  EXPECT_THAT(*image, HasSubstr(files.network_config));
}

TEST(Seed, IsReadableByItsOwnerOnlyAndReplacesTheFormerOne) {
  const TemporaryFolder folder;
  const auto path = folder.path / "seed" / "a.b.c.iso";
  GuestSeed seed = web_spec().seed.value();
  ASSERT_TRUE(write_seed(path, seed));
  const std::string first = content(path);
  seed.hostname = "other";
  ASSERT_TRUE(write_seed(path, seed));
  EXPECT_THAT(content(path), HasSubstr("local-hostname: \"other\""));
  EXPECT_THAT(first, HasSubstr("local-hostname: \"web-1\""));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".new"));
}

TEST(Seed, SaysWhichFolderRefuses) {
  const auto written = write_seed("/proc/nowhere/seed/a.iso", web_spec().seed.value());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::unavailable);
  EXPECT_THAT(written.error().what, HasSubstr("/proc/nowhere/seed"));
}

TEST(Files, GiveTheirTail) {
  const TemporaryFolder folder;
  const auto path = folder.path / "a.log";
  EXPECT_EQ(read_tail(path, 100).value(), "");
  ASSERT_TRUE(replace_file(path, "0123456789"));
  EXPECT_EQ(read_tail(path, 100).value(), "0123456789");
  EXPECT_EQ(read_tail(path, 3).value(), "789");
  EXPECT_EQ(read_tail(path, 0).value(), "");
}

}  // namespace
}  // namespace causeway::agent
