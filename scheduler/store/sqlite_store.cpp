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
#include "scheduler/store/statement.h"

namespace causeway::store {
namespace {

// The table of each kind of record, by its index in model::Record. Names and order are part of the schema.
constexpr std::array kTables{"state", "site",        "department", "room",       "network", "host",
                             "wave",  "application", "workload",   "access_key", "event"};
static_assert(kTables.size() == std::variant_size_v<model::Record>);
constexpr std::size_t kEventKind = kTables.size() - 1;

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(Database database) : database_(std::move(database)) {}

  Result<> prepare();

  Result<std::vector<model::Record>> load(std::size_t newest_events) override;
  Result<> commit(std::span<const model::Change> changes) override;
  Result<Chain> verify_chain() override;

 private:
  Result<> settings();
  Result<> schema();
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

Result<> SqliteStore::settings() {
  auto* database = database_.get();
  // The lock is kept from the first write on, so that a second scheduler is refused at its start and not in
  // the middle.
  CAUSEWAY_TRY(execute(database, "PRAGMA locking_mode = EXCLUSIVE"));
  CAUSEWAY_TRY(execute(database, "PRAGMA journal_mode = WAL"));
  CAUSEWAY_TRY(execute(database, "PRAGMA synchronous = FULL"));
  return execute(database, "PRAGMA trusted_schema = OFF");
}

Result<> SqliteStore::schema() {
  auto* database = database_.get();
  CAUSEWAY_TRY(execute(database, "BEGIN IMMEDIATE"));
  CAUSEWAY_TRY(execute(
      database, "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID"));
  auto read = Statement::prepare(database, "SELECT value FROM meta WHERE key = 'schema'");
  if (!read) return std::unexpected(read.error());
  const auto found = read->step();
  if (!found) return std::unexpected(found.error());
  if (*found && read->number(0) > kSchema)
    return fail(
        Errc::invalid,
        fmt::format(
            "state file {} is of schema {}, and this version knows up to {}; install the newer version",
            sqlite3_db_filename(database, "main"), read->number(0), kSchema));
  read->reset();
  for (std::size_t kind = 0; kind < kEventKind; ++kind)
    CAUSEWAY_TRY(execute(
        database,
        fmt::format("CREATE TABLE IF NOT EXISTS {} (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
                    kTables[kind])
            .c_str()));
  CAUSEWAY_TRY(execute(database,
                       "CREATE TABLE IF NOT EXISTS event "
                       "(sequence INTEGER PRIMARY KEY, value BLOB NOT NULL, hash BLOB NOT NULL)"));
  if (!*found)
    CAUSEWAY_TRY(execute(database, fmt::format("INSERT INTO meta VALUES ('schema', {})", kSchema).c_str()));
  return execute(database, "COMMIT");
}

Result<> SqliteStore::statements() {
  const auto prepared = [&](Statement& into, const std::string& sql) -> Result<> {
    auto made = Statement::prepare(database_.get(), sql);
    if (!made) return std::unexpected(made.error());
    into = std::move(*made);
    return {};
  };
  for (std::size_t kind = 0; kind < kEventKind; ++kind) {
    CAUSEWAY_TRY(
        prepared(put_[kind], fmt::format("INSERT OR REPLACE INTO {} VALUES (?1, ?2)", kTables[kind])));
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
  CAUSEWAY_TRY(settings());
  CAUSEWAY_TRY(schema());
  return statements();
}

Result<> SqliteStore::read_into(std::vector<model::Record>& records, std::size_t kind, Statement& rows) {
  while (true) {
    const auto more = rows.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    auto record = wire::decode_record(kind, rows.bytes(0));
    if (!record)
      return fail(Errc::corrupt, fmt::format("state file {}: a record of {} can't be read ({})",
                                             sqlite3_db_filename(database_.get(), "main"), kTables[kind],
                                             record.error().what));
    records.push_back(std::move(*record));
  }
}

Result<std::vector<model::Record>> SqliteStore::load(std::size_t newest_events) {
  std::vector<model::Record> records;
  for (std::size_t kind = 0; kind < kTables.size(); ++kind) {
    const auto sql = kind == kEventKind
                         ? fmt::format(
                               "SELECT value FROM (SELECT * FROM event ORDER BY sequence DESC LIMIT {}) "
                               "ORDER BY sequence",
                               newest_events)
                         : fmt::format("SELECT value FROM {} ORDER BY key", kTables[kind]);
    auto rows = Statement::prepare(database_.get(), sql);
    if (!rows) return std::unexpected(rows.error());
    CAUSEWAY_TRY(read_into(records, kind, *rows));
  }
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
  return put_[key.kind].bind(1, key.key).bind(2, bytes, true).run();
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
  auto read = Statement::prepare(database_.get(), "SELECT value FROM state");
  if (!read) return std::unexpected(read.error());
  CAUSEWAY_TRY(read_into(state, 0, *read));
  return check.finish(state.empty() ? 0 : std::get<model::StateRecord>(state.front()).next_event);
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file) {
  // Made by us first, because SQLite would let everybody read it.
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return fail(Errc::unavailable, fmt::format("state file {}: {}", file.string(), std::strerror(errno)));
  ::close(descriptor);
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(opened);
  if (code != SQLITE_OK) return std::unexpected(error_of(opened, code));
  auto store = std::make_unique<SqliteStore>(std::move(database));
  CAUSEWAY_TRY(store->prepare());
  return store;
}

}  // namespace causeway::store
