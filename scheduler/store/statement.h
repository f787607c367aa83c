// SPDX-License-Identifier: Apache-2.0
// SQLite's C interface behind three small words: a database, a statement, an error in ours.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/core/result.h"

namespace causeway::store {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

// "state file /var/lib/causeway-scheduler/state.db", for messages.
std::string name_of(sqlite3* database);

// What SQLite says, by what the caller does next, with the file's name in front and what a person does last.
Error error_of(sqlite3* database, int code);

// Statements without parameters and without rows.
Result<> execute(sqlite3* database, const char* sql);

// A prepared statement. Parameters are counted from 1 and columns from 0, as SQLite does; what is bound must
// live until step() or run() returns.
class Statement {
 public:
  static Result<Statement> prepare(sqlite3* database, const std::string& sql);

  Statement& bind(int parameter, std::string_view text_or_bytes, bool bytes = false);
  Statement& bind(int parameter, std::uint64_t number);
  Statement& bind(int parameter, std::int64_t number);
  // True: there is a row; false: no more.
  Result<bool> step();
  // Carries it out, without rows, and makes it ready for the next time.
  Result<> run();
  void reset() { sqlite3_reset(statement_.get()); }

  // Of the present row; valid until the next step.
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::uint64_t number(int column) const;
  [[nodiscard]] std::int64_t signed_number(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace causeway::store
