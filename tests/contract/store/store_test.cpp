// SPDX-License-Identifier: Apache-2.0
// What every store promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "scheduler/store/check.h"
#include "scheduler/store/memory_store.h"
#include "scheduler/store/sqlite_store.h"
#include "tests/contract/store/records.h"

namespace causeway::store {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::SizeIs;

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

// Whole and as a file.
void take(Backup& backup, const std::filesystem::path& file) {
  while (!backup.step().value().whole) continue;
  std::ofstream stream(file, std::ios::binary);
  for (std::uint64_t offset = 0; offset < backup.size();) {
    const auto piece = backup.read(offset, 5000).value();
    stream << piece;
    offset += piece.size();
  }
}

TEST_P(AStore, GivesABackupThatIsSoundAndHoldsWhatWasCommittedWhileItWasTaken) {
  const Folder folder;
  const auto store = bench.open().value();
  std::vector<model::Change> many{put(counted(1)), put(event(0))};
  for (int i = 0; i < 5000; ++i) {
    model::HostRecord host;
    host.id = HostId("h" + std::to_string(i));
    many.push_back(put(host));
  }
  ASSERT_TRUE(store->commit(many));
  const auto backup = store->begin_backup().value();
  ASSERT_TRUE(backup->step());
  take(*backup, folder.file());
  const auto checked = check_file(folder.file()).value();
  EXPECT_THAT(checked.problems, IsEmpty());
  EXPECT_EQ(checked.hosts, 5000U);
  EXPECT_EQ(checked.chain.events, 1U);
}

INSTANTIATE_TEST_SUITE_P(Contract, AStore,
                         testing::Values(std::pair{"Sqlite", &sqlite_bench},
                                         std::pair{"Memory", &memory_bench}),
                         [](const auto& tested) { return std::string(tested.param.first); });

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
