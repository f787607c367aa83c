// SPDX-License-Identifier: Apache-2.0
// A placement snapshot as a file: what `causeway snapshot save` writes and `causeway what-if --snapshot`
// reads, so that a question can be answered without a scheduler and a problem in the field becomes a test.
// JSON, version 1; the format is described in causeway-snapshot(5). Equal snapshots give equal bytes.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "common/core/finding.h"
#include "common/model/value.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::snapshot {

std::string write(const placement::Snapshot& snapshot);
// The same of a snapshot that came as a document (inquiry::document_of).
std::string text_of(const model::Object& document);

// All that is wrong with the text at once: syntax, unknown or doubled keys, wrong types, and what
// placement::validate() finds. A snapshot that is returned is valid.
std::expected<placement::Snapshot, Findings> read(std::string_view text);

}  // namespace causeway::snapshot
