// SPDX-License-Identifier: Apache-2.0
// One host's agent: a thread with the loop that drains what came in, lets the core think, makes its decision
// durable and lets it out. Ending it touches no workload.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "agent/core/core.h"
#include "agent/daemon/drivers.h"
#include "common/config/daemon_config.h"
#include "common/core/result.h"
#include "common/core/time.h"
#include "common/transport/transport.h"

namespace causeway::agent {

class HostAgent {
 public:
  // Reads the key and what was saved, and starts the loop. The site lives longer than this.
  static Result<std::unique_ptr<HostAgent>> start(const config::AgentConfig& config,
                                                  SimulatedSite& simulated);
  ~HostAgent();
  HostAgent(const HostAgent&) = delete;
  HostAgent& operator=(const HostAgent&) = delete;

  // Whether the newest probe went through the whole loop: in with what arrives, through the core, and out
  // behind what had to be made durable. Sends the next one. To be asked from time to time by a single thread
  // that is not the loop.
  bool came_round();
  // Why the loop has ended by itself; none: it goes on. The process is to end then, and start again from what
  // is true.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  HostAgent(const config::AgentConfig& config, SimulatedSite& simulated, Saved saved,
            std::unique_ptr<transport::Connection> connection);
  void run();
  void take_messages(Duration wait);
  Result<> let_out(Outcome outcome);
  void put(Input input);

  mutable std::mutex mutex_;
  std::vector<Input> inbox_;      // under the mutex
  std::optional<Error> failure_;  // under the mutex

  const config::AgentConfig config_;
  const std::filesystem::path state_file_;
  const std::shared_ptr<Clock> clock_;
  const std::unique_ptr<transport::Connection> connection_;
  Core core_;
  std::unique_ptr<Workers> workers_;
  bool connected_ = false;

  std::atomic<bool> ending_ = false;
  std::uint64_t probe_ = 0;  // of the thread that asks
  std::atomic<std::uint64_t> answered_ = 0;
  std::thread thread_;
};

}  // namespace causeway::agent
