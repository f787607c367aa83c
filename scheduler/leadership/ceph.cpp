// SPDX-License-Identifier: Apache-2.0
#include "scheduler/leadership/ceph.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "scheduler/leadership/ceph_site.h"
#include "scheduler/store/sqlite_store.h"

namespace causeway::leadership {
namespace {

constexpr const char* kState = "state.db";
constexpr const char* kFirstObject = "state.db.0000000000000000";
constexpr const char* kStriperLock = "striper.lock";
constexpr const char* kLeader = "state.db.leader";
constexpr const char* kLeaderLock = "leader";

// Counts on while the machine sleeps, so that a leader that slept does not think that no time has passed.
Duration since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + Duration{now.tv_nsec / 1'000'000};
}

// Registers the VFS `ceph` for this process, which is to connect with the same settings as `site`.
Result<> load_vfs(CephSite& site) {
  constexpr const char* kLibrary = "libcephsqlite.so";
  sqlite3* handle = nullptr;
  sqlite3_open(":memory:", &handle);
  const store::Database database(handle);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
  char* why = nullptr;
  if (sqlite3_load_extension(handle, kLibrary, "sqlite3_cephsqlite_init", &why) != SQLITE_OK) {
    auto error = fail(Errc::unavailable, fmt::format("{} can't be loaded ({}); install the package "
                                                     "libsqlite3-mod-ceph",
                                                     kLibrary, why == nullptr ? "" : why));
    sqlite3_free(why);
    return error;
  }
  // The extension keeps its library open. Its header is not in Debian's packages.
  using SetContext = int (*)(librados::config_t, char**);
  void* library = ::dlopen(kLibrary, RTLD_NOW | RTLD_NOLOAD);
  auto* set =
      library == nullptr ? nullptr : reinterpret_cast<SetContext>(::dlsym(library, "cephsqlite_setcct"));
  const int code = set == nullptr ? -ENOSYS : set(site.context(), nullptr);
  if (library != nullptr) ::dlclose(library);
  if (code < 0)
    return fail(Errc::unavailable, fmt::format("{} doesn't connect to Ceph ({})", kLibrary, code));
  return {};
}

// Signs of life from a thread of their own, as long as the loop that it speaks for goes on.
class Heart {
 public:
  Heart(CephSite& site, std::string name) : site_(site), name_(std::move(name)) {
    work();
    arrived_ = since_boot();
    thread_ = std::thread([this] { run(); });
  }
  ~Heart() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wakeup_.notify_all();
    thread_.join();
  }
  Heart(const Heart&) = delete;
  Heart& operator=(const Heart&) = delete;

  // The loop goes on. Before the first time it has kLoadWithin for reading the state.
  void work() { worked_ = since_boot() + (std::exchange(loading_, false) ? kLoadWithin : Duration{}); }
  [[nodiscard]] Duration silent() const { return since_boot() - arrived_.load(); }

 private:
  static constexpr Duration kLoadWithin{std::chrono::seconds(60)};

  void run() {
    std::unique_lock lock(mutex_);
    for (std::uint64_t beat = 1; !ending_; ++beat) {
      lock.unlock();
      const auto begun = since_boot();
      const bool works = begun - worked_.load() < kAlone;
      // What arrived is as old as the moment at which it was sent.
      if (works && site_.write(kLeader, fmt::format("{} {}", beat, name_))) arrived_ = begun;
      lock.lock();
      wakeup_.wait_for(lock, kBeat, [this] { return ending_; });
    }
  }

  CephSite& site_;
  std::string name_;
  bool loading_ = true;
  std::atomic<Duration> worked_{};
  std::atomic<Duration> arrived_{};
  std::mutex mutex_;
  std::condition_variable wakeup_;
  bool ending_ = false;
  std::thread thread_;
};

// SQLite's VFS of Ceph (16.2) waits for its writes without looking at how they ended: a fenced client's
// commits succeed for seconds, and nothing of them is there. So each commit is followed by a proof that it
// was not fenced when the commit ended.
class ProvenStore final : public store::Store {
 public:
  ProvenStore(std::unique_ptr<store::Store> inner, CephSite& site) : inner_(std::move(inner)), site_(site) {}

  Result<std::vector<model::Record>> load(std::size_t newest_events) override {
    return inner_->load(newest_events);
  }
  Result<> commit(std::span<const model::Change> changes) override {
    if (changes.empty()) return {};
    CAUSEWAY_TRY(inner_->commit(changes));
    return site_.prove_not_fenced(kLeader);
  }
  Result<store::Chain> verify_chain() override { return inner_->verify_chain(); }
  Result<std::unique_ptr<store::Backup>> begin_backup() override { return inner_->begin_backup(); }

 private:
  std::unique_ptr<store::Store> inner_;
  CephSite& site_;
};

class CephLeadership final : public Leadership {
 public:
  CephLeadership(std::unique_ptr<CephSite> site, const CephPlace& place, std::string name)
      : site_(std::move(site)), place_(place), name_(std::move(name)) {}
  ~CephLeadership() override { leave(); }
  CephLeadership(const CephLeadership&) = delete;
  CephLeadership& operator=(const CephLeadership&) = delete;

  Result<Sign> look() override {
    const auto holders = site_->lockers(kLeader, kLeaderLock);
    if (!holders) return std::unexpected(holders.error());
    if (holders->empty()) return Sign{};
    const auto content = site_->read(kLeader);
    if (!content) return std::unexpected(content.error());
    Sign sign{holder_of(holders->front()), 0};
    std::from_chars(content->data(), content->data() + content->size(), sign.beat);
    return sign;
  }

  Result<> depose(const Sign& seen) override {
    const auto holders = site_->lockers(kLeader, kLeaderLock);
    if (!holders) return std::unexpected(holders.error());
    for (const auto& holder : *holders)
      if (holder_of(holder) != seen.holder)
        return fail(Errc::conflict, fmt::format("{} leads by now", holder_of(holder)));
    // In this order: a client that can prove that it is not fenced then knows that its database's isn't.
    for (const auto& holder : *holders) CAUSEWAY_TRY(site_->fence(holder.address));
    CAUSEWAY_TRY(expel(kFirstObject, kStriperLock));
    for (const auto& holder : *holders) CAUSEWAY_TRY(site_->break_lock(kLeader, kLeaderLock, holder));
    return {};
  }

  Result<std::unique_ptr<store::Store>> lead() override {
    CAUSEWAY_TRY(site_->lock(kLeader, kLeaderLock, name_));
    auto opened = open();
    if (!opened) static_cast<void>(site_->unlock(kLeader, kLeaderLock, name_));
    return opened;
  }

  Result<> stay() override {
    if (!heart_) return fail(Errc::unavailable, "this scheduler does not lead");
    const auto silent = heart_->silent();
    if (silent > kAlone)
      return fail(Errc::unavailable,
                  fmt::format("no sign of life has reached Ceph for {}; another scheduler may "
                              "lead by now",
                              to_string(silent)));
    heart_->work();
    return {};
  }

  void leave() override {
    if (!heart_) return;
    heart_.reset();
    // Fenced or not: if it can't be given back, it is broken by whoever leads next.
    static_cast<void>(site_->unlock(kLeader, kLeaderLock, name_));
  }

 private:
  static std::string holder_of(const Locker& locker) {
    return fmt::format("{}, {}", locker.cookie, locker.client);
  }

  // Fences whoever holds the lock, then breaks it.
  Result<> expel(const std::string& object, const std::string& lock) {
    const auto holders = site_->lockers(object, lock);
    if (!holders) return std::unexpected(holders.error());
    for (const auto& holder : *holders) {
      CAUSEWAY_TRY(site_->fence(holder.address));
      CAUSEWAY_TRY(site_->break_lock(object, lock, holder));
    }
    return {};
  }

  Result<std::unique_ptr<store::Store>> open() {
    heart_ = std::make_unique<Heart>(*site_, name_);
    auto store = open_database();
    if (!store) heart_.reset();
    return store;
  }

  Result<std::unique_ptr<store::Store>> open_database() {
    // Who holds the database's lock without leading is a leader that died between the two.
    CAUSEWAY_TRY(expel(kFirstObject, kStriperLock));
    if (!vfs_loaded_) CAUSEWAY_TRY(load_vfs(*site_));
    vfs_loaded_ = true;
    const auto uri = fmt::format("file:///{}:{}/{}?vfs=ceph", place_.pool, place_.ns, kState);
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(
        uri.c_str(), &handle,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    store::Database database(handle);
    if (code != SQLITE_OK) return std::unexpected(store::error_of(handle, code));
    for (const auto* setting : {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA trusted_schema = OFF",
                                "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"})
      CAUSEWAY_TRY(store::execute(handle, setting));
    auto store = store::store_on(std::move(database));
    if (!store) return store;
    return std::make_unique<ProvenStore>(std::move(*store), *site_);
  }

  std::unique_ptr<CephSite> site_;
  CephPlace place_;
  std::string name_;
  bool vfs_loaded_ = false;
  std::unique_ptr<Heart> heart_;
};

}  // namespace

Result<std::unique_ptr<Leadership>> ceph_leadership(const CephPlace& place, const std::string& name) {
  auto site = CephSite::connect(place);
  if (!site) return std::unexpected(site.error());
  return std::make_unique<CephLeadership>(std::move(*site), place, name);
}

}  // namespace causeway::leadership
