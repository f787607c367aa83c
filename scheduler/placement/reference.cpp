// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/reference.h"

#include <algorithm>

#include "scheduler/placement/explain.h"

namespace causeway::placement {
bool admits(const Look& look) {
  return std::all_of(filters().begin(), filters().end(),
                     [&](const Filter& filter) { return filter.admits(look); });
}

Reference::Reference(const Snapshot& snapshot)
    : site_(snapshot), levels_(site_), usage_(usage_of(site_, snapshot.workloads)) {}

std::optional<Choice> Reference::best(const Want& want) const {
  const auto found = best(want, 1);
  return found.empty() ? std::nullopt : std::optional(found.front());
}

std::vector<Choice> Reference::best(const Want& want, std::size_t count) const {
  const Case in{site_, levels_, usage_, want};
  for (const Gate& gate : gates())
    if (!gate.admits(in)) return {};

  std::vector<Choice> choices;
  for (Index host = 0; host < site_.hosts(); ++host) {
    const Look look{in, host};
    if (!admits(look)) continue;
    Choice here{.host = host, .slot = {}, .points = -1};
    const Amounts demand = demand_in(want, look.host().overcommit_percent);
    for (const Slot& slot : slots(site_.nodes_of(host), want.request->numa_nodes)) {
      if (!fits(demand, free_in(site_, usage_, host, slot))) continue;
      const Points sum = score(look, slot);
      if (sum > here.points) here = {.host = host, .slot = slot, .points = sum};
    }
    // Strictly better only: among equals the lesser name wins, and hosts are in the order of their names.
    const auto at = std::upper_bound(choices.begin(), choices.end(), here,
                                     [](const Choice& a, const Choice& b) { return a.points > b.points; });
    choices.insert(at, here);
    if (choices.size() > count) choices.pop_back();
  }
  return choices;
}

Answer<Placement> Reference::choose(const Request& request) const {
  const Want want = resolve(site_, request);
  const Case in{site_, levels_, usage_, want};
  const auto choices = best(want, 1 + kRunnersUpMax);
  if (choices.empty()) return std::unexpected(explain_refusal(in));
  Placement placement{
      .workload = request.workload, .chosen = candidate(in, choices.front()), .runners_up = {}};
  for (std::size_t i = 1; i < choices.size(); ++i) placement.runners_up.push_back(candidate(in, choices[i]));
  return placement;
}

void Reference::take(const Placed& placed) {
  usage_.take(site_, resolve(site_, placed.request), site_.host_index(placed.host), placed.numa_nodes);
}

void Reference::give_back(const Placed& placed) {
  usage_.give_back(site_, resolve(site_, placed.request), site_.host_index(placed.host), placed.numa_nodes);
}

}  // namespace causeway::placement
