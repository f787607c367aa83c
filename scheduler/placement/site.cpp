// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/site.h"

#include <algorithm>

#include "common/core/check.h"

namespace causeway::placement {
namespace {

template <class T>
void sort_by_id(std::vector<T>& values) {
  std::sort(values.begin(), values.end(), [](const T& a, const T& b) { return a.id < b.id; });
}

template <class T>
std::unordered_map<std::string, Index> index_by_id(const std::vector<T>& values) {
  std::unordered_map<std::string, Index> names;
  names.reserve(values.size());
  for (Index i = 0; i < values.size(); ++i) names.emplace(values[i].id.str(), i);
  return names;
}

Amounts capacity_of(std::int64_t cores, int overcommit_percent, MiB memory, MiB huge_pages) {
  return {.cpu = cores * overcommit_percent,
          .memory = (memory - huge_pages).value,
          .huge_pages = huge_pages.value};
}

}  // namespace

Site::Site(const Snapshot& snapshot)
    : zones_(snapshot.zones), racks_(snapshot.racks), departments_(snapshot.departments) {
  sort_by_id(zones_);
  sort_by_id(racks_);
  sort_by_id(departments_);
  for (const auto& rack : racks_) halls_.push_back(rack.hall);
  std::sort(halls_.begin(), halls_.end());
  halls_.erase(std::unique(halls_.begin(), halls_.end()), halls_.end());

  const auto rack_by_name = index_by_id(racks_);
  hosts_ = snapshot.hosts;
  sort_by_id(hosts_);
  columns_.reserve(hosts_.size());
  for (const auto& host : hosts_) {
    capacity_.push_back(capacity_of(host.cores, host.overcommit_percent, host.memory, host.huge_pages));
    largest_cpu_ = std::max(largest_cpu_, capacity_.back().cpu);
    largest_memory_ = std::max(largest_memory_, host.memory);
    Column column{.rack = find(rack_by_name, host.rack.str()),
                  .hall = kNone,
                  .first_node = static_cast<Index>(node_capacity_.size()),
                  .nodes = static_cast<int>(host.numa.size()),
                  .overcommit_percent = host.overcommit_percent};
    CAUSEWAY_CHECK(column.rack != kNone);
    const auto hall = std::lower_bound(halls_.begin(), halls_.end(), racks_[column.rack].hall);
    column.hall = static_cast<Index>(hall - halls_.begin());
    for (const auto& node : host.numa)
      node_capacity_.push_back(
          capacity_of(node.cores, host.overcommit_percent, node.memory, node.huge_pages));
    columns_.push_back(column);
  }
  host_by_name_ = index_by_id(hosts_);
  zone_by_name_ = index_by_id(zones_);
  department_by_name_ = index_by_id(departments_);
  std::vector<Group> groups = snapshot.groups;
  sort_by_id(groups);
  for (const auto& group : groups) ensure_group(group.id);
  for (const auto& group : groups) add_group(group);
}

Index Site::ensure_group(const GroupId& id) {
  const auto [entry, added] = group_by_name_.emplace(id.str(), static_cast<Index>(groups_.size()));
  if (added) {
    groups_.push_back({id, {}});
    rules_.emplace_back();
  }
  return entry->second;
}

std::string_view Site::domain_name(Scope scope, Index host) const {
  switch (scope) {
    case Scope::host: return hosts_[host].id.str();
    case Scope::rack: return racks_[rack(host)].id.str();
    case Scope::hall: return halls_[hall(host)].str();
  }
  return {};
}

Index Site::find(const ByName& names, const std::string& name) {
  const auto found = names.find(name);
  return found == names.end() ? kNone : found->second;
}

Index Site::add_group(const Group& group) {
  const Index index = ensure_group(group.id);
  groups_[index].rules = group.rules;
  std::vector<BoundRule> bound;
  for (const Rule& rule : group.rules)
    bound.push_back({rule, rule.from.empty() ? index : ensure_group(rule.from)});
  rules_[index] = std::move(bound);
  return index;
}

Amounts Want::total(int overcommit_percent) const {
  const std::int64_t memory = request->memory.value;
  return {.cpu = request->vcpus * (request->pinned ? overcommit_percent : 100),
          .memory = request->huge_pages ? 0 : memory,
          .huge_pages = request->huge_pages ? memory : 0};
}

Amounts Want::per_node(int overcommit_percent) const {
  if (request->numa_nodes == 0) return {};
  Amounts share = total(overcommit_percent);
  if (request->numa_nodes == 2) share = {share.cpu / 2, share.memory / 2, share.huge_pages / 2};
  return share;
}

Want resolve(const Site& site, const Request& request) {
  Want want{.request = &request,
            .zone = site.zone_index(request.zone),
            .department = site.department_index(request.department),
            .groups = {}};
  CAUSEWAY_CHECK(want.zone != kNone && want.department != kNone);
  for (const auto& id : request.groups) {
    want.groups.push_back(site.group_index(id));
    CAUSEWAY_CHECK(want.groups.back() != kNone);
  }
  std::sort(want.groups.begin(), want.groups.end());
  return want;
}

}  // namespace causeway::placement
