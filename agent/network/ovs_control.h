// SPDX-License-Identifier: Apache-2.0
// Questions to ovs-vswitchd that neither its database nor OpenFlow answers, over its control socket, as
// ovs-appctl asks them.
#pragma once

#include <string>
#include <vector>

#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::agent {

// The answer's text. `run_dir` holds ovs-vswitchd.ctl, or ovs-vswitchd.PID.ctl beside ovs-vswitchd.pid.
// unavailable: nobody answers there; timeout: not in time; invalid: the daemon refuses the command.
Result<std::string> ask_ovs(const std::string& run_dir, const std::string& command,
                            const std::vector<std::string>& arguments, Duration within);

}  // namespace causeway::agent
