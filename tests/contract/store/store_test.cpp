// SPDX-License-Identifier: Apache-2.0
// What every store promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include "scheduler/store/memory_store.h"
#include "scheduler/store/sqlite_store.h"

namespace causeway::store {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kAll = 1'000'000;

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "causeway-store-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path file() const { return path_ / "state.db"; }

 private:
  std::filesystem::path path_;
};

// A disk on which a store is opened, closed and opened again.
struct Bench {
  std::function<Result<std::unique_ptr<Store>>()> open;
};

Bench sqlite_bench() {
  const auto folder = std::make_shared<Folder>();
  return {[folder] { return open_sqlite(folder->file()); }};
}

Bench memory_bench() {
  const auto disk = std::make_shared<MemoryDisk>();
  return {[disk]() -> Result<std::unique_ptr<Store>> { return std::make_unique<MemoryStore>(disk); }};
}

model::Change put(model::Record record) { return record; }

model::Workload workload(const std::string& id, int vcpus = 1) {
  model::Workload made;
  made.id = WorkloadId(id);
  made.host = HostId("h1");
  made.vcpus = vcpus;
  return made;
}

model::EventRecord event(std::uint64_t sequence, const std::string& text = "something happened") {
  model::EventRecord made;
  made.sequence = sequence;
  made.actor = "admin";
  made.text = text;
  return made;
}

model::StateRecord counted(std::uint64_t next_event) {
  model::StateRecord state;
  state.next_event = next_event;
  return state;
}

class AStore : public testing::TestWithParam<std::pair<const char*, Bench (*)()>> {
 protected:
  Bench bench = GetParam().second();
};

TEST_P(AStore, IsEmptyAtFirst) {
  const auto store = bench.open().value();
  EXPECT_THAT(store->load(kAll).value(), IsEmpty());
  EXPECT_EQ(store->verify_chain().value().events, 0U);
}

TEST_P(AStore, GivesBackWhatWasCommittedAfterItWasOpenedAgain) {
  model::Site site;
  site.name = "zhoushan";
  model::HostRecord host;
  host.id = HostId("h1");
  const std::vector<model::Record> records{counted(1), site, host, workload("a/b/c"), event(0)};
  {
    const auto store = bench.open().value();
    const std::vector<model::Change> changes(records.begin(), records.end());
    ASSERT_TRUE(store->commit(changes));
  }
  EXPECT_THAT(bench.open().value()->load(kAll).value(), testing::UnorderedElementsAreArray(records));
}

TEST_P(AStore, KeepsTheNewestOfARecord) {
  const auto store = bench.open().value();
  ASSERT_TRUE(store->commit(std::vector{put(workload("a/b/c", 1))}));
  ASSERT_TRUE(store->commit(std::vector{put(workload("a/b/c", 4))}));
  EXPECT_THAT(store->load(kAll).value(), testing::ElementsAre(model::Record(workload("a/b/c", 4))));
}

TEST_P(AStore, ForgetsWhatIsErasedAndTakesTheErasingOfNothing) {
  const auto store = bench.open().value();
  ASSERT_TRUE(store->commit(std::vector{put(workload("a/b/c"))}));
  const model::Change erase = model::key_of(model::Record(workload("a/b/c")));
  ASSERT_TRUE(store->commit(std::vector{erase}));
  ASSERT_TRUE(store->commit(std::vector{erase}));
  EXPECT_THAT(store->load(kAll).value(), IsEmpty());
}

TEST_P(AStore, GivesTheNewestEventsInTheirOrder) {
  const auto store = bench.open().value();
  ASSERT_TRUE(store->commit(std::vector{put(event(0)), put(event(1)), put(event(2))}));
  EXPECT_THAT(store->load(2).value(), testing::ElementsAre(model::Record(event(1)), model::Record(event(2))));
}

TEST_P(AStore, RefusesAnEventThatDoesNotFollowTheLastAndKeepsNothingOfItsTransaction) {
  const auto store = bench.open().value();
  ASSERT_TRUE(store->commit(std::vector{put(event(0))}));
  EXPECT_FALSE(store->commit(std::vector{put(workload("a/b/c")), put(event(2))}));
  EXPECT_THAT(store->load(kAll).value(), SizeIs(1));
  EXPECT_TRUE(store->commit(std::vector{put(event(1))}));
}

TEST_P(AStore, NeverErasesAnEvent) {
  const auto store = bench.open().value();
  ASSERT_TRUE(store->commit(std::vector{put(event(0))}));
  EXPECT_FALSE(store->commit(std::vector{model::Change(model::key_of(model::Record(event(0))))}));
  EXPECT_THAT(store->load(kAll).value(), SizeIs(1));
}

TEST_P(AStore, ChainsItsEventsAcrossOpenings) {
  std::string head;
  {
    const auto store = bench.open().value();
    ASSERT_TRUE(store->commit(std::vector{put(counted(1)), put(event(0))}));
    head = store->verify_chain().value().head;
  }
  const auto store = bench.open().value();
  EXPECT_EQ(store->verify_chain().value().head, head);
  ASSERT_TRUE(store->commit(std::vector{put(counted(3)), put(event(1)), put(event(2))}));
  const auto chain = store->verify_chain().value();
  EXPECT_EQ(chain.events, 3U);
  EXPECT_NE(chain.head, head);
}

TEST_P(AStore, SeesThatTheEndOfTheLogIsMissing) {
  const auto store = bench.open().value();
  ASSERT_TRUE(store->commit(std::vector{put(counted(2)), put(event(0))}));
  EXPECT_EQ(store->verify_chain().error().code, Errc::corrupt);
}

INSTANTIATE_TEST_SUITE_P(Contract, AStore,
                         testing::Values(std::pair{"Sqlite", &sqlite_bench},
                                         std::pair{"Memory", &memory_bench}),
                         [](const auto& tested) { return std::string(tested.param.first); });

// --- what only a file can suffer ---

void run_sql(const std::filesystem::path& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, &error), SQLITE_OK) << error;
  sqlite3_close(database);
}

// With three events and a few workloads, closed.
void fill(const std::filesystem::path& file) {
  const auto store = open_sqlite(file).value();
  std::vector<model::Change> changes{put(counted(3)), put(event(0)), put(event(1)), put(event(2))};
  for (int i = 0; i < 200; ++i) changes.push_back(put(workload("a/b/c-" + std::to_string(i))));
  ASSERT_TRUE(store->commit(changes));
}

TEST(ASqliteStore, CanBeReadByItsOwnerOnly) {
  const Folder folder;
  fill(folder.file());
  EXPECT_EQ(std::filesystem::status(folder.file()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(ASqliteStore, IsOpenedByOneProcessAtATime) {
  const Folder folder;
  const auto first = open_sqlite(folder.file()).value();
  const auto second = open_sqlite(folder.file());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::busy);
  EXPECT_THAT(second.error().what, HasSubstr("second scheduler"));
}

TEST(ASqliteStore, RefusesANewerSchemaAndLeavesItAlone) {
  const Folder folder;
  fill(folder.file());
  run_sql(folder.file(), "UPDATE meta SET value = 99");
  const auto opened = open_sqlite(folder.file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::invalid);
  EXPECT_THAT(opened.error().what, HasSubstr("schema 99"));
}

TEST(ASqliteStore, RefusesAFileThatIsNoDatabaseAndLeavesItAlone) {
  const Folder folder;
  const std::string text(8192, 'x');
  std::ofstream(folder.file()) << text;
  EXPECT_EQ(open_sqlite(folder.file()).error().code, Errc::corrupt);
  std::ifstream again(folder.file());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(again), {}), text);
}

TEST(ASqliteStore, RefusesATruncatedFile) {
  const Folder folder;
  fill(folder.file());
  std::filesystem::resize_file(folder.file(), std::filesystem::file_size(folder.file()) / 2);
  const auto opened = open_sqlite(folder.file());
  const auto code = opened ? opened.value()->load(kAll).error().code : opened.error().code;
  EXPECT_EQ(code, Errc::corrupt);
}

TEST(ASqliteStore, RefusesARecordThatCanNotBeDecoded) {
  const Folder folder;
  fill(folder.file());
  run_sql(folder.file(), "UPDATE workload SET value = x'ffffffff' WHERE key = 'a/b/c-7'");
  const auto loaded = open_sqlite(folder.file()).value()->load(kAll);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::corrupt);
}

TEST(ASqliteStore, ShowsThatAnEventWasChanged) {
  const Folder folder;
  fill(folder.file());
  run_sql(folder.file(),
          "UPDATE event SET value = (SELECT value FROM event WHERE sequence = 0) WHERE sequence = 1");
  const auto chain = open_sqlite(folder.file()).value()->verify_chain();
  ASSERT_FALSE(chain);
  EXPECT_THAT(chain.error().what, HasSubstr("event 1"));
}

TEST(ASqliteStore, ShowsThatAnEventWasRemoved) {
  const Folder folder;
  fill(folder.file());
  run_sql(folder.file(), "DELETE FROM event WHERE sequence = 1");
  EXPECT_THAT(open_sqlite(folder.file()).value()->verify_chain().error().what,
              HasSubstr("event 1 is missing"));
}

TEST(ASqliteStore, SaysThatAFolderIsMissing) {
  const auto opened = open_sqlite("/nonexistent/causeway/state.db");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::unavailable);
  EXPECT_THAT(opened.error().what, HasSubstr("/nonexistent/causeway/state.db"));
}

// A limit on the size of files stands for a disk that is full.
TEST(ASqliteStore, OnAFullDiskKeepsWhatWasCommittedBefore) {
  const Folder folder;
  fill(folder.file());
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  {
    const auto store = open_sqlite(folder.file()).value();
    std::vector<model::Change> many;
    for (int i = 0; i < 20'000; ++i) many.push_back(put(workload("x/y/z-" + std::to_string(i))));
    const rlimit small{256 * 1024, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const auto committed = store->commit(many);
    setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, Errc::unavailable);
  }
  std::signal(SIGXFSZ, ignored);
  EXPECT_THAT(open_sqlite(folder.file()).value()->load(kAll).value(), SizeIs(204));
}

// --- what only a simulation wants ---

TEST(AMemoryStore, FailsACommitWhenToldTo) {
  const auto disk = std::make_shared<MemoryDisk>();
  MemoryStore store(disk);
  store.inject(Fault::fails);
  EXPECT_FALSE(store.commit(std::vector{put(workload("a/b/c"))}));
  EXPECT_THAT(store.load(kAll).value(), IsEmpty());
  EXPECT_TRUE(store.commit(std::vector{put(workload("a/b/c"))}));
}

TEST(AMemoryStore, KeepsACommitThatItReportsAsFailedWhenToldTo) {
  const auto disk = std::make_shared<MemoryDisk>();
  MemoryStore store(disk);
  store.inject(Fault::durable_but_fails);
  EXPECT_FALSE(store.commit(std::vector{put(workload("a/b/c"))}));
  EXPECT_THAT(MemoryStore(disk).load(kAll).value(), Contains(model::Record(workload("a/b/c"))));
}

}  // namespace
}  // namespace causeway::store
