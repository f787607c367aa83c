// SPDX-License-Identifier: Apache-2.0
// What an agent of the version before doesn't know of the messages: hosts are changed one after the other,
// and back, while the scheduler is of this version.
#pragma once

#include <variant>

#include "common/model/assignment.h"

namespace causeway::simulation {

// It keeps what it understood of an assignment. Whoever starts after it has to be told the rest.
inline void as_the_version_before_hears(model::ToAgent& message, bool keeps_name = false) {
  auto* assignment = std::get_if<model::Assignment>(&message);
  if (assignment == nullptr) return;
  if (!keeps_name) assignment->print = {};
  for (auto& workload : assignment->workloads)
    for (auto& port : workload.ports) port.bandwidth = {};
}

inline void as_the_version_before_says(model::FromAgent& message) {
  if (auto* report = std::get_if<model::Report>(&message)) report->holds = {};
  if (auto* heartbeat = std::get_if<model::Heartbeat>(&message)) heartbeat->holds = {};
}

}  // namespace causeway::simulation
