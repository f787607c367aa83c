// SPDX-License-Identifier: Apache-2.0
// Records in one SQLite file: a table for each kind (schema.h), write-ahead log, synced to disk with each
// commit. One process at a time has the file open.
#pragma once

#include <filesystem>
#include <memory>

#include "scheduler/store/statement.h"
#include "scheduler/store/store.h"

namespace causeway::store {

// Makes the file (mode 0600) if there is none, whole or not at all. A file of an older schema is migrated, in
// one transaction. Every error says what to do, and leaves the file as it was found:
//   busy         another process has it
//   corrupt      it is no such file, is empty or damaged, or is gone while its log is still there
//   invalid      it is of a newer schema
//   unavailable  the disk or its rights
Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file);

// A store on a database that was opened in another way, with its settings made. Migrates it.
Result<std::unique_ptr<Store>> store_on(Database database);

}  // namespace causeway::store
