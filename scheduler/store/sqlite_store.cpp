// SPDX-License-Identifier: Apache-2.0
#include "scheduler/store/sqlite_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <variant>

#include "common/wire/codec.h"
#include "scheduler/store/chain.h"
#include "scheduler/store/schema.h"
#include "scheduler/store/sqlite_backup.h"

namespace causeway::store {
namespace {

namespace fs = std::filesystem;

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(Database database) : database_(std::move(database)) {}

  Result<> prepare();

  Result<std::vector<model::Record>> load(std::size_t newest_events) override;
  Result<> commit(std::span<const model::Change> changes) override;
  Result<Chain> verify_chain() override;
  Result<std::unique_ptr<Backup>> begin_backup() override;

 private:
  Result<> statements();
  Result<> write(const model::Change& change);
  Result<> append(const model::EventRecord& event, const std::string& bytes);
  Result<> read_into(std::vector<model::Record>& records, std::size_t kind, Statement& rows);

  Database database_;
  std::array<Statement, kEventKind> put_;
  std::array<Statement, kEventKind> erase_;
  Statement append_;
  std::optional<std::uint64_t> last_event_;
  Hash head_{};
};

Result<> SqliteStore::statements() {
  const auto prepared = [&](Statement& into, const std::string& sql) -> Result<> {
    auto made = Statement::prepare(database_.get(), sql);
    if (!made) return std::unexpected(made.error());
    into = std::move(*made);
    return {};
  };
  for (std::size_t kind = 0; kind < kEventKind; ++kind) {
    CAUSEWAY_TRY(
        prepared(put_[kind], fmt::format("INSERT OR REPLACE INTO {} VALUES (?1, ?2, ?3)", kTables[kind])));
    CAUSEWAY_TRY(prepared(erase_[kind], fmt::format("DELETE FROM {} WHERE key = ?1", kTables[kind])));
  }
  CAUSEWAY_TRY(prepared(append_, "INSERT INTO event VALUES (?1, ?2, ?3)"));
  Statement last;
  CAUSEWAY_TRY(prepared(last, "SELECT sequence, hash FROM event ORDER BY sequence DESC LIMIT 1"));
  const auto found = last.step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return {};
  const auto hash = hash_from(last.bytes(1));
  if (!hash) return fail(Errc::corrupt, "audit log: the newest event has no hash");
  last_event_ = last.number(0);
  head_ = *hash;
  return {};
}

Result<> SqliteStore::prepare() {
  const auto schema = schema_of(database_.get());
  if (!schema) return std::unexpected(schema.error());
  CAUSEWAY_TRY(refuse_newer(database_.get(), *schema));
  CAUSEWAY_TRY(migrate(database_.get(), *schema));
  return statements();
}

// Rows of key, value and sum, or of events.
Result<> SqliteStore::read_into(std::vector<model::Record>& records, std::size_t kind, Statement& rows) {
  const auto damaged = [&](const std::string& why) {
    return fail(Errc::corrupt,
                fmt::format("{}: the record '{}' of {} {}; nothing was written: move the file away and "
                            "`causeway state restore` a backup",
                            name_of(database_.get()), rows.bytes(0), kTables[kind], why));
  };
  while (true) {
    const auto more = rows.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    if (kind != kEventKind && sum_of(kTables[kind], rows.bytes(0), rows.bytes(1)) != rows.signed_number(2))
      return damaged("is not what was written");
    auto record = wire::decode_record(kind, rows.bytes(1));
    if (!record) return damaged(fmt::format("can't be read ({})", record.error().what));
    records.push_back(std::move(*record));
  }
}

Result<std::vector<model::Record>> SqliteStore::load(std::size_t newest_events) {
  std::vector<model::Record> records;
  for (std::size_t kind = 0; kind < kTables.size(); ++kind) {
    const auto sql = kind == kEventKind
                         ? fmt::format(
                               "SELECT sequence, value FROM (SELECT * FROM event ORDER BY sequence DESC "
                               "LIMIT {}) "
                               "ORDER BY sequence",
                               newest_events)
                         : fmt::format("SELECT key, value, sum FROM {} ORDER BY key", kTables[kind]);
    auto rows = Statement::prepare(database_.get(), sql);
    if (!rows) return std::unexpected(rows.error());
    CAUSEWAY_TRY(read_into(records, kind, *rows));
  }
  // From here on its log may be moved into the file: it was read from end to end.
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  return records;
}

Result<> SqliteStore::append(const model::EventRecord& event, const std::string& bytes) {
  if (last_event_ && event.sequence != *last_event_ + 1)
    return fail(Errc::invalid,
                fmt::format("event {} does not follow event {}", event.sequence, *last_event_));
  const auto hash = next_hash(head_, bytes);
  CAUSEWAY_TRY(append_.bind(1, event.sequence).bind(2, bytes, true).bind(3, bytes_of(hash), true).run());
  last_event_ = event.sequence;
  head_ = hash;
  return {};
}

Result<> SqliteStore::write(const model::Change& change) {
  if (const auto* gone = std::get_if<model::RecordKey>(&change)) {
    if (gone->kind >= kEventKind) return fail(Errc::invalid, "events are not deleted");
    return erase_[gone->kind].bind(1, gone->key).run();
  }
  const auto& record = std::get<model::Record>(change);
  const auto bytes = wire::encode_record(record);
  if (const auto* event = std::get_if<model::EventRecord>(&record)) return append(*event, bytes);
  const auto key = model::key_of(record);
  return put_[key.kind]
      .bind(1, key.key)
      .bind(2, bytes, true)
      .bind(3, sum_of(kTables[key.kind], key.key, bytes))
      .run();
}

Result<> SqliteStore::commit(std::span<const model::Change> changes) {
  if (changes.empty()) return {};
  const auto last_event = last_event_;
  const auto head = head_;
  const auto all = [&]() -> Result<> {
    CAUSEWAY_TRY(execute(database_.get(), "BEGIN IMMEDIATE"));
    for (const auto& change : changes) CAUSEWAY_TRY(write(change));
    return execute(database_.get(), "COMMIT");
  };
  auto done = all();
  if (!done) {
    // Some errors have rolled it back already; then this one has nothing to do.
    if (sqlite3_get_autocommit(database_.get()) == 0)
      sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    last_event_ = last_event;
    head_ = head;
  }
  return done;
}

Result<Chain> SqliteStore::verify_chain() {
  ChainCheck check;
  auto rows =
      Statement::prepare(database_.get(), "SELECT sequence, value, hash FROM event ORDER BY sequence");
  if (!rows) return std::unexpected(rows.error());
  while (true) {
    const auto more = rows->step();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    CAUSEWAY_TRY(check.add(rows->number(0), rows->bytes(1), rows->bytes(2)));
  }
  std::vector<model::Record> state;
  auto read = Statement::prepare(database_.get(), "SELECT key, value, sum FROM state");
  if (!read) return std::unexpected(read.error());
  CAUSEWAY_TRY(read_into(state, 0, *read));
  return check.finish(state.empty() ? 0 : std::get<model::StateRecord>(state.front()).next_event);
}

Result<std::unique_ptr<Backup>> SqliteStore::begin_backup() { return begin_sqlite_backup(database_.get()); }

Result<Database> opened(const fs::path& file) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return std::unexpected(error_of(handle, code));
  // The lock is kept from the first look on, so that a second scheduler is refused at its start and not in
  // the middle; and a file that turns out to be damaged is not touched by closing it.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  CAUSEWAY_TRY(execute(handle, "PRAGMA locking_mode = EXCLUSIVE"));
  CAUSEWAY_TRY(execute(handle, "PRAGMA trusted_schema = OFF"));
  return database;
}

Error system_error(const fs::path& file, std::string_view what) {
  const int number = errno;
  const char* next = number == EROFS    ? "mount its disk writable (`dmesg` says why it no longer is)"
                     : number == ENOSPC ? "free some space there"
                     : number == ENOENT ? "make its folder, or mount its disk"
                                        : "give the scheduler's user the right to";
  return {Errc::unavailable,
          fmt::format("state file {}: {}: {}; {}", file.string(), what, std::strerror(number), next)};
}

Result<> sync_folder_of(const fs::path& file) {
  const auto folder = file.parent_path().empty() ? fs::path(".") : file.parent_path();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const auto error = system_error(file, "its folder can't be synced");
  if (descriptor >= 0) ::close(descriptor);
  if (!synced) return std::unexpected(error);
  return {};
}

// Under another name until it is whole, so that an empty file is never mistaken for a new cloud.
Result<> make_new(const fs::path& file) {
  const fs::path young = file.string() + ".new";
  ::unlink(young.c_str());
  const int descriptor = ::open(young.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return std::unexpected(system_error(file, "can't be made"));
  ::close(descriptor);
  {
    auto database = opened(young);
    if (!database) return std::unexpected(database.error());
    CAUSEWAY_TRY(execute(database->get(), "PRAGMA synchronous = FULL"));
    CAUSEWAY_TRY(migrate(database->get(), 0));
  }
  if (::rename(young.c_str(), file.c_str()) != 0) return std::unexpected(system_error(file, "can't be made"));
  return sync_folder_of(file);
}

// What can be seen of the file without reading it as a database.
Result<> look_at(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (!error && size == 0)
    return fail(Errc::corrupt,
                fmt::format("state file {} is empty, and this program never leaves it so: move it away and "
                            "`causeway state restore` a backup; for a new cloud remove it",
                            file.string()));
  if (!error) return {};
  const fs::path log = file.string() + "-wal";
  if (fs::exists(log) && fs::file_size(log, error) > 0)
    return fail(Errc::corrupt,
                fmt::format("state file {} is gone, but its log {} is there: put the file back beside it, or "
                            "move the log away and `causeway state restore` a backup",
                            file.string(), log.string()));
  return make_new(file);
}

}  // namespace

Result<std::unique_ptr<Store>> store_on(Database database) {
  auto store = std::make_unique<SqliteStore>(std::move(database));
  CAUSEWAY_TRY(store->prepare());
  return store;
}

Result<std::unique_ptr<Store>> open_sqlite(const fs::path& file) {
  CAUSEWAY_TRY(look_at(file));
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return std::unexpected(system_error(file, "can't be opened for writing"));
  ::close(descriptor);
  auto database = opened(file);
  if (!database) return std::unexpected(database.error());
  // Read first: nothing is set, and so nothing written, on a file that is refused.
  const auto schema = schema_of(database->get());
  if (!schema) return std::unexpected(schema.error());
  CAUSEWAY_TRY(refuse_newer(database->get(), *schema));
  CAUSEWAY_TRY(execute(database->get(), "PRAGMA journal_mode = WAL"));
  CAUSEWAY_TRY(execute(database->get(), "PRAGMA synchronous = FULL"));
  return store_on(std::move(*database));
}

}  // namespace causeway::store
