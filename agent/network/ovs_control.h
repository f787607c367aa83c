// SPDX-License-Identifier: Apache-2.0
// Questions to ovs-vswitchd that neither its database nor OpenFlow answers, over its control socket, as
// ovs-appctl asks them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::agent {

// A question that is on its way, for what shall be done between asking and hearing the answer.
class OvsQuestion {
 public:
  // Failures as of ask_ovs(). `within` is for all of it.
  static Result<OvsQuestion> ask(const std::string& run_dir, const std::string& command,
                                 const std::vector<std::string>& arguments, Duration within);
  OvsQuestion(OvsQuestion&&) noexcept;
  ~OvsQuestion();

  // Whether the answer has begun to come. Doesn't wait.
  [[nodiscard]] bool answered() const;
  // Waits for it. Once.
  [[nodiscard]] Result<std::string> answer() const;

 private:
  class Connection;
  explicit OvsQuestion(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

// The answer's text. `run_dir` holds ovs-vswitchd.ctl, or ovs-vswitchd.PID.ctl beside ovs-vswitchd.pid.
// unavailable: nobody answers there; timeout: not in time; invalid: the daemon refuses the command.
Result<std::string> ask_ovs(const std::string& run_dir, const std::string& command,
                            const std::vector<std::string>& arguments, Duration within);

}  // namespace causeway::agent
