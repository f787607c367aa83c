// SPDX-License-Identifier: Apache-2.0
// Power through the programs of Debian's package fence-agents (fence_ipmilan, fence_redfish, …): one program
// for each kind of BMC, which reads KEY=VALUE lines from its standard input and exits with 0 when it did what
// was asked; of a status with 0 for on and 2 for off. The password is read from its file for each order, so
// that it can be changed under a running scheduler; it stands in no argument and in no message.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/core/time.h"
#include "scheduler/fence/power.h"

namespace causeway::fence {

// How the BMC of a host is reached, or of hosts that are alike.
struct Bmc {
  std::string agent;    // the program: "fence_ipmilan", or a path to one
  std::string address;  // "{host}" in it stands for the host's name: "{host}.bmc.example"
  std::string user;
  std::filesystem::path password_file;         // its first line; mode 0600
  std::map<std::string, std::string> options;  // more lines, as the program's own man page has them
};

struct AgentLimits {
  Duration off_within = kOffWithin;
  Duration read_within = kReadWithin;
};

// By name or pattern (common/core/host_pattern.h). Calls may come from any thread.
std::unique_ptr<Power> make_agent_power(std::map<std::string, Bmc> bmcs, AgentLimits limits = {});

// What is wrong with what these refer to, as far as can be seen without asking a BMC: programs that aren't
// there, password files that can't be read or that others can. One line each.
std::vector<std::string> problems_of(const std::map<std::string, Bmc>& bmcs);

}  // namespace causeway::fence
