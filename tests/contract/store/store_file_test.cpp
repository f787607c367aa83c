// SPDX-License-Identifier: Apache-2.0
// What only a file can suffer: a full disk, a disk that changes bits, other hands. The file is left as it was
// found, and the error says what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "scheduler/store/check.h"
#include "scheduler/store/schema.h"
#include "scheduler/store/sqlite_store.h"
#include "tests/contract/store/records.h"

namespace causeway::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

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
  ASSERT_TRUE(store->load(kAll));
  std::vector<model::Change> changes{put(counted(3)), put(event(0)), put(event(1)), put(event(2))};
  for (int i = 0; i < 200; ++i) changes.push_back(put(workload("a/b/c-" + std::to_string(i))));
  ASSERT_TRUE(store->commit(changes));
}

std::string bytes_in(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_at(const std::filesystem::path& file, std::size_t offset, const std::string& bytes) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(static_cast<std::streamoff>(offset));
  stream << bytes;
}

// Opens and reads, and gives the error that came of it.
Error refusal_of(const std::filesystem::path& file) {
  const auto opened = open_sqlite(file);
  if (!opened) return opened.error();
  const auto loaded = opened.value()->load(kAll);
  return loaded ? Error{Errc::invalid, "it was read"} : loaded.error();
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
  const auto before = bytes_in(folder.file());
  const auto opened = open_sqlite(folder.file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::invalid);
  EXPECT_THAT(opened.error().what, HasSubstr("schema 99"));
  EXPECT_EQ(bytes_in(folder.file()), before);
}

// As the first version wrote it: no sums, no tables of answers and of grants.
TEST(ASqliteStore, MigratesTheFirstSchemaForwardWithAllItsRecords) {
  const Folder folder;
  fill(folder.file());
  run_sql(folder.file(), "PRAGMA journal_mode = DELETE");
  for (const auto* table : kTables)
    if (const std::string name = table; name != "event" && name != "answer" && name != "access_grant")
      run_sql(folder.file(), ("ALTER TABLE " + name + " DROP COLUMN sum").c_str());
  run_sql(folder.file(),
          "DROP TABLE answer; DROP TABLE access_grant; UPDATE meta SET value = 1 WHERE key = 'schema'");
  EXPECT_EQ(check_file(folder.file()).value().schema, 1);
  EXPECT_THAT(open_sqlite(folder.file()).value()->load(kAll).value(), SizeIs(204));
  EXPECT_EQ(check_file(folder.file()).value().schema, kSchema);
}

// As it was before there were grants.
TEST(ASqliteStore, MigratesTheSecondSchemaForwardAndThenKeepsGrants) {
  const Folder folder;
  fill(folder.file());
  run_sql(folder.file(), "DROP TABLE access_grant; UPDATE meta SET value = 2 WHERE key = 'schema'");
  EXPECT_EQ(check_file(folder.file()).value().schema, 2);
  const auto grant = a_grant("d/asker", "d/owner/query");
  {
    auto store = open_sqlite(folder.file()).value();
    EXPECT_THAT(store->load(kAll).value(), SizeIs(204));
    ASSERT_TRUE(store->commit(std::vector<model::Change>{put(grant)}));
  }
  EXPECT_EQ(check_file(folder.file()).value().schema, kSchema);
  EXPECT_THAT(open_sqlite(folder.file()).value()->load(kAll).value(),
              testing::Contains(model::Record(grant)));
}

TEST(ASqliteStore, NoticesABitThatTheDiskTurnedInAValue) {
  const Folder folder;
  fill(folder.file());
  const auto before = bytes_in(folder.file());
  // The host's name in the value of the last workload of a page.
  const auto host = before.find("h1", before.find("a/b/c-7"));
  ASSERT_NE(host, std::string::npos);
  write_at(folder.file(), host, "h3");
  const auto damaged = bytes_in(folder.file());
  const auto refusal = refusal_of(folder.file());
  EXPECT_EQ(refusal.code, Errc::corrupt);
  EXPECT_THAT(refusal.what, HasSubstr("is not what was written"));
  EXPECT_THAT(refusal.what, HasSubstr("causeway state restore"));
  EXPECT_EQ(bytes_in(folder.file()), damaged);
}

TEST(ASqliteStore, RefusesAPageOfGarbageAndLeavesItAlone) {
  const Folder folder;
  fill(folder.file());
  const auto before = bytes_in(folder.file());
  write_at(folder.file(), before.find("a/b/c-150") / 4096 * 4096, std::string(4096, '\x5a'));
  const auto damaged = bytes_in(folder.file());
  EXPECT_EQ(refusal_of(folder.file()).code, Errc::corrupt);
  EXPECT_EQ(bytes_in(folder.file()), damaged);
}

TEST(ASqliteStore, TakesAnEmptyFileForALossAndNotForANewCloud) {
  const Folder folder;
  std::ofstream(folder.file()).close();
  const auto refusal = refusal_of(folder.file());
  EXPECT_EQ(refusal.code, Errc::corrupt);
  EXPECT_THAT(refusal.what, HasSubstr("for a new cloud remove it"));
  EXPECT_EQ(bytes_in(folder.file()), "");
}

TEST(ASqliteStore, TakesALogWithoutItsFileForALoss) {
  const Folder folder;
  std::ofstream(folder.file().string() + "-wal") << "frames";
  EXPECT_EQ(refusal_of(folder.file()).code, Errc::corrupt);
  EXPECT_FALSE(std::filesystem::exists(folder.file()));
}

TEST(ASqliteStore, LeavesTheDatabaseOfAnotherProgramAlone) {
  const Folder folder;
  run_sql(folder.file(), "CREATE TABLE bookmarks (url TEXT)");
  const auto before = bytes_in(folder.file());
  EXPECT_THAT(refusal_of(folder.file()).what, HasSubstr("not the state of a scheduler"));
  EXPECT_EQ(bytes_in(folder.file()), before);
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
  // With the right sum, as a newer or a broken program could have left it.
  const auto sum = std::to_string(sum_of("workload", "a/b/c-7", "\xff\xff\xff\xff"));
  run_sql(folder.file(), ("UPDATE workload SET sum = " + sum + " WHERE key = 'a/b/c-7'").c_str());
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
    EXPECT_THAT(committed.error().what, HasSubstr("start the scheduler again"));
  }
  std::signal(SIGXFSZ, ignored);
  EXPECT_THAT(open_sqlite(folder.file()).value()->load(kAll).value(), SizeIs(204));
}

// --- backups as files ---

// A cloud of one workload with all that it needs.
std::vector<model::Change> small_cloud() {
  model::Site site;
  site.name = "test";
  site.zones[ZoneId("extranet")];
  site.hosts[HostId("h1")].zones = {ZoneId("extranet")};
  model::HostRecord host;
  host.id = HostId("h1");
  host.key = std::string(40, 'k');
  model::WaveRecord wave;
  wave.id = WaveId("w");
  model::ApplicationRecord application;
  application.id = ApplicationId("a/b");
  application.wave = wave.id;
  auto one = workload("a/b/c");
  one.zone = ZoneId("extranet");
  auto state = counted(1);
  state.epoch = Epoch{7};
  return {put(state), put(site), put(host), put(wave), put(application), put(one), put(event(0))};
}

TEST(AStateFile, IsSoundIfNothingIsWrongWithIt) {
  const Folder folder;
  ASSERT_TRUE(open_sqlite(folder.file()).value()->commit(small_cloud()));
  const auto checked = check_file(folder.file()).value();
  EXPECT_THAT(checked.problems, IsEmpty());
  EXPECT_EQ(checked.epoch, Epoch{7});
  EXPECT_EQ(checked.workloads, 1U);
}

TEST(AStateFile, IsCheckedWithTheLogThatAKilledSchedulerLeft) {
  const Folder folder;
  const Folder copy;
  const auto store = open_sqlite(folder.file()).value();
  ASSERT_TRUE(store->commit(small_cloud()));
  // What a machine without power holds.
  for (const auto* suffix : {"", "-wal"})
    std::filesystem::copy_file(folder.file().string() + suffix, copy.file().string() + suffix);
  EXPECT_EQ(check_file(copy.file()).value().workloads, 1U);
}

TEST(AStateFile, OfARunningSchedulerIsNotReadBehindItsBack) {
  const Folder folder;
  const auto store = open_sqlite(folder.file()).value();
  ASSERT_TRUE(store->commit(small_cloud()));
  EXPECT_EQ(check_file(folder.file()).error().code, Errc::busy);
}

TEST(AStateFile, ThatIsDamagedShowsEachDamage) {
  const Folder folder;
  ASSERT_TRUE(open_sqlite(folder.file()).value()->commit(small_cloud()));
  run_sql(folder.file(), "DELETE FROM event; DELETE FROM host; DELETE FROM wave");
  EXPECT_THAT(check_file(folder.file()).value().problems,
              ElementsAre(HasSubstr("audit log"), HasSubstr("the wave w, which does not exist"),
                          HasSubstr("the host h1, which does not exist")));
}

TEST(AStateFile, ShowsTwoHoldersOfOneAddress) {
  auto first = workload("a/b/c-1");
  first.ports.push_back({"eth0", NetworkId("n"), {}, {*model::IpAddress::parse("10.0.0.1")}});
  auto second = first;
  second.id = WorkloadId("a/b/c-2");
  EXPECT_THAT(contradictions({first, second}),
              testing::Contains(HasSubstr("both have the address 10.0.0.1 on network n")));
}

TEST(AStateFile, TellsKeysApartThatBeginAlike) {
  model::KeyRecord first{"team", std::string(39, 'k') + "1", model::Role::migration, DepartmentId(), false};
  auto second = first;
  second.name = "watcher";
  second.key.back() = '2';
  EXPECT_THAT(contradictions({first, second}), IsEmpty());
  second.key = first.key;
  EXPECT_THAT(contradictions({first, second}),
              ElementsAre(HasSubstr("key 'team' and key 'watcher' both have")));
}

TEST(ARestoredState, BeginsBeyondAllEpochsThatMayHaveBegunSince) {
  const Folder folder;
  const Folder elsewhere;
  ASSERT_TRUE(open_sqlite(folder.file()).value()->commit(small_cloud()));
  ASSERT_TRUE(restore_file(folder.file(), elsewhere.file()));
  const auto checked = check_file(elsewhere.file()).value();
  EXPECT_THAT(checked.problems, IsEmpty());
  EXPECT_EQ(checked.epoch, Epoch{7 + kEpochsAhead});
  EXPECT_EQ(checked.workloads, 1U);
}

TEST(ARestoredState, OverwritesNothing) {
  const Folder folder;
  ASSERT_TRUE(open_sqlite(folder.file()).value()->commit(small_cloud()));
  const auto before = bytes_in(folder.file());
  EXPECT_EQ(restore_file(folder.file(), folder.file()).error().code, Errc::conflict);
  EXPECT_EQ(bytes_in(folder.file()), before);
}

}  // namespace
}  // namespace causeway::store
