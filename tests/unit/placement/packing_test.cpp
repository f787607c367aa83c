// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "scheduler/packing/pack.h"
#include "tests/unit/placement/random_site.h"

namespace causeway::packing {
namespace {

using placement::testing::drawn;

TEST(Packing, FindsThePerfectMixThatDecreasingOrdersMiss) {
  // Hosts of 10 by 10: 6 and 4 of each resource pair up crosswise.
  const Problem problem{{{6, 1, 20}, {1, 6, 20}, {3, 3, 20}}, 10, 10};
  const Packing packing = pack(problem);
  EXPECT_EQ(packing.hosts, packing.lower_bound);
  EXPECT_EQ(packing.hosts, 20);
}

TEST(Packing, LeavesOutWhatFitsNoHostAndCountsIt) {
  const Packing packing = pack({{{11, 1, 3}, {5, 5, 4}}, 10, 10});
  EXPECT_EQ(packing.too_large, 3);
  EXPECT_EQ(packing.hosts, 2);
}

RC_GTEST_PROP(Packing, EveryHostHoldsWhatItsPatternSaysAndEveryItemIsPlacedOnce, ()) {
  Problem problem{{}, drawn(10, 40), drawn(10, 40)};
  const int kinds = drawn(1, 6);
  for (int i = 0; i < kinds; ++i) problem.items.push_back({drawn(1, 20), drawn(1, 20), drawn(0, 15)});
  const Packing packing = pack(problem);
  std::vector<std::int64_t> placed(problem.items.size());
  std::int64_t hosts = 0;
  for (const Pattern& pattern : packing.patterns) {
    std::int64_t cpu = 0, memory = 0;
    for (const auto& [item, count] : pattern.items) {
      cpu += problem.items[item].cpu * count;
      memory += problem.items[item].memory * count;
      placed[item] += count * pattern.hosts;
    }
    RC_ASSERT(cpu <= problem.cpu);
    RC_ASSERT(memory <= problem.memory);
    hosts += pattern.hosts;
  }
  RC_ASSERT(hosts == packing.hosts);
  RC_ASSERT(packing.lower_bound <= packing.hosts);
  std::int64_t left_out = 0;
  for (std::size_t i = 0; i < problem.items.size(); ++i) {
    const Item& item = problem.items[i];
    if (item.cpu > problem.cpu || item.memory > problem.memory)
      left_out += item.count;
    else
      RC_ASSERT(placed[i] == item.count);
  }
  RC_ASSERT(left_out == packing.too_large);
}

}  // namespace
}  // namespace causeway::packing
