// SPDX-License-Identifier: Apache-2.0
// A workload's view, and what is being tried for it, in the words of a report: the phase, how far, and what
// it waits for. Nothing that is held up is silent.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/core/attempts.h"
#include "agent/reconcile/reconcile.h"
#include "common/model/assignment.h"

namespace causeway::agent {

// What holds up an action that nobody is at: "storage is at work on … since 5s"; none: it will begin at once.
using Queue = std::function<std::optional<model::Waiting>(const Key&)>;

// A host's NUMA nodes, as they are reported.
std::vector<model::NodeFacts> nodes_of(const Inventory& host);

// `before` is the workload's last status, whose phase stands while the hypervisor can't be looked at.
model::WorkloadStatus status_of(const DesiredWorkload& desired, const View& view, const Attempts& attempts,
                                const Queue& queue, const model::WorkloadStatus* before, Instant now);

}  // namespace causeway::agent
