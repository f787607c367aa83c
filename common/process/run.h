// SPDX-License-Identifier: Apache-2.0
// Runs another program to its end: without a shell, with nothing of this process open in it, and never left
// behind: the kernel ends it when the thread that waits for it dies.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::process {

struct Command {
  std::vector<std::string> argv;  // the program first, looked up in PATH
  int niceness = 0;
  // All of its standard input, at most kInputMax bytes: the place for a secret, which argv shows to
  // everybody.
  std::string input;
};
inline constexpr std::size_t kInputMax = 4096;

struct Exit {
  int status = 0;      // what it exited with, or 128 + the signal that ended it
  std::string errors;  // the end of its standard error, at most kErrorsMax bytes, without a last line feed
};
inline constexpr std::size_t kErrorsMax = 4096;

// Called on the caller's thread with what the program wrote to standard output, and with an empty piece when
// it was silent for a tick. Returning false ends the program.
using OutputSink = std::function<bool(std::string_view piece)>;

// Blocks until the program has ended.
//   invalid      no program, or too much input
//   not_found    no such program
//   busy         the sink returned false
//   unavailable  the system gave no process
Result<Exit> run(const Command& command, Duration tick, const OutputSink& sink);

}  // namespace causeway::process
