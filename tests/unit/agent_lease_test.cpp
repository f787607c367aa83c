// SPDX-License-Identifier: Apache-2.0
// How long a host may run what would be started elsewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/core/core.h"
#include "agent/core/lease.h"
#include "agent/core/limits.h"
#include "tests/support/one_host.h"

namespace causeway::agent {
namespace {

using model::Phase;
using test::assignment;
using test::OneHost;
using test::workload;

constexpr Duration kLease = 15s;

struct LeaseOfAHost : ::testing::Test {
  LeaseOfAHost() {
    auto made = model::Assignment(assignment(1).with(workload("a/b/safe")).with(workload("a/b/alone")));
    for (auto& one : made.workloads) one.is_protected = one.id.str() == "a/b/safe";
    host.give(model::ToAgent(made));
    host.run_for(10s);
    acknowledge();
    host.run_for(1s);
  }
  // A scheduler answers the newest message.
  void acknowledge(Duration lease = kLease) {
    std::uint64_t nonce = 0;
    for (const auto& message : host.messages) {
      if (const auto* report = std::get_if<model::Report>(&message)) nonce = report->nonce;
      if (const auto* beat = std::get_if<model::Heartbeat>(&message)) nonce = beat->nonce;
    }
    host.give(model::ToAgent(model::Ack{Epoch{1}, nonce, false, lease}));
  }
  void storage(bool answers) { host.cluster->set_reachable(host.setup.host, answers); }
  bool runs(const std::string& id) {
    const auto seen = host.compute->observe().value();
    return std::ranges::any_of(seen.workloads,
                               [&](const auto& one) { return one.id.str() == id && has_process(&one); });
  }

  OneHost host;
};

TEST_F(LeaseOfAHost, NothingStopsAsLongAsTheStorageTakesItsSigns) {
  host.run_for(1h);
  EXPECT_TRUE(runs("a/b/safe"));
}

TEST_F(LeaseOfAHost, NothingStopsAsLongAsASchedulerAnswers) {
  storage(false);
  for (int i = 0; i < 100; ++i) {
    host.run_for(kHeartbeatInterval);
    acknowledge();
  }
  EXPECT_TRUE(runs("a/b/safe"));
}

TEST_F(LeaseOfAHost, WhatIsProtectedStopsWhenBothAreSilentForALease) {
  storage(false);
  host.run_for(kLease - kSignInterval - 2s);
  EXPECT_TRUE(runs("a/b/safe"));
  host.run_for(kSignInterval + 4s);
  EXPECT_FALSE(runs("a/b/safe"));
  EXPECT_TRUE(runs("a/b/alone")) << "nobody would start it elsewhere";
}

TEST_F(LeaseOfAHost, AnAgentThatStartsAnewKnowsThatItIsOver) {
  storage(false);
  host.run_for(20s);
  ASSERT_TRUE(host.durable.lapsed);
  host.start_agent();
  host.run_for(10s);
  EXPECT_FALSE(runs("a/b/safe"));
  storage(true);
  host.run_for(30s);
  EXPECT_TRUE(runs("a/b/safe"));
  EXPECT_FALSE(host.durable.lapsed);
}

TEST_F(LeaseOfAHost, AnAcknowledgementOfNothingProlongsNothing) {
  storage(false);
  for (int i = 0; i < 5; ++i) {
    host.run_for(kHeartbeatInterval);
    host.give(model::ToAgent(model::Ack{Epoch{1}, 0, false, kLease}));
  }
  EXPECT_FALSE(runs("a/b/safe"));
}

TEST(ALease, SaysOfEachZoneWhyItsStorageTakesNoSigns) {
  const auto now = Instant{} + 1h;
  Lease lease({ZoneId("extranet"), ZoneId("intranet")}, false, kLease, now);
  EXPECT_EQ(lease.begin_sign(now), ZoneId("extranet"));
  lease.end_sign(ZoneId("extranet"), fail(Errc::unavailable, "no monitor answers"), now);
  EXPECT_EQ(lease.begin_sign(now), ZoneId("intranet"));
  lease.end_sign(ZoneId("intranet"), {}, now);
  EXPECT_EQ(lease.problem(), "zone extranet: no monitor answers") << "the other zone's sign hides nothing";
  lease.end_sign(ZoneId("extranet"), {}, now);
  EXPECT_EQ(lease.problem(), "");
}

TEST_F(LeaseOfAHost, ASchedulerThatFencesNobodyGivesNoLease) {
  acknowledge(Duration{});
  host.run_for(1s);
  storage(false);
  host.run_for(1h);
  EXPECT_TRUE(runs("a/b/safe"));
}

TEST_F(LeaseOfAHost, AProbeIsAnsweredInTheSameStep) {
  const std::vector<Input> probe{Probe{7}};
  EXPECT_EQ(host.core->step(probe, host.time).probed, 7u);
}

}  // namespace
}  // namespace causeway::agent
