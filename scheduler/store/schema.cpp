// SPDX-License-Identifier: Apache-2.0
#include "scheduler/store/schema.h"

#include <fmt/format.h>
#include <sodium.h>

#include <cstring>
#include <variant>

#include "common/model/records.h"

namespace causeway::store {
namespace {

static_assert(kTables.size() == std::variant_size_v<model::Record>);

std::string_view blob(sqlite3_value* value) {
  const auto* data = static_cast<const char*>(sqlite3_value_blob(value));
  return data == nullptr ? std::string_view{}
                         : std::string_view{data, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

// record_sum(table, key, value) for statements.
void record_sum(sqlite3_context* context, int, sqlite3_value** values) {
  sqlite3_result_int64(context, sum_of(blob(values[0]), blob(values[1]), blob(values[2])));
}

Result<> add_table(sqlite3* database, std::string_view table) {
  return execute(database, fmt::format("CREATE TABLE {} (key TEXT PRIMARY KEY, value BLOB NOT NULL, "
                                       "sum INTEGER NOT NULL) WITHOUT ROWID",
                                       table)
                               .c_str());
}

Result<> create(sqlite3* database) {
  CAUSEWAY_TRY(execute(database, "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID"));
  for (std::size_t kind = 0; kind < kEventKind; ++kind) CAUSEWAY_TRY(add_table(database, kTables[kind]));
  CAUSEWAY_TRY(execute(database,
                       "CREATE TABLE event "
                       "(sequence INTEGER PRIMARY KEY, value BLOB NOT NULL, hash BLOB NOT NULL)"));
  return execute(database, fmt::format("INSERT INTO meta VALUES ('schema', {})", kSchema).c_str());
}

Result<> add_sums(sqlite3* database) {
  constexpr std::array kOfSchema1{"state", "site", "department",  "room",     "network",
                                  "host",  "wave", "application", "workload", "access_key"};
  sqlite3_create_function(database, "record_sum", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, record_sum,
                          nullptr, nullptr);
  for (const auto* table : kOfSchema1) {
    CAUSEWAY_TRY(execute(
        database, fmt::format("ALTER TABLE {} ADD COLUMN sum INTEGER NOT NULL DEFAULT 0", table).c_str()));
    CAUSEWAY_TRY(
        execute(database, fmt::format("UPDATE {0} SET sum = record_sum('{0}', key, value)", table).c_str()));
  }
  return add_table(database, "answer");
}

Result<> steps(sqlite3* database, int from) {
  CAUSEWAY_TRY(execute(database, "BEGIN IMMEDIATE"));
  if (from == 0) {
    CAUSEWAY_TRY(create(database));
  } else {
    if (from < 2) CAUSEWAY_TRY(add_sums(database));
    if (from < 3) CAUSEWAY_TRY(add_table(database, "access_grant"));
    CAUSEWAY_TRY(
        execute(database, fmt::format("UPDATE meta SET value = {} WHERE key = 'schema'", kSchema).c_str()));
  }
  return execute(database, "COMMIT");
}

}  // namespace

std::int64_t sum_of(std::string_view table, std::string_view key, std::string_view value) {
  static constexpr std::array<unsigned char, crypto_shorthash_KEYBYTES> kKey{"causeway-record"};
  std::array<unsigned char, crypto_shorthash_BYTES> names{};
  std::array<unsigned char, crypto_shorthash_BYTES> sum{};
  const auto name = fmt::format("{}/{}", table, key);
  crypto_shorthash(names.data(), reinterpret_cast<const unsigned char*>(name.data()), name.size(),
                   kKey.data());
  auto salted = kKey;
  std::memcpy(salted.data(), names.data(), names.size());
  crypto_shorthash(sum.data(), reinterpret_cast<const unsigned char*>(value.data()), value.size(),
                   salted.data());
  std::int64_t number = 0;
  std::memcpy(&number, sum.data(), sizeof number);
  return number;
}

Result<int> schema_of(sqlite3* database) {
  auto tables = Statement::prepare(
      database, "SELECT count(*), sum(name = 'meta'), sum(name = 'workload') FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  const auto counted = tables->step();
  if (!counted) return std::unexpected(counted.error());
  if (tables->number(0) == 0) return 0;
  const auto foreign = fail(Errc::corrupt, fmt::format("{} is a database, but not the state of a scheduler; "
                                                       "name another file, this one is left alone",
                                                       name_of(database)));
  if (tables->number(1) == 0 || tables->number(2) == 0) return foreign;
  auto read = Statement::prepare(database, "SELECT value FROM meta WHERE key = 'schema'");
  if (!read) return std::unexpected(read.error());
  const auto found = read->step();
  if (!found) return std::unexpected(found.error());
  if (!*found || read->number(0) == 0) return foreign;
  constexpr std::uint64_t kFarAhead = 1'000'000;
  return static_cast<int>(std::min(read->number(0), kFarAhead));
}

Result<> refuse_newer(sqlite3* database, int schema) {
  if (schema <= kSchema) return {};
  return fail(Errc::invalid,
              fmt::format("{} is of schema {}, and this version knows up to {}; install the version that "
                          "wrote it, or a newer one. The file was left as it is",
                          name_of(database), schema, kSchema));
}

Result<> migrate(sqlite3* database, int from) {
  if (from == kSchema) return {};
  auto done = steps(database, from);
  if (!done && sqlite3_get_autocommit(database) == 0)
    sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

}  // namespace causeway::store
