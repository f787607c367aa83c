// SPDX-License-Identifier: Apache-2.0
#include "scheduler/store/sqlite_backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "common/core/digest.h"
#include "scheduler/store/sqlite_store.h"

namespace causeway::store {
namespace {

constexpr int kPagesAStep = 512;           // 2 MiB, a few milliseconds
constexpr std::size_t kPiece = 1'048'576;  // hashed at a time

class SqliteBackup final : public Backup {
 public:
  explicit SqliteBackup(sqlite3* source) : source_(source) {}
  ~SqliteBackup() override {
    if (backup_ != nullptr) sqlite3_backup_finish(backup_);
    copy_.reset();
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!file_.empty()) ::unlink(file_.c_str());
  }
  SqliteBackup(const SqliteBackup&) = delete;
  SqliteBackup& operator=(const SqliteBackup&) = delete;

  // What a copy is made of is kept as long as the copy.
  void keep(std::unique_ptr<Store> store) { kept_ = std::move(store); }

  Result<> begin() {
    file_ = (std::filesystem::temp_directory_path() / "causeway-backup-XXXXXX").string();
    descriptor_ = ::mkostemp(file_.data(), O_CLOEXEC);
    if (descriptor_ < 0) return std::unexpected(no_room());
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(file_.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    copy_.reset(handle);
    if (code != SQLITE_OK) return std::unexpected(error_of(handle, code));
    CAUSEWAY_TRY(execute(handle, "PRAGMA journal_mode = OFF"));
    CAUSEWAY_TRY(execute(handle, "PRAGMA synchronous = OFF"));
    backup_ = sqlite3_backup_init(handle, "main", source_, "main");
    if (backup_ == nullptr) return std::unexpected(error_of(handle, sqlite3_errcode(handle)));
    return {};
  }

  Result<Progress> step() override {
    if (backup_ != nullptr) {
      const int code = sqlite3_backup_step(backup_, kPagesAStep);
      total_ = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup_));
      done_ = total_ - static_cast<std::uint64_t>(sqlite3_backup_remaining(backup_));
      if (code == SQLITE_OK) return Progress{false, done_, total_};
      if (code != SQLITE_DONE) return std::unexpected(error_of(copy_.get(), code));
      sqlite3_backup_finish(std::exchange(backup_, nullptr));
      CAUSEWAY_TRY(finish());
    }
    if (hashed_ < size_) {
      const auto piece = read(hashed_, kPiece);
      if (!piece) return std::unexpected(piece.error());
      digest_.add(*piece);
      hashed_ += piece->size();
      if (hashed_ == size_) sha256_ = digest_.hex();
    }
    return Progress{hashed_ == size_, done_, total_};
  }

  Result<std::string> read(std::uint64_t offset, std::size_t bytes_max) override {
    std::string piece(bytes_max, '\0');
    std::size_t length = 0;
    while (length < bytes_max) {
      const auto got = ::pread(descriptor_, piece.data() + length, bytes_max - length,
                               static_cast<off_t>(offset + length));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::unexpected(no_room());
      if (got == 0) break;
      length += static_cast<std::size_t>(got);
    }
    piece.resize(length);
    return piece;
  }

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::string sha256() const override { return sha256_; }

 private:
  // The copy stands alone: no log belongs to it.
  Result<> finish() {
    CAUSEWAY_TRY(execute(copy_.get(), "PRAGMA journal_mode = DELETE"));
    copy_.reset();
    struct stat seen{};
    if (::fstat(descriptor_, &seen) != 0) return std::unexpected(no_room());
    size_ = static_cast<std::uint64_t>(seen.st_size);
    ::unlink(std::exchange(file_, "").c_str());
    return {};
  }

  [[nodiscard]] Error no_room() const {
    return {Errc::unavailable,
            fmt::format("the backup can't be kept in {} meanwhile: {}; free some space there",
                        std::filesystem::temp_directory_path().string(), std::strerror(errno))};
  }

  std::unique_ptr<Store> kept_;
  sqlite3* source_;
  std::string file_;  // until the copy is whole; then the descriptor alone holds it
  int descriptor_ = -1;
  Database copy_;
  sqlite3_backup* backup_ = nullptr;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t hashed_ = 0;
  Sha256 digest_;
  std::string sha256_;
};

}  // namespace

Result<std::unique_ptr<Backup>> begin_sqlite_backup(sqlite3* source) {
  auto backup = std::make_unique<SqliteBackup>(source);
  CAUSEWAY_TRY(backup->begin());
  return backup;
}

Result<std::unique_ptr<Backup>> begin_sqlite_backup(std::span<const model::Record> records) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open(":memory:", &handle);
  Database database(handle);
  if (code != SQLITE_OK) return std::unexpected(error_of(handle, code));
  auto store = store_on(std::move(database));
  if (!store) return std::unexpected(store.error());
  const std::vector<model::Change> changes(records.begin(), records.end());
  CAUSEWAY_TRY((*store)->commit(changes));
  auto backup = std::make_unique<SqliteBackup>(handle);
  backup->keep(std::move(*store));
  CAUSEWAY_TRY(backup->begin());
  return backup;
}

}  // namespace causeway::store
