// SPDX-License-Identifier: Apache-2.0
// Where the verbs that ask about placement take their snapshot from: a file, or the scheduler. The answers
// are worked out here and not in the scheduler, so a question that takes seconds holds up nobody, and the
// same question about the same snapshot has the same answer with and without a scheduler.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "scheduler/cli/session.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::cli {

// A file above this is refused before it is read; a site of 100,000 workloads has a tenth of it.
inline constexpr std::size_t kSnapshotBytesMax = std::size_t{512} << 20;

// --snapshot
void add_snapshot_option(Verb& verb, std::string& file);

// From the file, or with "" from the scheduler. Nothing: all that is wrong was shown and the exit code set.
std::optional<placement::Snapshot> take_snapshot(Session& session, const std::string& file);

// "60 hosts in 3 zones, 1021 workloads"
std::string extent(const placement::Snapshot& snapshot);

}  // namespace causeway::cli
