// SPDX-License-Identifier: Apache-2.0
// What every fence::Fence promises, on the storage that hosts write to: run against the simulated one and
// against Ceph. On Ceph the hosts have an address of their own, so that fencing them does not fence the test.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>

#include "agent/storage/ceph.h"
#include "agent/storage/ceph_client.h"
#include "agent/storage/simulated.h"
#include "scheduler/fence/carry_out.h"
#include "scheduler/fence/ceph.h"
#include "tests/contract/ceph_cluster.h"
#include "tests/support/simulated_fence.h"

namespace causeway::agent {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const HostId kHost("h1");
const ZoneId kZone("extranet");

class Bench {
 public:
  virtual ~Bench() = default;
  virtual std::string why_not() { return ""; }
  virtual std::unique_ptr<Storage> agent() = 0;
  virtual fence::Fence& fence() = 0;
  virtual std::string pool() = 0;
};

class SimulatedBench final : public Bench {
 public:
  std::unique_ptr<Storage> agent() override {
    return std::make_unique<SimulatedStorage>(cluster_, kHost, std::set<ZoneId>{kZone});
  }
  fence::Fence& fence() override { return fence_; }
  std::string pool() override { return "extranet"; }

 private:
  std::shared_ptr<SimulatedCluster> cluster_ = std::make_shared<SimulatedCluster>();
  test::SimulatedFence fence_{cluster_, HostId("s1")};
};

class CephBench final : public Bench {
 public:
  std::string why_not() override {
    if (auto why = CephCluster::why_not(); !why.empty()) return why;
    auto& cluster = CephCluster::shared();
    static int benches = 0;
    pool_ = fmt::format("fence{}", ++benches);
    address_ = fmt::format("10.99.77.{}", 10 + benches);
    if (std::system(fmt::format("ip addr add {}/24 dev lo", address_).c_str()) != 0)
      return "no second address";
    come_from(CephCluster::address());
    cluster.create_pool(pool_);
    user_ = "h1-" + pool_;
    keyring_ = cluster.create_host_user(user_, pool_, address_);
    const auto fencer = fmt::format("{}/{}-fencer.keyring", cluster.folder(), pool_);
    std::ofstream(fencer) << cluster.run(
        fmt::format("ceph auth get-or-create client.fencer-{0} osd 'allow rwx pool={0}' mon 'allow r, allow "
                    "command \"osd blocklist\", allow command \"osd blocklist ls\"'",
                    pool_));
    fence_ = fence::make_ceph_fence({{cluster.conf(), "fencer-" + pool_, fencer}});
    // The fence has its connections before the host's address is where new ones come from.
    if (const auto looked = fence_->look({{kHost, {pool_}}}); !looked) return looked.error().what;
    come_from(address_);
    return "";
  }
  std::unique_ptr<Storage> agent() override {
    return std::make_unique<CephStorage>(
        CephOptions{.host = kHost,
                    .conf = CephCluster::shared().conf(),
                    .images_dir = CephCluster::shared().folder(),
                    .zones = {{kZone, {.pool = pool_, .ceph_user = user_, .keyring = keyring_}}},
                    .answer_within = std::chrono::seconds(3)});
  }
  fence::Fence& fence() override { return *fence_; }
  std::string pool() override { return pool_; }

 private:
  // Where connections that are made from now on come from: cluster and test are on one machine here.
  static void come_from(const std::string& address) {
    EXPECT_EQ(std::system(fmt::format("ip route replace table local local {} dev lo src {}",
                                      CephCluster::address(), address)
                              .c_str()),
              0);
  }

  std::string pool_;
  std::string address_;
  std::string user_;
  std::string keyring_;
  std::unique_ptr<fence::Fence> fence_;
};

struct FenceContract : testing::TestWithParam<bool> {
  void SetUp() override {
    bench = GetParam() ? std::unique_ptr<Bench>(std::make_unique<CephBench>())
                       : std::make_unique<SimulatedBench>();
    if (const auto why = bench->why_not(); !why.empty()) GTEST_SKIP() << why;
  }
  fence::Look look() {
    auto found = bench->fence().look({{kHost, {bench->pool()}}});
    EXPECT_TRUE(found) << (found ? "" : found.error().what);
    return found ? *found : fence::Look{};
  }
  std::set<std::string> addresses() {
    const auto found = look();
    return found.signs.empty() ? std::set<std::string>{} : found.signs.front().addresses;
  }

  std::unique_ptr<Bench> bench;
};

TEST_P(FenceContract, ALookFindsTheNewestSignAndWhereItCameFrom) {
  EXPECT_THAT(look().signs, IsEmpty()) << "nobody has left one";
  const auto agent = bench->agent();
  ASSERT_TRUE(agent->leave_sign(kZone, 7));
  const auto first = look();
  ASSERT_THAT(first.signs, SizeIs(1));
  EXPECT_EQ(first.signs[0].count, 7u);
  EXPECT_THAT(first.signs[0].addresses, SizeIs(1));
  ASSERT_TRUE(agent->leave_sign(kZone, 9));
  EXPECT_EQ(look().signs.at(0).count, 9u);
  EXPECT_THAT(look().fenced, IsEmpty());
}

TEST_P(FenceContract, BehindAFenceNothingIsWrittenByClientsOldOrNew) {
  const auto agent = bench->agent();
  const auto left = agent->leave_sign(kZone, 1);
  ASSERT_TRUE(left) << left.error().what;
  const auto host = addresses();
  const auto raised = bench->fence().raise(host);
  ASSERT_TRUE(raised) << raised.error().what;
  EXPECT_TRUE(bench->fence().stands(host).value());
  EXPECT_EQ(look().fenced, host);
  EXPECT_FALSE(agent->leave_sign(kZone, 2));
  EXPECT_FALSE(bench->agent()->leave_sign(kZone, 3));
  EXPECT_EQ(look().signs.at(0).count, 1u);
}

TEST_P(FenceContract, RaisingAndLiftingTwiceIsTheSameAsOnce) {
  const auto agent = bench->agent();
  const auto left = agent->leave_sign(kZone, 1);
  ASSERT_TRUE(left) << left.error().what;
  const auto host = addresses();
  EXPECT_TRUE(bench->fence().lift(host));
  EXPECT_FALSE(bench->fence().stands(host).value());
  EXPECT_TRUE(bench->fence().raise(host));
  EXPECT_TRUE(bench->fence().raise(host));
  EXPECT_TRUE(bench->fence().lift(host));
  EXPECT_TRUE(bench->fence().lift(host));
  EXPECT_FALSE(bench->fence().stands(host).value());
  EXPECT_TRUE(bench->agent()->leave_sign(kZone, 5)) << "a client that connects anew is let in";
}

TEST_P(FenceContract, NoAddressIsNoFence) {
  const auto raised = bench->fence().raise({});
  ASSERT_FALSE(raised);
  EXPECT_EQ(raised.error().code, Errc::invalid);
}

TEST_P(FenceContract, AVolumeOfAFencedHostIsFreeForAnother) {
  const auto agent = bench->agent();
  const auto left = agent->leave_sign(kZone, 1);
  ASSERT_TRUE(left) << left.error().what;
  const VolumeId volume("a/b/c/root");
  ASSERT_TRUE(
      agent->ensure_volume({kZone, volume, 1_GiB, EmptySource{}}, [](const Progress&) { return true; }));
  const auto raised = fence::raise_and_prove(bench->fence(), addresses(),
                                             {{bench->pool(), "a.b.c.root"}, {bench->pool(), "a.b.c.gone"}});
  EXPECT_TRUE(raised) << raised.error().what;
}

INSTANTIATE_TEST_SUITE_P(All, FenceContract, testing::Bool(),
                         [](const auto& each) { return each.param ? "Ceph" : "Simulated"; });

TEST(FenceListing, HasTheRangesOfOneAddress) {
  const auto found = fence::fenced_addresses(
      "10.99.0.12:0/3891 2026-11-22T22:00:00.000000+0000\n"
      "cidr:10.99.0.11:0/32 2036-11-20T00:00:00.000000+0000\n"
      "cidr:10.98.0.0:0/24 2036-11-20T00:00:00.000000+0000\n");
  EXPECT_EQ(found, std::set<std::string>{"10.99.0.11"});
}

}  // namespace
}  // namespace causeway::agent
