// SPDX-License-Identifier: Apache-2.0
#include "scheduler/store/statement.h"

#include <fmt/format.h>

namespace causeway::store {

std::string name_of(sqlite3* database) {
  const char* name = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  return fmt::format("state file {}", name == nullptr ? "" : name);
}

Error error_of(sqlite3* database, int code) {
  const auto file = name_of(database);
  const auto said = [&] { return database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database); };
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::busy,
              fmt::format("{} is in use by another process; is a second scheduler running?", file)};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return {Errc::corrupt,
              fmt::format("{} is damaged or no database ({}); nothing was written to it: look with `causeway "
                          "state check FILE`, then move it away and `causeway state restore` a backup",
                          file, said())};
    case SQLITE_FULL:
      return {Errc::unavailable,
              fmt::format("the disk of {} is full; what was asked is not done and what was acknowledged "
                          "before is kept: free some space, then start the scheduler again",
                          file)};
    case SQLITE_READONLY:
      return {Errc::unavailable,
              fmt::format("{} or its folder can't be written ({}); give the scheduler's user the right to, "
                          "or mount the disk writable again (`dmesg` says why it no longer is)",
                          file, said())};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return {Errc::unavailable,
              fmt::format("{} can't be opened ({}); is its folder there, and the scheduler's user's?", file,
                          said())};
    case SQLITE_IOERR:
      return {
          Errc::unavailable,
          fmt::format("{}: its disk failed ({}); look at the disk (`dmesg`), then start the scheduler "
                      "again",
                      file, sqlite3_errstr(database == nullptr ? code : sqlite3_extended_errcode(database)))};
    default: return {Errc::unavailable, fmt::format("{}: {}", file, said())};
  }
}

Result<> execute(sqlite3* database, const char* sql) {
  const int code = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(database, code));
  return {};
}

Result<Statement> Statement::prepare(sqlite3* database, const std::string& sql) {
  Statement made;
  made.database_ = database;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.c_str(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  made.statement_.reset(statement);
  if (code != SQLITE_OK) return std::unexpected(error_of(database, code));
  return made;
}

Statement& Statement::bind(int parameter, std::string_view text_or_bytes, bool bytes) {
  // An empty view has no address, and SQLite would take that for NULL.
  const char* data = text_or_bytes.empty() ? "" : text_or_bytes.data();
  if (bytes)
    sqlite3_bind_blob64(statement_.get(), parameter, data, text_or_bytes.size(), SQLITE_STATIC);
  else
    sqlite3_bind_text64(statement_.get(), parameter, data, text_or_bytes.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int parameter, std::uint64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, static_cast<sqlite3_int64>(number));
  return *this;
}

Statement& Statement::bind(int parameter, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, number);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(error_of(database_, code));
}

Result<> Statement::run() {
  const auto stepped = step();
  reset();
  if (!stepped) return std::unexpected(stepped.error());
  return {};
}

std::string_view Statement::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::uint64_t Statement::number(int column) const {
  return static_cast<std::uint64_t>(signed_number(column));
}

std::int64_t Statement::signed_number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

}  // namespace causeway::store
