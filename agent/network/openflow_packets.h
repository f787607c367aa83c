// SPDX-License-Identifier: Apache-2.0
// Packets that a bridge hands over, and others given back.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/network/openflow.h"
#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::agent {

// Takes what the flows of a bridge send to the controller. For one thread.
class PacketWatch {
 public:
  // As OpenFlow::connect.
  static Result<PacketWatch> start(const std::string& socket, Duration within);

  // Calls with each frame that has come and the number of its port; what the call gives back goes out there.
  // unavailable: the switch is gone, and this watch with it.
  using Answer =
      std::function<std::vector<std::uint8_t>(std::uint32_t port, std::span<const std::uint8_t> frame)>;
  Result<> answer(const Answer& answer);
  // The frame goes out of the port. Failures as of answer().
  Result<> send_out(std::uint32_t port, std::span<const std::uint8_t> frame);
  // Lets the thread's next poll_block() of Open vSwitch's library end when there is something to answer.
  void wait() const { flows_.wait_for_news(); }

 private:
  explicit PacketWatch(OpenFlow flows) : flows_(std::move(flows)) {}

  OpenFlow flows_;
};

}  // namespace causeway::agent
