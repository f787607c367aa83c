// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/placement/counterfactual.h"

namespace causeway::placement {
namespace {

struct Obstacles {
  Index host = kNone;
  std::vector<const Filter*> filters;
};

}  // namespace

Refusal explain_refusal(const Case& in) {
  const auto hosts = static_cast<int>(in.site.hosts());
  Refusal refusal{.workload = in.want.request->workload,
                  .findings = {},
                  .hosts = hosts,
                  .exclusions = {},
                  .nearest = {},
                  .counterfactuals = {},
                  .conflicts = {}};
  for (const Gate& gate : gates())
    if (!gate.admits(in)) refusal.exclusions.push_back({std::string(gate.name), hosts, 0, gate.why_not(in)});

  std::vector<Obstacles> all;
  for (Index host = 0; host < in.site.hosts(); ++host) {
    Obstacles obstacles{.host = host, .filters = {}};
    for (const Filter& filter : filters())
      if (!filter.admits({in, host})) obstacles.filters.push_back(&filter);
    all.push_back(std::move(obstacles));
  }
  for (const Filter& filter : filters()) {
    Exclusion exclusion{.constraint = std::string(filter.name), .hosts = 0, .alone = 0, .example = {}};
    const Obstacles* nearest = nullptr;  // the example: the host with the least else in its way
    for (const auto& one : all) {
      if (std::find(one.filters.begin(), one.filters.end(), &filter) == one.filters.end()) continue;
      ++exclusion.hosts;
      if (one.filters.size() == 1) ++exclusion.alone;
      if (nearest == nullptr || one.filters.size() < nearest->filters.size()) nearest = &one;
    }
    if (nearest == nullptr) continue;
    exclusion.example =
        fmt::format("{}: {}", in.site.host(nearest->host).id, filter.why_not({in, nearest->host}));
    refusal.exclusions.push_back(std::move(exclusion));
  }
  std::stable_sort(refusal.exclusions.begin(), refusal.exclusions.end(),
                   [](const Exclusion& a, const Exclusion& b) { return a.hosts > b.hosts; });

  std::stable_sort(all.begin(), all.end(), [](const Obstacles& a, const Obstacles& b) {
    return a.filters.size() < b.filters.size();
  });
  for (std::size_t i = 0; i < std::min(kNearestMax, all.size()); ++i) {
    NearHost near{.host = in.site.host(all[i].host).id, .lacks = {}};
    for (const Filter* filter : all[i].filters)
      near.lacks.push_back(fmt::format("{}: {}", filter->name, filter->why_not({in, all[i].host})));
    if (!near.lacks.empty()) refusal.nearest.push_back(std::move(near));
  }
  refusal.counterfactuals = counterfactuals(in);
  return refusal;
}

}  // namespace causeway::placement
