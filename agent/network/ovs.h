// SPDX-License-Identifier: Apache-2.0
// The switch of a real host: Open vSwitch, its database over OVSDB and its bridges over OpenFlow 1.5. Bridges
// carry the external id causeway-zone and ports causeway-port; what has neither isn't ours.
#pragma once

#include <memory>
#include <string>

#include "agent/network/network.h"
#include "common/core/time.h"

namespace causeway::agent {

struct OvsSettings {
  std::string run_dir;   // where db.sock and BRIDGE.mgmt are
  std::string datapath;  // "system" (the kernel's) or "netdev" (in ovs-vswitchd)
  // How long a switch may wait for its flows because somebody said so, before the agent says that they are
  // there.
  Duration restore_patience{10'000};
};

// Connects when it is first used, and again whenever the connection was lost.
std::unique_ptr<Switch> make_ovs_switch(OvsSettings settings);

}  // namespace causeway::agent
