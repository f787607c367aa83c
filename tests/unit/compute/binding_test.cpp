// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/binding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace causeway::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// CPUs alternate between the nodes, as on many machines.
Inventory host(int nodes, int cpus_of_node) {
  Inventory made;
  for (int node = 0; node < nodes; ++node) {
    InventoryNode one{node, {}, 1024_MiB, 512_MiB, 256_MiB};
    for (int i = 0; i < cpus_of_node; ++i) one.cpus.push_back(i * nodes + node);
    made.numa.push_back(one);
  }
  made.vcpus = nodes * cpus_of_node;
  return made;
}

PinnedWorkload pinned(const std::string& name, int vcpus, std::vector<int> nodes,
                      std::vector<int> cpus = {}) {
  return {WorkloadId{"civil-affairs/portal/" + name}, vcpus, std::move(nodes), std::move(cpus), true};
}

TEST(Binding, TakesTheHighestCpusOfTheNode) {
  const auto shared_out = share_out(host(2, 4), {pinned("web", 2, {1})}, {});
  ASSERT_TRUE(shared_out) << shared_out.error().what;
  EXPECT_THAT(shared_out->front().cpus, ElementsAre(5, 7));
}

TEST(Binding, GivesTheFirstHalfOfTheVcpusToTheFirstNode) {
  const auto shared_out = share_out(host(2, 4), {pinned("web", 4, {0, 1})}, {});
  ASSERT_TRUE(shared_out) << shared_out.error().what;
  EXPECT_THAT(shared_out->front().cpus, ElementsAre(4, 6, 5, 7));
}

TEST(Binding, KeepsWhatAWorkloadHas) {
  const auto shared_out = share_out(host(2, 4), {pinned("a", 1, {0}), pinned("b", 1, {0}, {6})}, {});
  ASSERT_TRUE(shared_out) << shared_out.error().what;
  EXPECT_THAT((*shared_out)[0].cpus, ElementsAre(4));
  EXPECT_THAT((*shared_out)[1].cpus, ElementsAre(6));
}

TEST(Binding, GivesNobodyABusyCpu) {
  const auto shared_out = share_out(host(1, 4), {pinned("a", 2, {0})}, {3});
  ASSERT_TRUE(shared_out) << shared_out.error().what;
  EXPECT_THAT(shared_out->front().cpus, ElementsAre(1, 2));
}

TEST(Binding, MovesWhatIsBoundToNoNodeWhenANodeIsNeeded) {
  const auto shared_out = share_out(host(2, 2), {pinned("bound", 2, {0}), pinned("any", 2, {}, {0, 2})}, {});
  ASSERT_TRUE(shared_out) << shared_out.error().what;
  EXPECT_THAT((*shared_out)[0].cpus, ElementsAre(1, 3)) << "any";
  EXPECT_THAT((*shared_out)[1].cpus, ElementsAre(0, 2)) << "bound";
}

TEST(Binding, SaysWhichNodeHasTooFewLeft) {
  auto fixed = pinned("any", 2, {}, {0, 2});
  fixed.movable = false;
  const auto refused = share_out(host(2, 2), {pinned("bound", 2, {0}), fixed}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_THAT(refused.error().what, HasSubstr("2 CPUs of its own on NUMA node 0, which has 0 of 2 left"));
}

TEST(Binding, LeavesTheOthersWhatNoPinnedOneHas) {
  EXPECT_EQ(to_text(shared_cpus(host(2, 4), {}, {5, 7})), "0-4,6");
  EXPECT_EQ(to_text(shared_cpus(host(2, 4), {1}, {5, 7})), "1,3");
  EXPECT_EQ(to_text(shared_cpus(host(1, 2), {}, {0, 1})), "0-1") << "it must run somewhere";
}

TEST(Binding, SaysWhatAHostCanNeverDo) {
  EXPECT_EQ(impossible(host(2, 4), {false, true, {0}}, 4), "");
  EXPECT_THAT(impossible(host(2, 4), {false, true, {0}}, 5), HasSubstr("5 CPUs of its own"));
  EXPECT_THAT(impossible(host(2, 4), {false, false, {2}}, 1), HasSubstr("NUMA node 2, and this host has 2"));
  EXPECT_EQ(impossible({}, {}, 4), "");
  EXPECT_THAT(impossible({}, {true, false, {}}, 4), HasSubstr("doesn't say"));
}

TEST(Binding, SaysWhichHugePagesLack) {
  const Binding on_one{true, false, {1}};
  EXPECT_EQ(lacking_pages(host(2, 4), on_one, 512_MiB, false), "");
  EXPECT_THAT(lacking_pages(host(2, 4), on_one, 514_MiB, false), HasSubstr("has 512MiB set aside"));
  EXPECT_THAT(lacking_pages(host(2, 4), on_one, 258_MiB, true), HasSubstr("has 256MiB free"));
  EXPECT_EQ(lacking_pages(host(2, 4), {true, false, {0, 1}}, 512_MiB, true), "");
  EXPECT_EQ(lacking_pages(host(2, 4), {true, false, {}}, 512_MiB, true), "");
  EXPECT_EQ(lacking_pages({}, {}, 512_MiB, true), "");
}

TEST(Binding, SetsAreReadAsTheyAreWritten) {
  rc::check([](const std::set<std::uint16_t>& numbers) {
    const std::set<int> set(numbers.begin(), numbers.end());
    RC_ASSERT(numbers_in(to_text(set)) == set);
  });
  for (const auto* text : {"x", "3-1", "1,", "1-", "-1", "1,,2", "99999999"})
    EXPECT_EQ(numbers_in(text), std::nullopt) << text;
}

// The scheduler counts CPUs by node for what is bound and by host for everything. Whatever fits by those
// sums must be found here, whoever stands where.
TEST(Binding, FindsCpusForWhateverTheSchedulerCounted) {
  rc::check([] {
    const int nodes = *rc::gen::inRange(1, 4);
    const int cpus = *rc::gen::inRange(2, 9);
    const Inventory machine = host(nodes, cpus);
    std::vector<int> left(static_cast<std::size_t>(nodes), cpus);
    int total = nodes * cpus;
    std::vector<PinnedWorkload> standing;
    const int steps = *rc::gen::inRange(1, 12);
    for (int step = 0; step < steps; ++step) {
      if (!standing.empty() && *rc::gen::inRange(0, 4) == 0) {
        const auto gone = standing.begin() + *rc::gen::inRange(0, static_cast<int>(standing.size()));
        const auto share = gone->nodes.empty() ? 0 : gone->vcpus / static_cast<int>(gone->nodes.size());
        for (const int node : gone->nodes) left[static_cast<std::size_t>(node)] += share;
        total += gone->vcpus;
        standing.erase(gone);
        continue;
      }
      const int share = *rc::gen::inRange(1, cpus + 1);
      std::vector<int> on;
      if (*rc::gen::inRange(0, 3) != 0) on = {*rc::gen::inRange(0, nodes)};
      if (nodes > 1 && *rc::gen::inRange(0, 4) == 0) on = {0, nodes - 1};
      const int vcpus = share * static_cast<int>(std::max<std::size_t>(1, on.size()));
      const bool fits = total >= vcpus && std::ranges::all_of(on, [&](int node) {
                          return left[static_cast<std::size_t>(node)] >= share;
                        });
      if (!fits) continue;
      for (const int node : on) left[static_cast<std::size_t>(node)] -= share;
      total -= vcpus;
      standing.push_back(pinned(std::to_string(step), vcpus, on));
      const auto shared_out = share_out(machine, standing, {});
      if (!shared_out) RC_FAIL(shared_out.error().what);
      standing = *shared_out;
      std::set<int> given;
      for (const auto& one : standing) {
        RC_ASSERT(static_cast<int>(one.cpus.size()) == one.vcpus);
        for (std::size_t i = 0; i < one.cpus.size(); ++i) {
          RC_ASSERT(given.insert(one.cpus[i]).second);
          if (one.nodes.empty()) continue;
          const auto node = static_cast<std::size_t>(one.nodes[i * one.nodes.size() / one.cpus.size()]);
          RC_ASSERT(std::ranges::count(machine.numa[node].cpus, one.cpus[i]) == 1);
        }
      }
    }
  });
}

}  // namespace
}  // namespace causeway::agent
