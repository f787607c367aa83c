// SPDX-License-Identifier: Apache-2.0
// What a wave asks of placement: its entries counted out, as the requests and groups that placement knows.
// The scheduler's core and the questions that need no scheduler both come through here.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/model/records.h"
#include "common/model/wave.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::inquiry {

// The workload that an entry asks for, without name, host and addresses.
model::Workload shape_of(const WaveId& wave, const model::Application& application, const std::string& entry,
                         const model::WorkloadSpec& spec);

// `on_uplinks`: the networks whose ports need an uplink on their host, and the zone of each.
placement::Request request_of(const model::Workload& workload, const std::map<NetworkId, ZoneId>& on_uplinks);

// The groups that exist because of this workload's own rules: that of its entry, or none.
std::vector<placement::Group> groups_of(const model::Workload& workload);

// A named group with its rules as placement has them.
placement::Group group_of(const GroupId& id, const std::vector<model::PlacementRule>& rules);

// Everything in the waves that the snapshot does not have yet.
placement::Batch batch_of(std::span<const model::Wave> waves, const placement::Snapshot& standing);

}  // namespace causeway::inquiry
