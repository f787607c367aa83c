// SPDX-License-Identifier: Apache-2.0
// Every file in packaging/examples is one that the programs accept.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/config/manifest.h"
#include "common/model/validate.h"

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

INSTANTIATE_TEST_SUITE_P(Folders, Examples, testing::ValuesIn(folders()),
                         [](const auto& folder) { return folder.param; });

}  // namespace
}  // namespace causeway::config
