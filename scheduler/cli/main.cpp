// SPDX-License-Identifier: Apache-2.0
// The command `causeway`: reads the command line, asks the scheduler, prints the answer.
#include <unistd.h>

#include <iostream>
#include <thread>

#include "common/core/run_program.h"
#include "scheduler/cli/command.h"

namespace {

int run(int count, char** words) {
  causeway::SystemClock clock;
  causeway::cli::World world{
      .out = std::cout,
      .err = std::cerr,
      .terminal = ::isatty(STDOUT_FILENO) != 0,
      .connect = causeway::cli::open_client,
      .now = [&clock] { return clock.now(); },
      .sleep = [](causeway::Duration span) { std::this_thread::sleep_for(span); },
  };
  return causeway::cli::run({words + 1, words + count}, world);
}

}  // namespace

int main(int count, char** words) {
  return causeway::run_program("causeway", [&] { return run(count, words); });
}
