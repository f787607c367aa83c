// SPDX-License-Identifier: Apache-2.0
// Backups by SQLite's online backup: pages are copied while the database is written to, and what is written
// meanwhile goes into the copy too.
#pragma once

#include <memory>
#include <span>

#include "scheduler/store/statement.h"
#include "scheduler/store/store.h"

namespace causeway::store {

// `source` must outlive the backup and be written to by this thread alone.
Result<std::unique_ptr<Backup>> begin_sqlite_backup(sqlite3* source);

// Of records that are in no database.
Result<std::unique_ptr<Backup>> begin_sqlite_backup(std::span<const model::Record> records);

}  // namespace causeway::store
