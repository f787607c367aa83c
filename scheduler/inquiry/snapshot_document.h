// SPDX-License-Identifier: Apache-2.0
// A placement snapshot as a tree of values with the keys of the snapshot file (causeway-snapshot(5)): what a
// scheduler answers `causeway snapshot save` with, and what scheduler/snapshot writes as JSON. One list of
// the keys for both, so that a file saved from a scheduler and one written by a test can't differ.
#pragma once

#include "common/model/value.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::inquiry {

// Of the format; another one is refused by its reader.
inline constexpr int kSnapshotVersion = 1;

// What has its default is left out, so that a small site is a small file.
model::Object document_of(const placement::Snapshot& snapshot);

}  // namespace causeway::inquiry
