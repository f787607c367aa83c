// SPDX-License-Identifier: Apache-2.0
// Asks the switches of both hosts whether a packet would pass, beside what the policy says. An answer waits
// for two hosts at most, until a deadline; a host that can't be asked is named in it.
#pragma once

#include <optional>
#include <string>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// Nothing: the answer comes later, by take_probe or expire_probes.
std::optional<model::ResponseBody> ask_reach(State& state, const Actor& actor, const std::string& route,
                                             std::uint64_t request_id, const model::ReachRequest& request);
void take_probe(State& state, const HostId& host, const model::ProbeReply& reply);
void expire_probes(State& state);

}  // namespace causeway::scheduler
