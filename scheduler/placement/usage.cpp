// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/usage.h"

#include <algorithm>

#include "common/core/check.h"

namespace causeway::placement {
namespace {

Amounts times(const Amounts& amounts, int sign) {
  return {amounts.cpu * sign, amounts.memory * sign, amounts.huge_pages * sign};
}

}  // namespace

Usage::Usage(const Site& site)
    : zones_(site.zones().size()),
      hosts_(site.hosts()),
      nodes_(site.nodes()),
      tenants_(site.departments().size() * site.zones().size()),
      pools_(site.zones().size()),
      groups_(site.groups().size()) {
  for (Index host = 0; host < site.hosts(); ++host) hosts_[host].free = site.capacity(host);
  for (Index node = 0; node < site.nodes(); ++node) nodes_[node] = site.node_capacity(node);
}

void Usage::take(const Site& site, const Want& want, Index host, std::span<const int> numa_nodes) {
  add(site, want, host, numa_nodes, 1);
  for (const Index group : want.groups) {
    if (group >= groups_.size()) groups_.resize(group + 1);
    auto& members = groups_[group];
    members.insert(std::upper_bound(members.begin(), members.end(), host), host);
  }
}

void Usage::give_back(const Site& site, const Want& want, Index host, std::span<const int> numa_nodes) {
  add(site, want, host, numa_nodes, -1);
  for (const Index group : want.groups) {
    auto& members = groups_[group];
    const auto member = std::lower_bound(members.begin(), members.end(), host);
    CAUSEWAY_CHECK(member != members.end() && *member == host);
    members.erase(member);
  }
}

void Usage::add(const Site& site, const Want& want, Index host, std::span<const int> numa_nodes, int sign) {
  const int overcommit = site.overcommit_percent(host);
  hosts_[host].free -= times(want.total(overcommit), sign);
  hosts_[host].workloads += sign;
  if (!numa_nodes.empty()) {
    const Amounts per_node = times(want.per_node(overcommit), sign);
    for (const int node : numa_nodes) nodes_[site.first_node(host) + static_cast<Index>(node)] -= per_node;
  }

  PerTenant& tenant = tenants_[want.department * zones_ + want.zone];
  tenant.vcpus += want.request->vcpus * sign;
  tenant.memory += want.request->memory * sign;
  tenant.volumes += want.request->volumes * sign;
  pools_[want.zone] += want.request->volumes * sign;
}

std::span<const Index> Usage::members(Index group) const {
  return group < groups_.size() ? std::span<const Index>(groups_[group]) : std::span<const Index>();
}

Usage usage_of(const Site& site, std::span<const Placed> workloads) {
  Usage usage(site);
  for (const auto& placed : workloads)
    usage.take(site, resolve(site, placed.request), site.host_index(placed.host), placed.numa_nodes);
  return usage;
}

}  // namespace causeway::placement
