// SPDX-License-Identifier: Apache-2.0
// Waiting for the platform to get where it shall be, with its progress shown.
#pragma once

#include <vector>

#include "scheduler/cli/session.h"

namespace causeway::cli {

// Waits until every wave is settled; shows the final table of each. Out of time, or when something has failed
// for longer than it takes to heal by itself, the exit code says so, and what was begun goes on. A scheduler
// that is away for a while is waited for.
void wait_for(Session& session, const std::vector<WaveId>& waves, Duration patience);

// What makes a terminal forget what it shows.
inline constexpr const char* kClearScreen = "\x1b[H\x1b[J";

// Calls `look` again and again until it returns false; between two calls a second passes.
void watch(Session& session, const std::function<bool()>& look);

}  // namespace causeway::cli
