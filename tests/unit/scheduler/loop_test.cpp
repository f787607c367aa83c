// SPDX-License-Identifier: Apache-2.0
// What is acknowledged is durable: the loop between a connection and a disk.
#include "scheduler/daemon/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/codec.h"
#include "scheduler/store/memory_store.h"
#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// Connections without a network: what a test puts in arrives, what is sent can be looked at.
class FakeServer final : public transport::Server {
 public:
  std::vector<transport::Incoming> poll(Duration) override { return std::exchange(arriving, {}); }
  void send(const std::string& route, std::string bytes) override {
    sent.emplace_back(route, std::move(bytes));
  }
  void allow(std::set<std::string> keys) override { allowed = std::move(keys); }
  void wake() override {}

  std::vector<transport::Incoming> arriving;
  std::vector<std::pair<std::string, std::string>> sent;
  std::set<std::string> allowed;
};

class StillClock final : public Clock {
 public:
  Instant now() override { return at; }
  Instant at{std::chrono::hours(24 * 365 * 57)};
};

scheduler::Options options() {
  scheduler::Options made;
  made.operators["admin"] = kOperatorKey;
  return made;
}

struct ALoop : testing::Test {
  void SetUp() override {
    ASSERT_TRUE(loop.begin());
    loop.serve(server);
  }
  void arrives(model::Request request, const std::string& key = kOperatorKey) {
    server.arriving.push_back({key, "client", wire::encode(std::move(request))});
  }
  static model::Request apply_site(std::uint64_t id = 1) {
    return {id, "", model::ApplyRequest{{site({host("h1")})}, "", false}};
  }

  std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
  store::MemoryStore store{disk};
  StillClock clock;
  scheduler::Core core{{}, options()};
  scheduler::Loop loop{core, store, clock};
  FakeServer server;
};

TEST_F(ALoop, BeginsItsEpochBeforeAnybodyIsHeard) {
  const auto records = store::MemoryStore(disk).load(100).value();
  EXPECT_THAT(records, Contains(testing::VariantWith<model::StateRecord>(
                           testing::Field(&model::StateRecord::epoch, Epoch{1}))));
}

TEST_F(ALoop, GivesABackupPieceByPieceAndForgetsItWhenAllOfItArrived) {
  const auto ask = [&](model::BackupRequest request) {
    server.sent.clear();
    arrives({5, "", request});
    EXPECT_TRUE(loop.turn());
    return wire::decode_as<model::Response>(server.sent.at(0).second).value().body;
  };
  const auto number = std::get<model::BackupResponse>(ask({})).backup;
  EXPECT_NE(number, 0U);
  std::string bytes;
  while (true) {
    const auto next = std::get<model::BackupResponse>(ask({number, bytes.size()}));
    if (!next.whole) continue;
    if (next.piece.empty()) break;
    bytes += next.piece;
  }
  EXPECT_TRUE(bytes.starts_with("SQLite format 3"));
  EXPECT_EQ(std::get<model::ErrorResponse>(ask({number, 0})).error.code, Errc::not_found);
}

TEST_F(ALoop, GivesNoBackupToAStranger) {
  arrives({5, "", model::BackupRequest{}}, std::string(40, 's'));
  ASSERT_TRUE(loop.turn());
  const auto response = wire::decode_as<model::Response>(server.sent.at(0).second).value();
  EXPECT_EQ(std::get<model::ErrorResponse>(response.body).error.code, Errc::denied);
}

TEST_F(ALoop, AnswersWhatItCommitted) {
  arrives(apply_site());
  ASSERT_TRUE(loop.turn());
  ASSERT_THAT(server.sent, SizeIs(1));
  const auto response = wire::decode_as<model::Response>(server.sent[0].second).value();
  EXPECT_TRUE(std::get<model::PlanResponse>(response.body).applied);
  EXPECT_THAT(store::MemoryStore(disk).load(100).value(),
              Contains(testing::VariantWith<model::Site>(testing::_)));
}

TEST_F(ALoop, SaysNothingWhenTheCommitFailed) {
  store.inject(store::Fault::fails);
  arrives(apply_site());
  EXPECT_FALSE(loop.turn());
  EXPECT_THAT(server.sent, IsEmpty());
}

TEST_F(ALoop, SaysNothingWhenItIsNotKnownWhetherTheCommitIsDurable) {
  store.inject(store::Fault::durable_but_fails);
  arrives(apply_site());
  EXPECT_FALSE(loop.turn());
  EXPECT_THAT(server.sent, IsEmpty());
  // The same request to the next process finds that it is done.
  scheduler::Core next(store::MemoryStore(disk).load(100).value(), options());
  const auto again = next.step(
      std::vector<scheduler::Input>{scheduler::Message{kOperatorKey, "client", apply_site()}}, clock.at);
  const auto& plan = std::get<model::PlanResponse>(again.replies.at(0).response.body);
  EXPECT_TRUE(plan.applied);
  EXPECT_THAT(plan.lines, IsEmpty());
}

TEST_F(ALoop, CommitsWhatArrivesTogetherInOneTransaction) {
  const auto revision = core.revision();
  arrives(apply_site(1));
  arrives(
      {2, "", model::KeyAllowRequest{{"auditor", std::string(40, 'a'), model::Role::supervisor, {}, false}}});
  ASSERT_TRUE(loop.turn());
  EXPECT_THAT(server.sent, SizeIs(2));
  EXPECT_EQ(core.revision(), revision.next());
}

TEST_F(ALoop, LetsAKeyConnectOnceItIsAllowed) {
  const std::string key(40, 'a');
  arrives({1, "", model::KeyAllowRequest{{"auditor", key, model::Role::supervisor, {}, false}}});
  ASSERT_TRUE(loop.turn());
  EXPECT_THAT(server.allowed, Contains(key));
  arrives({2, "", model::KeyRevokeRequest{"auditor"}});
  ASSERT_TRUE(loop.turn());
  EXPECT_THAT(server.allowed, Not(Contains(key)));
}

TEST_F(ALoop, GoesOnAfterBytesThatAreNoMessage) {
  server.arriving.push_back({kOperatorKey, "client", "\xff\xff not a message"});
  arrives(apply_site());
  ASSERT_TRUE(loop.turn());
  EXPECT_THAT(server.sent, SizeIs(1));
}

}  // namespace
}  // namespace causeway::test
