// SPDX-License-Identifier: Apache-2.0
// What was on a fenced host starts elsewhere, as placement's failover plan says. What finds no place waits,
// and is asked about again from time to time; what is not protected waits for its host.
#pragma once

#include <string>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

inline constexpr Duration kFailoverRetry{std::chrono::seconds(5)};

// Of a host whose fence was read back.
void fail_over(State& state, const HostId& host);

// Why a workload of a lost host does not run elsewhere (yet); empty: its host is not lost.
std::string failover_reason(const State& state, const model::Workload& workload);

}  // namespace causeway::scheduler
