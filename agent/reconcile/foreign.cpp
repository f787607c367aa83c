// SPDX-License-Identifier: Apache-2.0
#include "agent/reconcile/foreign.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace causeway::agent {
namespace {

WorkloadId workload_of(const std::string& id) { return WorkloadId(id.substr(0, id.rfind('/'))); }

// Those whose name is the workload's and one more part, out of a list that is sorted by name.
template <class T, class Id>
std::vector<Id> parts_of(const std::vector<T>& sorted, Id T::* id, const WorkloadId& workload) {
  const std::string prefix = workload.str() + "/";
  std::vector<Id> parts;
  for (auto at = std::ranges::lower_bound(sorted, Id(prefix), {}, id);
       at != sorted.end() && ((*at).*id).str().starts_with(prefix); ++at) {
    parts.push_back((*at).*id);
  }
  return parts;
}

std::string_view word(Foreign::Kind kind) {
  switch (kind) {
    case Foreign::Kind::bridge: return "bridge";
    case Foreign::Kind::port: return "port";
    case Foreign::Kind::flow: return "flow";
  }
  return "thing";
}

}  // namespace

std::vector<PortId> ports_of(const SwitchState& network, const WorkloadId& workload) {
  return parts_of(network.ports, &PortState::port, workload);
}

std::vector<VolumeId> volumes_of(const ObservedPool& pool, const WorkloadId& workload) {
  auto volumes = parts_of(pool.volumes, &ObservedVolume::volume, workload);
  std::erase_if(volumes, [&](const VolumeId& id) { return !find_volume(pool, id)->ready; });
  return volumes;
}

std::vector<std::string> foreign_things(const Desired& desired, const Observed& observed) {
  std::vector<std::string> things;
  if (observed.compute) {
    for (const auto& domain : observed.compute->foreign)
      things.push_back(fmt::format("domain {}", domain.name));
    for (const auto& workload : observed.compute->workloads) {
      if (!desired.assigned || desired.find(workload.id)) continue;
      things.push_back(fmt::format("workload {} ({}), which is not in the assignment", workload.id.str(),
                                   to_string(workload.power)));
    }
  }
  if (observed.network) {
    for (const auto& foreign : observed.network->foreign) {
      things.push_back(
          fmt::format("{} {} on {}: {}", word(foreign.kind), foreign.name, foreign.bridge, foreign.what));
    }
    for (const auto& port : observed.network->ports) {
      if (!desired.assigned || desired.find(workload_of(port.port.str()))) continue;
      things.push_back(fmt::format("port {}, which is not in the assignment", port.port.str()));
    }
  }
  for (const auto& [zone, pool] : observed.pools) {
    if (!pool) continue;
    for (const auto& image : pool->foreign) {
      things.push_back(fmt::format("image {} in the pool of zone {}", image, zone.str()));
    }
  }
  std::ranges::sort(things);
  return things;
}

}  // namespace causeway::agent
