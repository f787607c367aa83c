// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/grid.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "scheduler/placement/engine.h"
#include "scheduler/placement/reference.h"
#include "tests/unit/placement/random_site.h"

namespace causeway::placement {
namespace {

using namespace testing;

std::vector<SlotSet::Member> members(const SlotSet& set) {
  std::vector<SlotSet::Member> all;
  set.first([&](SlotSet::Member slot) {
    all.push_back(slot);
    return false;
  });
  return all;
}

// Sets grow and shrink through the size at which they change their form.
RC_GTEST_PROP(SlotSet, HoldsWhatAnOrderedSetHoldsInTheSameOrder, ()) {
  SlotSet set;
  std::set<SlotSet::Member> model;
  const int range = chance(50) ? 60 : 65535;
  for (int phase = drawn(1, 4); phase > 0; --phase) {
    const bool growing = chance(60);
    for (int step = drawn(0, 60); step > 0; --step) {
      if (growing) {
        const auto slot = static_cast<SlotSet::Member>(drawn(0, range));
        if (model.insert(slot).second) set.insert(slot);
      } else if (!model.empty()) {
        const auto gone = std::next(model.begin(), drawn(0, static_cast<int>(model.size()) - 1));
        set.erase(*gone);
        model.erase(gone);
      }
      RC_ASSERT(set.empty() == model.empty());
      RC_ASSERT(std::ranges::equal(members(set), model));
    }
  }
}

TEST(SlotSet, AsksNoFurtherThanToTheFirstThatIsEnough) {
  for (const int count : {5, 500}) {
    SlotSet set;
    for (int i = count; i > 0; --i) set.insert(static_cast<SlotSet::Member>(100 * i));
    int asked = 0;
    set.first([&](SlotSet::Member slot) {
      ++asked;
      return slot >= 300;
    });
    EXPECT_EQ(asked, 3) << count;
  }
}

// More equal hosts than a cell holds as a row, so that cells take both forms, and more NUMA nodes and pairs
// of them than one grid can number.
TEST(Engine, ChoosesAmongManyEqualHostsWhatTheReferenceChooses) {
  for (const int hosts : {60, 2500}) {
    auto built = site();
    for (int i = 0; i < hosts; ++i)
      built.host(host(fmt::format("h{:04}", i)).cores(64).memory(MiB{65536}).numa(8));
    Reference reference(built);
    Engine engine(built);
    const int steps = hosts > 1000 ? 30 : 400;
    std::vector<Placed> placed;
    for (int step = 0; step < steps; ++step) {
      const Request wanted =
          request(std::to_string(step)).vcpus(2 + 2 * (step % 3)).memory(MiB{4096}).numa(step % 3);
      const auto plain = reference.best(resolve(reference.site(), wanted));
      const auto fast = engine.best(engine.shape(wanted));
      ASSERT_EQ(fast.has_value(), plain.has_value());
      ASSERT_TRUE(*fast == *plain) << step;
      const auto nodes = fast->slot.numa_nodes();
      placed.push_back({wanted, engine.site().host(fast->host).id, {nodes.begin(), nodes.end()}});
      reference.take(placed.back());
      engine.take(placed.back());
      if (step % 5 != 4) continue;
      reference.give_back(placed[placed.size() / 2]);
      engine.give_back(placed[placed.size() / 2]);
      placed.erase(placed.begin() + static_cast<std::ptrdiff_t>(placed.size() / 2));
    }
    // The least host is out of the choice, and comes back.
    const Request wanted = request("last").numa(2);
    const Shape shape = engine.shape(wanted);
    const auto choices = engine.best(shape, 3);
    ASSERT_EQ(choices, reference.best(resolve(reference.site(), wanted), 3));
    EXPECT_TRUE(engine.open(choices[0].host));
  }
}

}  // namespace
}  // namespace causeway::placement
