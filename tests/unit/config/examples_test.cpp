// SPDX-License-Identifier: Apache-2.0
// Every file in packaging/examples is one that the programs accept.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/config/manifest.h"
#include "common/model/validate.h"
#include "tests/folders.h"

namespace causeway::config {
namespace {

std::vector<std::string> folders() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(CAUSEWAY_SOURCE_DIR "/packaging/examples"))
    if (entry.is_directory()) found.push_back(entry.path().filename());
  return found;
}

class Examples : public testing::TestWithParam<std::string> {
 protected:
  Examples() : loaded_(load_manifests({CAUSEWAY_SOURCE_DIR "/packaging/examples/" + GetParam()})) {}

  Loaded loaded_;
};

TEST_P(Examples, EveryFileIsRead) {
  for (const auto& problem : loaded_.problems) ADD_FAILURE() << to_string(problem);
  EXPECT_FALSE(loaded_.files.empty());
}

TEST_P(Examples, TheWholeSetMakesSense) {
  std::vector<model::Manifest> manifests;
  for (const auto& file : loaded_.files) manifests.push_back(file.manifest);
  const auto catalog = model::with({}, manifests);
  for (const auto& file : loaded_.files)
    for (const auto& finding : model::validate(file.manifest, catalog))
      ADD_FAILURE() << to_string(locate(file, finding));
}

TEST(ZhoushanExample, IsACityOf52DepartmentsThatLeave28RoomsForSixtyHosts) {
  const auto loaded = load_manifests({CAUSEWAY_SOURCE_DIR "/packaging/examples/zhoushan"});
  std::vector<model::Manifest> manifests;
  for (const auto& file : loaded.files) manifests.push_back(file.manifest);
  const auto catalog = model::with({}, manifests);
  EXPECT_EQ(catalog.site.zones.size(), 3u);
  EXPECT_EQ(catalog.site.hosts.size(), 60u);
  EXPECT_EQ(catalog.departments.size(), 52u);
  EXPECT_EQ(catalog.rooms.size(), 28u);
  EXPECT_GT(catalog.applications.size(), 300u);
}

// An application's sum must stay below what its department was granted, or the example could not be applied.
TEST(ZhoushanExample, StaysWithinItsQuotas) {
  const auto loaded = load_manifests({CAUSEWAY_SOURCE_DIR "/packaging/examples/zhoushan"});
  std::map<std::pair<DepartmentId, ZoneId>, model::Quota> left;
  for (const auto& file : loaded.files)
    if (const auto* list = std::get_if<model::Departments>(&file.manifest))
      for (const auto& [id, department] : list->departments)
        for (const auto& [zone, quota] : department.quotas) left[{id, zone}] = quota;
  for (const auto& file : loaded.files) {
    const auto* wave = std::get_if<model::Wave>(&file.manifest);
    if (wave == nullptr) continue;
    for (const auto& [name, application] : wave->applications) {
      auto& quota = left[{application.department, application.zone}];
      for (const auto& [entry, spec] : application.workloads) {
        const int count = spec.count.value_or(1);
        quota.vcpus -= spec.vcpus * count;
        quota.memory -= spec.memory * count;
        for (const auto& [disk, disk_spec] : spec.disks) quota.volumes -= disk_spec.size * count;
      }
      EXPECT_GE(quota.vcpus, 0) << name;
      EXPECT_GE(quota.memory.value, 0) << name;
      EXPECT_GE(quota.volumes.value, 0) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Folders, Examples, testing::ValuesIn(folders()),
                         [](const auto& folder) { return folder.param; });

}  // namespace
}  // namespace causeway::config
