// SPDX-License-Identifier: Apache-2.0
#include "scheduler/store/check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "common/wire/codec.h"
#include "scheduler/store/schema.h"
#include "scheduler/store/sqlite_store.h"

namespace causeway::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kProblemsShown = 20;

// What SQLite reads as a file name, where ?, # and % have a meaning.
std::string uri_of(const fs::path& file, bool alone) {
  std::string uri = "file:";
  for (const char c : fs::absolute(file).string()) {
    if (c == '?' || c == '#' || c == '%')
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else
      uri += c;
  }
  return uri + (alone ? "?immutable=1" : "?mode=ro");
}

Result<Database> open_to_read(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    return fail(Errc::not_found, fmt::format("there is no file {}", file.string()));
  const auto log = fs::path(file.string() + "-wal");
  const bool alone = !fs::exists(log, error) || fs::file_size(log, error) == 0;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(uri_of(file, alone).c_str(), &handle,
                                   SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return std::unexpected(error_of(handle, code));
  return database;
}

// All pages as they are seen through `source`, its log included.
Result<> copy_pages(sqlite3* source, sqlite3* into) {
  auto* backup = sqlite3_backup_init(into, "main", source, "main");
  if (backup == nullptr) return std::unexpected(error_of(into, sqlite3_errcode(into)));
  sqlite3_backup_step(backup, -1);
  if (const int finished = sqlite3_backup_finish(backup); finished != SQLITE_OK)
    return std::unexpected(error_of(source, finished));
  return {};
}

// A copy in memory or, if it is large, in a temporary file that goes with it; of our schema.
Result<std::unique_ptr<Store>> private_copy(sqlite3* source) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open("", &handle);
  Database copy(handle);
  if (code != SQLITE_OK) return std::unexpected(error_of(handle, code));
  CAUSEWAY_TRY(copy_pages(source, handle));
  return store_on(std::move(copy));
}

void check_pages(sqlite3* database, std::vector<std::string>& problems) {
  auto rows = Statement::prepare(database, fmt::format("PRAGMA integrity_check({})", kProblemsShown));
  while (rows) {
    const auto more = rows->step();
    if (!more) problems.push_back(more.error().what);
    if (!more || !*more) return;
    if (const auto line = rows->bytes(0); line != "ok") problems.emplace_back(line);
  }
  problems.push_back(rows.error().what);
}

void count(const std::vector<model::Record>& records, Checked& into) {
  for (const auto& record : records) {
    if (const auto* state = std::get_if<model::StateRecord>(&record)) {
      into.epoch = state->epoch;
      into.revision = state->revision;
    }
    into.hosts += std::holds_alternative<model::HostRecord>(record) ? 1 : 0;
    into.applications += std::holds_alternative<model::ApplicationRecord>(record) ? 1 : 0;
    into.workloads += std::holds_alternative<model::Workload>(record) ? 1 : 0;
  }
}

Result<> copy_state(const fs::path& from, const fs::path& to) {
  auto source = open_to_read(from);
  if (!source) return std::unexpected(source.error());
  const int descriptor = ::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return fail(Errc::unavailable, fmt::format("{}: can't be made: {}; nothing was restored", to.string(),
                                               std::strerror(errno)));
  ::close(descriptor);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(to.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  const Database into(handle);
  if (code != SQLITE_OK) return std::unexpected(error_of(handle, code));
  return copy_pages(source->get(), handle);
}

// A term that began after the backup must not look newer than the one that begins from it.
Result<> raise_epoch(const fs::path& file) {
  auto store = open_sqlite(file);
  if (!store) return std::unexpected(store.error());
  auto records = (*store)->load(0);
  if (!records) return std::unexpected(records.error());
  for (auto& record : *records) {
    auto* state = std::get_if<model::StateRecord>(&record);
    if (state == nullptr) continue;
    state->epoch = Epoch{state->epoch.value + kEpochsAhead};
    return (*store)->commit(std::vector<model::Change>{record});
  }
  return {};
}

}  // namespace

Result<Checked> check_file(const fs::path& file) {
  auto source = open_to_read(file);
  if (!source) return std::unexpected(source.error());
  const auto schema = schema_of(source->get());
  if (!schema) return std::unexpected(schema.error());
  if (*schema == 0)
    return fail(Errc::corrupt, fmt::format("{} holds nothing; it is no state of a scheduler", file.string()));
  CAUSEWAY_TRY(refuse_newer(source->get(), *schema));
  Checked checked;
  checked.schema = *schema;
  check_pages(source->get(), checked.problems);
  auto copy = private_copy(source->get());
  if (!copy) {
    checked.problems.push_back(copy.error().what);
    return checked;
  }
  auto records = (*copy)->load(std::numeric_limits<std::uint32_t>::max());
  if (!records) {
    checked.problems.push_back(records.error().what);
    return checked;
  }
  count(*records, checked);
  if (auto chain = (*copy)->verify_chain())
    checked.chain = std::move(*chain);
  else
    checked.problems.push_back(chain.error().what);
  for (auto& contradiction : contradictions(*records)) checked.problems.push_back(std::move(contradiction));
  if (checked.problems.size() > kProblemsShown) {
    const auto more = checked.problems.size() - kProblemsShown;
    checked.problems.resize(kProblemsShown);
    checked.problems.push_back(fmt::format("and {} more", more));
  }
  return checked;
}

Result<> restore_file(const fs::path& backup, const fs::path& file) {
  std::error_code error;
  for (const auto& standing : {file, fs::path(file.string() + "-wal")})
    if (fs::exists(fs::symlink_status(standing, error)))
      return fail(Errc::conflict,
                  fmt::format("{} is there, and a state is never overwritten: stop the scheduler "
                              "and move it away first",
                              standing.string()));
  const fs::path young = file.string() + ".restoring";
  fs::remove(young, error);
  auto done = copy_state(backup, young);
  if (done) done = raise_epoch(young);
  // A link never replaces what came there meanwhile, as a renaming would.
  if (done && ::link(young.c_str(), file.c_str()) != 0)
    done = fail(Errc::unavailable, fmt::format("{}: can't be made: {}", file.string(), std::strerror(errno)));
  for (const auto* rest : {"", "-wal", "-shm"}) fs::remove(young.string() + rest, error);
  return done;
}

}  // namespace causeway::store
