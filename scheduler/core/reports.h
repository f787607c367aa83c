// SPDX-License-Identifier: Apache-2.0
// What hosts say: taken in, answered, and turned into the few durable changes that follow from it.
#pragma once

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// A message from the agent that holds the key of `host`.
void take_report(State& state, const HostId& host, const std::string& route, const model::Report& report);
void take_heartbeat(State& state, const HostId& host, const std::string& route,
                    const model::Heartbeat& heartbeat);

// Notes hosts that were not heard for too long, once each.
void watch_hosts(State& state);

}  // namespace causeway::scheduler
