// SPDX-License-Identifier: Apache-2.0
// The few files that compute keeps on its host: seeds and console logs.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/core/result.h"

namespace causeway::agent {

// Replaces the file's content: whole or not at all, readable by the owner only, on the disk when it returns.
// Makes the file's folder. unavailable: the folder or the disk refuses, with the reason.
Result<> replace_file(const std::filesystem::path& path, std::string_view content);

// Makes the folder, mode 0711: who runs the guests may pass through it, not list it. Already there: success.
Result<> make_folder(const std::filesystem::path& path);

// Already gone: success.
Result<> remove_file(const std::filesystem::path& path);

// The last bytes of the file, at most so many. No such file: an empty string. unavailable: it can't be read.
Result<std::string> read_tail(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace causeway::agent
