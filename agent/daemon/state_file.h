// SPDX-License-Identifier: Apache-2.0
// What an agent keeps over its restarts, in one file of its state folder: a text header, then the assignment
// as bytes of the wire protocol.
//
//   causeway-agent-state 1
//   epoch 5
//   restart 2 civil-affairs/marriage-registration/web-1
//   finished 7 civil-affairs/marriage-registration/web-2
//   lease 15000          milliseconds, if a scheduler said one
//   lapsed 1             if it is over
//   assignment 1234
//   sha256 <of all lines above and the bytes below>
//
//   <1234 bytes>
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "agent/core/core.h"
#include "common/core/result.h"

namespace causeway::agent {

std::string to_text(const Saved& saved);
// Errc::corrupt: it isn't what to_text() made.
Result<Saved> saved_from_text(std::string_view text);

// Replaces the file as a whole: written beside it, synced, renamed, and the folder synced. When this fails
// the old file still stands.
Result<> save_state(const std::filesystem::path& file, const Saved& saved);
// A file that isn't there is an agent that never ran. One that can't be read is an error and stays as it is:
// an agent that forgot its epoch would obey an old scheduler.
Result<Saved> load_state(const std::filesystem::path& file);

}  // namespace causeway::agent
