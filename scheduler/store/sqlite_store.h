// SPDX-License-Identifier: Apache-2.0
// Records in one SQLite file: a table for each kind, key to value, in the encoding of common/wire.
// Write-ahead log, synced to disk with each commit. One process at a time has the file open.
#pragma once

#include <filesystem>
#include <memory>

#include "scheduler/store/store.h"

namespace causeway::store {

inline constexpr int kSchema = 1;  // of the tables; a file of a newer one is refused

// Makes the file (mode 0600) if there is none. Busy: another process has it. Corrupt: it is no such file, or
// is damaged; nothing was written to it. Invalid: it is of a newer schema. Unavailable: the disk or its
// rights.
Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file);

}  // namespace causeway::store
