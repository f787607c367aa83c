// SPDX-License-Identifier: Apache-2.0
// Many agents in one process: each with the core that ships, simulated drivers of its own and a connection of
// its own. A host's clock, its drivers and its messages are as in causeway-agent; only the threads are
// shared.
#pragma once

#include "tests/bench/scheduler/agents/board.h"
#include "tests/bench/scheduler/agents/cloud.h"

namespace causeway::bench {

// Runs until the process that started this one has ended.
int run_agents(const Cloud& cloud, Board& board, int first, int count);

}  // namespace causeway::bench
