// SPDX-License-Identifier: Apache-2.0
// The tables of the state file, and how those of an older version become ours.
//
// A table for each kind of record: its key, its value in the encoding of common/wire, and a sum over both, so
// that a value which the disk changed is noticed when it is read. Events have a table of their own, with a
// hash each. `meta` says which schema it is.
//   1  records without sums
//   2  records with sums; the table `answer`
//   3  the table `access_grant`
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "common/core/result.h"
#include "scheduler/store/statement.h"

namespace causeway::store {

inline constexpr int kSchema = 3;

// The table of each kind of record, by its index in model::Record. Names are part of the schema.
inline constexpr std::array kTables{"state",  "site",         "department",  "room",     "network",
                                    "host",   "wave",         "application", "workload", "access_key",
                                    "answer", "access_grant", "event"};
inline constexpr std::size_t kEventKind = kTables.size() - 1;

// What a row of that table must carry. Not a secret: it finds what broke, not who changed it.
std::int64_t sum_of(std::string_view table, std::string_view key, std::string_view value);

// 0: nothing at all is in the database. Corrupt: it is somebody else's, or is damaged. Reads only.
Result<int> schema_of(sqlite3* database);

// Invalid, and what to do: a newer version wrote it. Reads only.
Result<> refuse_newer(sqlite3* database, int schema);

// From any older schema, or from nothing, to kSchema, in one transaction.
Result<> migrate(sqlite3* database, int from);

}  // namespace causeway::store
