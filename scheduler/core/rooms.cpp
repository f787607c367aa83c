// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/rooms.h"

#include <algorithm>

#include "scheduler/core/observed.h"

namespace causeway::scheduler {

std::vector<std::string> servers_left(const State& state, const model::RoomRecord& room) {
  auto left = room.spec.servers;
  for (const auto& [id, application] : state.tables.applications()) {
    const auto& from = application.spec.from;
    if (!from || from->room != room.id) continue;
    const auto workloads = state.tables.of_application(id);
    const bool arrived = !workloads.empty() && std::ranges::all_of(workloads, [&](const auto* workload) {
      return observe(state, *workload).settled;
    });
    if (arrived)
      for (const auto& server : from->servers) left.erase(server);
  }
  return {left.begin(), left.end()};
}

}  // namespace causeway::scheduler
