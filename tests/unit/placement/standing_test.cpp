// SPDX-License-Identifier: Apache-2.0
// A kept snapshot is what one made anew would be, whatever happened before.
#include "scheduler/placement/standing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "scheduler/placement/check.h"
#include "scheduler/placement/place.h"
#include "tests/unit/placement/random_site.h"

namespace causeway::placement {
namespace {

using testing::chance;
using testing::drawn;
using testing::random_request;
using testing::random_site;

// Lets something happen to the snapshot and tells the kept one.
void happen(Snapshot& site, Standing& standing, int step) {
  auto& workloads = site.workloads;
  const auto any = [](const auto& list) {
    return static_cast<std::size_t>(drawn(0, static_cast<int>(list.size()) - 1));
  };
  if (!workloads.empty() && chance(25)) {
    const auto gone = any(workloads);
    standing.erase(workloads[gone].request.workload);
    workloads.erase(workloads.begin() + static_cast<std::ptrdiff_t>(gone));
  } else if (chance(20)) {
    auto& host = site.hosts[any(site.hosts)];
    host.state = static_cast<HostState>(drawn(0, 4));
    standing.set_state(host.id, host.state);
  } else if (!workloads.empty() && chance(20)) {
    auto& placed = workloads[any(workloads)];
    placed.request.memory = MiB{2048 * drawn(1, 4)};
    placed.host = site.hosts[any(site.hosts)].id;
    placed.request.numa_nodes = 0;
    placed.numa_nodes.clear();
    standing.put(placed);
  } else {
    const Batch batch{{}, {random_request(std::to_string(step))}};
    const auto plan = standing.place_batch(batch, {});
    if (!plan) return;
    workloads.push_back(plan->workloads.front());
    standing.put(plan->workloads.front());
  }
}

RC_GTEST_PROP(StandingLaws, WhatIsKeptIsWhatIsMadeAnew, ()) {
  Snapshot site = random_site();
  Standing standing(site);
  for (int step = 0, steps = drawn(1, 30); step < steps; ++step) {
    happen(site, standing, step);
    RC_ASSERT(standing.difference(Standing(site)) == "");
  }
}

RC_GTEST_PROP(StandingLaws, PlansAreThoseOfTheWholeSnapshotAndLeaveNoTrace, ()) {
  Snapshot site = random_site();
  Standing standing(site);
  for (int step = 0, steps = drawn(0, 20); step < steps; ++step) happen(site, standing, step);
  Batch batch;
  for (int i = drawn(1, 6); i > 0; --i) batch.requests.push_back(random_request("new-" + std::to_string(i)));
  Standing::Terms terms;
  Snapshot rest = site;
  if (!rest.workloads.empty() && chance(30)) {
    terms.without.insert(rest.workloads.back().request.workload);
    rest.workloads.pop_back();
  }
  const auto kept = standing.place_batch(batch, terms);
  const auto anew = place_batch(rest, batch);
  RC_ASSERT(kept.has_value() == anew.has_value());
  if (kept) {
    RC_ASSERT(check(*kept, rest).empty());
    for (std::size_t i = 0; i < kept->workloads.size(); ++i) {
      RC_ASSERT(kept->workloads[i].host == anew->workloads[i].host);
      RC_ASSERT(kept->workloads[i].numa_nodes == anew->workloads[i].numa_nodes);
    }
  } else {
    RC_ASSERT(kept.error().summary() == anew.error().summary());
  }
  RC_ASSERT(standing.difference(Standing(site)) == "");
}

RC_GTEST_PROP(StandingLaws, AnUpdateThatIsForgottenIsSeen, ()) {
  Snapshot site = random_site();
  for (auto& host : site.hosts) host.state = HostState::up;
  const Standing standing(site);
  const auto plan = place_batch(site, {{}, {random_request("forgotten")}});
  if (!plan) return;
  site.workloads.push_back(plan->workloads.front());
  RC_ASSERT(!standing.difference(Standing(site)).empty());
}

RC_GTEST_PROP(StandingLaws, WhatStaysOnAHostGoesNowhereElse, ()) {
  const Snapshot site = random_site();
  Standing standing(site);
  const auto request = random_request("stays");
  const auto& host = site.hosts[static_cast<std::size_t>(drawn(0, static_cast<int>(site.hosts.size()) - 1))];
  const auto plan = standing.place_batch({{}, {request}}, {{}, {{request.workload, host.id}}});
  Snapshot only = site;
  for (auto& other : only.hosts)
    if (other.id != host.id) other.state = HostState::down;
  RC_ASSERT(plan.has_value() == place_batch(only, {{}, {request}}).has_value());
  if (plan) RC_ASSERT(plan->workloads.front().host == host.id);
}

}  // namespace
}  // namespace causeway::placement
