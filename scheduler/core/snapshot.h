// SPDX-License-Identifier: Apache-2.0
// The state as placement sees it.
#pragma once

#include <set>

#include "common/model/validate.h"
#include "scheduler/core/state.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::scheduler {

// Everything that is placed except `without`, on the site and with the quotas of the catalog. A host that
// something is leaving takes nothing new, and has less room by that until it is reported gone. Each host has
// the trait that trait_of_host names.
placement::Snapshot snapshot_of(const State& state, const model::Catalog& catalog,
                                const std::set<WorkloadId>& without);

// The same of the state as it is, for an engine that is kept: hosts have all their room and no traits of
// their own. A host that something is leaving takes nothing anyway.
placement::Snapshot standing_snapshot(const State& state);
placement::HostState host_state(const State& state, const HostId& id);
placement::Placed placed_of(const model::Workload& workload, const model::Catalog& catalog);

// What the workload asks for. A group that went with its wave binds nobody any more.
placement::Request request_of(const model::Workload& workload, const model::Catalog& catalog);
// A request with this trait fits on that host only.
std::string trait_of_host(const HostId& host);

}  // namespace causeway::scheduler
