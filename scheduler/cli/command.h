// SPDX-License-Identifier: Apache-2.0
// The command `causeway` as a function of its arguments and the world around it, so that a test can be that
// world.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "common/core/result.h"
#include "common/core/time.h"
#include "scheduler/cli/client.h"

namespace causeway::cli {

struct World {
  std::ostream& out;      // answers
  std::ostream& err;      // complaints
  bool terminal = false;  // `out` is one: lines may be redrawn
  std::function<Result<std::unique_ptr<Client>>(const std::string& config_option)> connect;
  std::function<Instant()> now;
  std::function<void(Duration)> sleep;
};

// Arguments without the program's name. Returns the exit code.
int run(const std::vector<std::string>& arguments, World& world);

}  // namespace causeway::cli
