// SPDX-License-Identifier: Apache-2.0
// Replays the checked-in inputs of every fuzz target, without a fuzzer.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/folders.h"
#include "tests/fuzz/targets.h"

namespace causeway::fuzz {
namespace {

class Replay : public ::testing::TestWithParam<Target> {};

TEST_P(Replay, ComesBackFromEveryInputOfItsCorpus) {
  const auto folder = std::filesystem::path(CAUSEWAY_SOURCE_DIR) / "tests/fuzz/corpus" / GetParam().name;
  int replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    SCOPED_TRACE(entry.path().filename().string());
    GetParam().run(bytes);
    // The same, cut off at some places: what a connection that breaks leaves.
    for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 16)
      GetParam().run(std::string_view(bytes).substr(0, length));
    ++replayed;
  }
  EXPECT_GT(replayed, 0) << "no input in " << folder;
}

INSTANTIATE_TEST_SUITE_P(Targets, Replay, ::testing::ValuesIn(kTargets),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace causeway::fuzz
