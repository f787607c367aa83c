// SPDX-License-Identifier: Apache-2.0
// A placement snapshot turned back into the records that a scheduler would have of such a site, so that the
// scheduler's own core can be run on it. What a snapshot does not know (addresses, images, applications that
// depend on each other) is left out: none of it decides what happens when a host is lost.
#pragma once

#include <expected>
#include <vector>

#include "common/core/finding.h"
#include "common/model/records.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::forecast {

// The snapshot must be valid (placement::validate). A finding for each thing in it that no scheduler has: a
// rule that keeps apart from another group.
std::expected<std::vector<model::Record>, Findings> records_of(const placement::Snapshot& snapshot);

// What the host's agent proves itself by, and where its clients of the storage come from, in those records.
std::string key_of_host(const HostId& host);
std::string storage_address_of(const HostId& host);

}  // namespace causeway::forecast
