// SPDX-License-Identifier: Apache-2.0
// A wave on its way: what `apply --wait` and `status --watch` show. On a terminal one line is redrawn; in a
// log each application has a line when it gets into another phase or waits for something else.
#pragma once

#include <map>
#include <ostream>
#include <string>

#include "common/core/time.h"
#include "common/model/api.h"
#include "scheduler/cli/format.h"

namespace causeway::cli {

class Progress {
 public:
  Progress(std::ostream& out, bool terminal) : out_(out), terminal_(terminal) {}

  // `elapsed` since the first call is what the rate and the time left are worked out from.
  void show(const model::StatusResponse& status, Duration elapsed);
  // Ends the redrawn line.
  void finish();

 private:
  std::ostream& out_;
  const bool terminal_;
  bool drawn_ = false;
  int percent_at_start_ = -1;
  std::map<ApplicationId, std::string> lines_;  // the newest line of each application
};

// The whole status, as -o says.
void print(std::ostream& out, const model::StatusResponse& status, Format format);

}  // namespace causeway::cli
