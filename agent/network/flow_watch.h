// SPDX-License-Identifier: Apache-2.0
// Changes to a bridge, heard as they happen.
#pragma once

#include <string>
#include <utility>

#include "agent/network/openflow.h"
#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::agent {

// Hears of every change to a bridge's flows and ports, whoever makes it. For one thread.
class FlowWatch {
 public:
  // As OpenFlow::connect.
  static Result<FlowWatch> start(const std::string& socket, Duration within);

  // Whether anything has changed since the last call. unavailable: the switch is gone, and this watch with
  // it.
  Result<bool> changed();
  // Lets the thread's next poll_block() of Open vSwitch's library end when there is something to hear.
  void wait() const;

 private:
  explicit FlowWatch(OpenFlow flows) : flows_(std::move(flows)) {}

  OpenFlow flows_;
};

}  // namespace causeway::agent
