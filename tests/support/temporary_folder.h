// SPDX-License-Identifier: Apache-2.0
// A folder of a test's own that goes with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "common/core/check.h"

namespace causeway::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "causeway-test-XXXXXX").string();
    CAUSEWAY_CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace causeway::test
