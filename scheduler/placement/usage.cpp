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

int Spread::in(Index domain) const {
  const auto at = std::lower_bound(counts_.begin(), counts_.end(), domain,
                                   [](const Count& count, Index wanted) { return count.domain < wanted; });
  return at != counts_.end() && at->domain == domain ? at->members : 0;
}

void Spread::add(Index domain, int members) {
  const auto at = std::lower_bound(counts_.begin(), counts_.end(), domain,
                                   [](const Count& count, Index wanted) { return count.domain < wanted; });
  if (at == counts_.end() || at->domain != domain) {
    counts_.insert(at, {domain, members});
    return;
  }
  at->members += members;
  if (at->members == 0) counts_.erase(at);
}

Usage::Usage(const Site& site)
    : zones_(site.zones().size()),
      hosts_(site.hosts()),
      tenants_(site.departments().size() * site.zones().size()),
      pools_(site.zones().size()),
      groups_(site.groups().size()) {
  for (Index i = 0; i < site.hosts(); ++i) hosts_[i].numa.resize(site.host(i).numa.size());
}

void Usage::take(const Site& site, const Want& want, Index host, std::span<const int> numa_nodes) {
  add(site, want, host, numa_nodes, 1);
}

void Usage::give_back(const Site& site, const Want& want, Index host, std::span<const int> numa_nodes) {
  add(site, want, host, numa_nodes, -1);
}

void Usage::add(const Site& site, const Want& want, Index host, std::span<const int> numa_nodes, int sign) {
  const auto& entry = site.host(host);
  PerHost& on_host = hosts_[host];
  on_host.total += times(want.on(entry), sign);
  on_host.workloads += sign;
  const Amounts per_node = times(want.per_node(entry), sign);
  for (const int node : numa_nodes) on_host.numa[static_cast<std::size_t>(node)] += per_node;

  PerTenant& tenant = tenants_[want.department * zones_ + want.zone];
  tenant.vcpus += want.request->vcpus * sign;
  tenant.memory += want.request->memory * sign;
  tenant.volumes += want.request->volumes * sign;
  pools_[want.zone] += want.request->volumes * sign;

  for (const Index group : want.groups) {
    if (group >= groups_.size()) groups_.resize(group + 1);
    for (const Scope scope : {Scope::host, Scope::rack, Scope::hall})
      groups_[group][static_cast<std::size_t>(scope)].add(site.domain(scope, host), sign);
  }
}

Amounts Usage::free(const Site& site, Index host) const {
  return site.host(host).capacity - hosts_[host].total;
}

Amounts Usage::free_on_node(const Site& site, Index host, std::size_t node) const {
  const Amounts on_host = free(site, host);
  const Amounts on_node = site.host(host).numa[node] - hosts_[host].numa[node];
  return {.cpu = std::min(on_host.cpu, on_node.cpu),
          .memory = std::min(on_host.memory, on_node.memory),
          .huge_pages = std::min(on_host.huge_pages, on_node.huge_pages)};
}

const Usage::PerTenant& Usage::tenant(Index department, Index zone) const {
  return tenants_[department * zones_ + zone];
}

const Spread& Usage::spread(Index group, Scope scope) const {
  static const Spread kEmpty;
  return group < groups_.size() ? groups_[group][static_cast<std::size_t>(scope)] : kEmpty;
}

Usage usage_of(const Site& site, std::span<const Placed> workloads) {
  Usage usage(site);
  for (const auto& placed : workloads)
    usage.take(site, resolve(site, placed.request), site.host_index(placed.host), placed.numa_nodes);
  return usage;
}

}  // namespace causeway::placement
