// SPDX-License-Identifier: Apache-2.0
// An Open vSwitch that an agent can't use: it says why, and nothing is made or opened.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "agent/network/ovs.h"
#include "tests/contract/ovs_host.h"
#include "tests/support/temporary_folder.h"

namespace causeway::agent {
namespace {

const ZoneBridge kBridge{ZoneId("extranet"), *model::IpAddress::parse("10.98.0.1"), 4789};

class UnusableOvs : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = OvsHost::why_not(); !why.empty()) GTEST_SKIP() << why;
    host_ = std::make_unique<OvsHost>(folder_.path() / "host");
    static_cast<void>(host_->run({"ip", "address", "add", "10.98.0.1/24", "dev", "lo"}));
    agent_ = make_ovs_switch({host_->run_dir(), "netdev"});
  }

  [[nodiscard]] std::string bridges() const { return host_->vsctl({"list-br"}); }

  test::TemporaryFolder folder_;
  std::unique_ptr<OvsHost> host_;
  std::unique_ptr<Switch> agent_;
};

TEST(AbsentOvs, IsSaidToBeAway) {
  const test::TemporaryFolder nowhere;
  const auto agent = make_ovs_switch({nowhere.path().string(), "netdev"});
  const auto seen = agent->observe();
  const auto made = agent->ensure_bridge(kBridge);
  ASSERT_FALSE(seen);
  ASSERT_FALSE(made);
  for (const Error& error : {seen.error(), made.error()}) {
    EXPECT_EQ(error.code, Errc::unavailable);
    EXPECT_TRUE(error.what.contains("is ovsdb-server running?")) << error.what;
  }
}

TEST_F(UnusableOvs, OfAnOldVersionIsRefusedWithTheVersionThatIsNeeded) {
  host_->vsctl({"--no-wait", "set", "open_vswitch", ".", "ovs_version=2.16.1"});
  const auto made = agent_->ensure_bridge(kBridge);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::unavailable);
  EXPECT_TRUE(made.error().what.contains("version 2.16.1, and 2.17 or newer is needed")) << made.error().what;
  EXPECT_EQ(bridges(), "");
  host_->vsctl({"--no-wait", "set", "open_vswitch", ".", "ovs_version=2.17.0"});
  EXPECT_TRUE(agent_->ensure_bridge(kBridge));
}

// As where another ovs-vswitchd holds the database's lock: what is written there is carried out by nobody.
TEST_F(UnusableOvs, WhoseDatabaseNobodyCarriesOutHasNoOpenPort) {
  ASSERT_TRUE(agent_->ensure_bridge(kBridge));
  host_->stop_switch();
  PortWiring wiring;
  wiring.workload = WorkloadId("d/a/w");
  wiring.port = PortId("d/a/w/eth0");
  wiring.zone = kBridge.zone;
  wiring.network = NetworkId("web");
  wiring.mac = *model::Mac::parse("52:54:00:00:01:07");
  host_->inside([&] {
    const auto made = agent_->ensure_port(wiring);
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().code == Errc::unavailable || made.error().code == Errc::timeout);
    const auto done =
        agent_->program({kBridge.zone, Generation{1}, {{wiring.network, 100, {}}}, {wiring}, {}, {}, {}});
    ASSERT_FALSE(done);
  });
  const auto seen = agent_->observe();
  EXPECT_TRUE(!seen || std::ranges::none_of(seen->ports, &PortState::open));
}

// Another holds the database's lock, which is how two ovs-vswitchd keep out of each other's way.
TEST_F(UnusableOvs, WhoseDatabaseIsLockedByAnotherIsSaidToCarryNothingOut) {
  ASSERT_TRUE(agent_->ensure_bridge(kBridge));
  host_->lock_database();
  const ZoneBridge other{ZoneId("intranet"), kBridge.underlay, 4790};
  const auto made = agent_->ensure_bridge(other);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::timeout);
  EXPECT_TRUE(made.error().what.contains("ovs-vswitchd has not carried out a change of its database"))
      << made.error().what;
  const auto seen = agent_->observe();
  EXPECT_TRUE(!seen || std::ranges::none_of(
                           seen->bridges, [](const auto& bridge) { return bridge.programmed.has_value(); }));
}

}  // namespace
}  // namespace causeway::agent
