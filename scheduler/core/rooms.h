// SPDX-License-Identifier: Apache-2.0
// What is left in a department's machine room.
#pragma once

#include <string>
#include <vector>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// Servers of the room whose application does not run here yet, or that no application names: somebody has to
// say what becomes of those. Empty: the room can be retired.
std::vector<std::string> servers_left(const State& state, const model::RoomRecord& room);

}  // namespace causeway::scheduler
