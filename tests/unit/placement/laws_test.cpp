// SPDX-License-Identifier: Apache-2.0
// Laws of placement, on random sites: what holds always, and the fast engine against the reference.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "scheduler/placement/check.h"
#include "scheduler/placement/engine.h"
#include "scheduler/placement/place.h"
#include "scheduler/placement/reference.h"
#include "scheduler/placement/validate.h"
#include "tests/unit/placement/random_site.h"

namespace causeway::placement {
namespace {

using namespace testing;

std::vector<int> nodes_of(const Choice& choice) {
  return {choice.slot.numa_nodes().begin(), choice.slot.numa_nodes().end()};
}

RC_GTEST_PROP(PlacementLaws, TheFastEngineChoosesWhatTheReferenceChooses, ()) {
  const Snapshot site = random_site();
  RC_ASSERT(validate(site).empty());
  Reference reference(site);
  Engine engine(site);
  std::vector<Placed> placed;
  const int steps = drawn(1, 40);
  for (int step = 0; step < steps; ++step) {
    if (!placed.empty() && chance(25)) {
      const auto leaving = static_cast<std::size_t>(drawn(0, static_cast<int>(placed.size()) - 1));
      reference.give_back(placed[leaving]);
      engine.give_back(placed[leaving]);
      placed.erase(placed.begin() + static_cast<std::ptrdiff_t>(leaving));
      continue;
    }
    const Request wanted = random_request(std::to_string(step));
    const auto plain = reference.best(resolve(reference.site(), wanted));
    const auto fast = engine.best(engine.shape(wanted));
    RC_ASSERT(fast.has_value() == plain.has_value());
    if (!fast) continue;
    RC_ASSERT(*fast == *plain);
    placed.push_back(
        {wanted, site.hosts.empty() ? HostId() : engine.site().host(fast->host).id, nodes_of(*fast)});
    reference.take(placed.back());
    engine.take(placed.back());
    RC_ASSERT(engine.usage() == reference.usage());
  }
}

RC_GTEST_PROP(PlacementLaws, TakingAndGivingBackCancelOut, ()) {
  const Snapshot snapshot = random_site();
  const Site site(snapshot);
  Usage usage(site);
  const Usage nothing = usage;
  std::vector<Request> requests;
  std::vector<std::pair<Index, Slot>> places;
  for (int i = drawn(1, 20); i > 0; --i) {
    const Request wanted = random_request(std::to_string(i));
    const auto host = static_cast<Index>(drawn(0, static_cast<int>(site.hosts()) - 1));
    const auto all = slots(site.nodes_of(host), wanted.numa_nodes);
    if (all.empty()) continue;
    requests.push_back(wanted);
    places.emplace_back(host, all[static_cast<std::size_t>(drawn(0, static_cast<int>(all.size()) - 1))]);
    usage.take(site, resolve(site, wanted), host, places.back().second.numa_nodes());
  }
  while (!requests.empty()) {
    const auto next = static_cast<std::size_t>(drawn(0, static_cast<int>(requests.size()) - 1));
    usage.give_back(site, resolve(site, requests[next]), places[next].first,
                    places[next].second.numa_nodes());
    requests.erase(requests.begin() + static_cast<std::ptrdiff_t>(next));
    places.erase(places.begin() + static_cast<std::ptrdiff_t>(next));
  }
  RC_ASSERT(usage == nothing);
}

RC_GTEST_PROP(PlacementLaws, EveryPlanPassesTheCheckerAndComesOutTheSameTwice, ()) {
  const Snapshot site = random_site();
  Batch batch;
  for (int i = drawn(1, 8); i > 0; --i) batch.requests.push_back(random_request(std::to_string(i)));
  const auto plan = place_batch(site, batch);
  if (!plan) {
    RC_ASSERT(plan.error().findings.empty());
    RC_ASSERT(!plan.error().exclusions.empty());
    return;
  }
  RC_ASSERT(check(*plan, site).empty());
  Snapshot shuffled = site;
  std::reverse(shuffled.hosts.begin(), shuffled.hosts.end());
  std::reverse(shuffled.racks.begin(), shuffled.racks.end());
  const auto again = place_batch(shuffled, batch);
  RC_ASSERT(again.has_value());
  for (std::size_t i = 0; i < plan->workloads.size(); ++i) {
    RC_ASSERT(plan->workloads[i].host == again->workloads[i].host);
    RC_ASSERT(plan->workloads[i].numa_nodes == again->workloads[i].numa_nodes);
  }
}

}  // namespace
}  // namespace causeway::placement
