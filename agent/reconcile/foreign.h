// SPDX-License-Identifier: Apache-2.0
// Which things belong to a workload, and which to nobody that the assignment names.
#pragma once

#include <string>
#include <vector>

#include "agent/reconcile/desired.h"
#include "agent/reconcile/observed.h"

namespace causeway::agent {

// By name: also those that the workload's newest definition doesn't mention any more.
std::vector<PortId> ports_of(const SwitchState& network, const WorkloadId& workload);
// Without those that are half made: they can't be removed by their name, and storage's sweep clears them
// away.
std::vector<VolumeId> volumes_of(const ObservedPool& pool, const WorkloadId& workload);

// What stands on the host or in its pools and is left alone: not ours, or ours but not in the assignment.
// Volumes of ours are not among it: a pool holds those of every host of its zone. Before the first assignment
// only what isn't ours is said. Sorted.
std::vector<std::string> foreign_things(const Desired& desired, const Observed& observed);

}  // namespace causeway::agent
