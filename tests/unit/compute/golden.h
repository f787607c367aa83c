// SPDX-License-Identifier: Apache-2.0
// Text against a checked-in file. After a wanted change: CAUSEWAY_UPDATE_GOLDEN=1, run the test, read the
// diff.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/folders.h"

namespace causeway {

inline void expect_golden(const std::string& name, const std::string& actual) {
  const auto path = std::filesystem::path(CAUSEWAY_SOURCE_DIR) / "tests/unit/compute/golden" / name;
  if (std::getenv("CAUSEWAY_UPDATE_GOLDEN")) {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is missing";
  const std::string expected((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(actual, expected) << "differs from " << path;
}

}  // namespace causeway
