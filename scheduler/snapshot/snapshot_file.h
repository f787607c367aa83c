// SPDX-License-Identifier: Apache-2.0
// A placement snapshot as a file: what `causeway snapshot save` writes and `causeway what-if --snapshot`
// reads, so that a question can be answered without a scheduler and a problem in the field becomes a test.
// JSON, version 1; the format is described in ARCHITECTURE.md ("The snapshot file"). Equal snapshots give
// equal bytes.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "common/core/finding.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::snapshot {

inline constexpr int kVersion = 1;

std::string write(const placement::Snapshot& snapshot);

// All that is wrong with the text at once: syntax, unknown or doubled keys, wrong types, and what
// placement::validate() finds. A snapshot that is returned is valid.
std::expected<placement::Snapshot, Findings> read(std::string_view text);

}  // namespace causeway::snapshot
