// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/standing.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/core/check.h"
#include "scheduler/placement/batch.h"
#include "scheduler/placement/check.h"
#include "scheduler/placement/recover.h"
#include "scheduler/placement/validate.h"

namespace causeway::placement {
namespace {

Refusal invalid(const Batch& batch, Findings findings) {
  Refusal refusal;
  if (!batch.requests.empty()) refusal.workload = batch.requests.front().workload;
  refusal.findings = std::move(findings);
  return refusal;
}

}  // namespace

Standing::Standing(Snapshot snapshot) : engine_(std::make_unique<Engine>(snapshot)) {
  for (auto& group : std::exchange(snapshot.groups, {})) groups_.emplace(group.id, group);
  placed_.reserve(snapshot.workloads.size());
  for (auto& placed : std::exchange(snapshot.workloads, {})) {
    const auto name = placed.request.workload.str();
    count(placed, 1);
    index(placed_.emplace(name, std::move(placed)).first->second);
  }
  site_ = std::move(snapshot);
  for (std::size_t i = 0; i < site_.hosts.size(); ++i) hosts_.emplace(site_.hosts[i].id.str(), i);
}

bool Standing::knows(const Placed& placed) const {
  const auto& site = engine_->site();
  const auto& request = placed.request;
  const auto host = hosts_.find(placed.host.str());
  if (host == hosts_.end() || site.zone_index(request.zone) == kNone ||
      site.department_index(request.department) == kNone)
    return false;
  const auto nodes = static_cast<int>(site_.hosts[host->second].numa.size());
  return static_cast<int>(placed.numa_nodes.size()) == request.numa_nodes &&
         std::ranges::all_of(placed.numa_nodes, [&](int node) { return node >= 0 && node < nodes; }) &&
         std::ranges::all_of(request.groups, [&](const GroupId& id) { return groups_.contains(id); });
}

void Standing::put(Placed placed) {
  CAUSEWAY_CHECK(knows(placed));
  erase(placed.request.workload);
  count(placed, 1);
  engine_->take(placed);
  const auto name = placed.request.workload.str();
  index(placed_.emplace(name, std::move(placed)).first->second);
}

void Standing::erase(const WorkloadId& id) {
  const auto found = placed_.find(id.str());
  if (found == placed_.end()) return;
  engine_->give_back(found->second);
  count(found->second, -1);
  unindex(found->second);
  placed_.erase(found);
}

void Standing::put(const Group& group) {
  groups_.insert_or_assign(group.id, group);
  engine_->add_group(group);
  for (const auto& rule : group.rules)
    if (!rule.from.empty()) groups_.try_emplace(rule.from, Group{rule.from, {}});
}

void Standing::set_state(const HostId& host, HostState state) {
  site_.hosts[hosts_.at(host.str())].state = state;
  engine_->set_state(engine_->site().host_index(host), state);
}

void Standing::count(const Placed& placed, int sign) {
  const auto& request = placed.request;
  auto& sums = tenants_[{request.department, request.zone}];
  sums.vcpus += request.vcpus * sign;
  sums.memory += request.memory * sign;
  sums.volumes += request.volumes * sign;
  pools_[request.zone] += request.volumes * sign;
}

void Standing::index(const Placed& placed) {
  by_host_[placed.host.str()].insert(&placed);
  for (const auto& group : placed.request.groups) by_group_[group.str()].insert(&placed);
}

void Standing::unindex(const Placed& placed) {
  const auto drop = [&](auto& members, const std::string& name) {
    const auto found = members.find(name);
    found->second.erase(&placed);
    if (found->second.empty()) members.erase(found);
  };
  drop(by_host_, placed.host.str());
  for (const auto& group : placed.request.groups) drop(by_group_, group.str());
}

void Standing::add_groups_of(const Request& request, std::set<GroupId>& groups) const {
  for (const auto& id : request.groups) {
    groups.insert(id);
    const auto known = groups_.find(id);
    if (known == groups_.end()) continue;
    for (const auto& rule : known->second.rules)
      if (!rule.from.empty()) groups.insert(rule.from);
  }
}

Snapshot Standing::excerpt(const Batch& batch, const std::set<HostId>& hosts) const {
  std::set<GroupId> groups;
  for (const auto& request : batch.requests) add_groups_of(request, groups);
  for (const auto& group : batch.groups)
    for (const auto& rule : group.rules)
      if (!rule.from.empty()) groups.insert(rule.from);
  Members shown;
  for (const auto& host : hosts)
    if (const auto there = by_host_.find(host.str()); there != by_host_.end())
      shown.insert(there->second.begin(), there->second.end());
  for (const auto& group : groups)
    if (const auto members = by_group_.find(group.str()); members != by_group_.end())
      shown.insert(members->second.begin(), members->second.end());
  for (const auto& request : batch.requests)
    if (const auto same = placed_.find(request.workload.str()); same != placed_.end())
      shown.insert(&same->second);

  Snapshot part;
  auto rest_of_tenants = tenants_;
  auto rest_of_pools = pools_;
  std::set<HostId> shown_hosts = hosts;
  for (const auto* placed : shown) {
    const auto& request = placed->request;
    auto& tenant = rest_of_tenants[{request.department, request.zone}];
    tenant.vcpus -= request.vcpus;
    tenant.memory -= request.memory;
    tenant.volumes -= request.volumes;
    rest_of_pools[request.zone] -= request.volumes;
    shown_hosts.insert(placed->host);
    add_groups_of(request, groups);
    part.workloads.push_back(*placed);
  }
  part.zones = site_.zones;
  for (auto& zone : part.zones)
    if (zone.pool) *zone.pool -= rest_of_pools[zone.id];
  part.racks = site_.racks;
  for (const auto& host : shown_hosts) part.hosts.push_back(site_.hosts[hosts_.at(host.str())]);
  part.departments = site_.departments;
  for (auto& department : part.departments) {
    for (auto& [zone, quota] : department.quotas) {
      const auto& rest = rest_of_tenants[{department.id, zone}];
      if (quota.vcpus) *quota.vcpus -= rest.vcpus;
      if (quota.memory) *quota.memory -= rest.memory;
      if (quota.volumes) *quota.volumes -= rest.volumes;
    }
  }
  for (const auto& id : groups)
    if (const auto known = groups_.find(id); known != groups_.end()) part.groups.push_back(known->second);
  return part;
}

Snapshot Standing::whole() const {
  Snapshot snapshot = site_;
  for (const auto& [id, group] : groups_) snapshot.groups.push_back(group);
  for (const auto& [name, placed] : placed_) snapshot.workloads.push_back(placed);
  return snapshot;
}

Answer<Plan> Standing::place_batch(const Batch& batch, const Terms& terms) {
  std::vector<Placed> aside;
  for (const auto& id : terms.without) {
    const auto found = placed_.find(id.str());
    if (found == placed_.end()) continue;
    aside.push_back(found->second);
    erase(id);
  }
  auto plan = place_without(batch, terms);
  // What the batch says of a group holds for the batch; that it is so from now on comes with its workloads.
  for (const auto& group : batch.groups)
    if (const auto known = groups_.find(group.id); known != groups_.end()) engine_->add_group(known->second);
  for (auto& placed : aside) put(std::move(placed));
  return plan;
}

Answer<Plan> Standing::place_without(const Batch& batch, const Terms& terms) {
  if (auto findings = validate(excerpt(batch, {}), batch); !findings.empty())
    return std::unexpected(invalid(batch, std::move(findings)));
  for (const auto& group : batch.groups) engine_->add_group(group);
  std::vector<Shape> shapes;
  shapes.reserve(batch.requests.size());
  for (const auto& request : batch.requests) {
    shapes.push_back(engine_->shape(request));
    if (const auto host = terms.stays_on.find(request.workload); host != terms.stays_on.end())
      shapes.back().only = engine_->site().host_index(host->second);
  }
  auto plan = plan_batch(*engine_, batch, shapes, Reasons::none);
  if (!plan) return plan;
  std::set<HostId> hosts;
  bool reserves = false;
  for (const auto& placed : plan->workloads) {
    hosts.insert(placed.host);
    reserves = reserves || std::ranges::any_of(site_.zones, [&](const Zone& zone) {
                 return zone.id == placed.request.zone && zone.reserve != Reserve::none;
               });
  }
  if (reserves)
    if (auto broken = broken_reserve(whole(), *plan)) return std::unexpected(std::move(*broken));
  // A second opinion, by code of its own.
  auto broken = check(*plan, excerpt(batch, hosts));
  if (broken.empty()) return plan;
  for (auto& finding : broken)
    finding.what = "the plan failed its check; please report this: " + finding.what;
  return std::unexpected(invalid(batch, std::move(broken)));
}

std::string Standing::difference(const Standing& other) const {
  if (placed_.size() != other.placed_.size())
    return fmt::format("{} workloads stand, and {}", placed_.size(), other.placed_.size());
  const auto& site = engine_->site();
  const auto& usage = engine_->usage();
  if (site.hosts() != other.engine_->site().hosts())
    return fmt::format("{} hosts, and {}", site.hosts(), other.engine_->site().hosts());
  for (Index host = 0; host < site.hosts(); ++host) {
    const auto& id = site.host(host).id;
    const auto theirs = other.engine_->site().host_index(id);
    if (theirs == kNone) return fmt::format("no host {}", id);
    if (site.host(host).state != other.engine_->site().host(theirs).state)
      return fmt::format("host {} is {}, and {}", id, to_string(site.host(host).state),
                         to_string(other.engine_->site().host(theirs).state));
    if (engine_->open(host) != other.engine_->open(theirs)) return fmt::format("host {} is open", id);
    if (usage.free(host) != other.engine_->usage().free(theirs) ||
        usage.workloads(host) != other.engine_->usage().workloads(theirs))
      return fmt::format("host {} has another room", id);
    for (int node = 0; node < site.nodes_of(host); ++node)
      if (usage.free_on_node(site, host, node) !=
          other.engine_->usage().free_on_node(other.engine_->site(), theirs, node))
        return fmt::format("node {} of host {} has another room", node, id);
  }
  const auto same_sums = [](const auto& a, const auto& b) {
    return std::ranges::all_of(a, [&](const auto& entry) {
      const auto found = b.find(entry.first);
      return found == b.end() ? entry.second == decltype(entry.second){} : found->second == entry.second;
    });
  };
  if (!same_sums(tenants_, other.tenants_) || !same_sums(other.tenants_, tenants_))
    return "what departments use";
  if (!same_sums(pools_, other.pools_) || !same_sums(other.pools_, pools_)) return "what pools give";
  for (const auto& [name, placed] : placed_) {
    const auto found = other.placed_.find(name);
    if (found == other.placed_.end() || found->second.host != placed.host ||
        found->second.request.groups != placed.request.groups)
      return fmt::format("workload {}", name);
  }
  for (const auto& [name, members] : by_group_) {
    const auto theirs = other.groups_.find(GroupId(name));
    const auto ours = groups_.find(GroupId(name));
    if (theirs == other.groups_.end() || ours->second.rules != theirs->second.rules)
      return fmt::format("the rules of group {}", name);
    const auto mine = usage.members(site.group_index(GroupId(name)));
    const auto hosts = other.engine_->usage().members(other.engine_->site().group_index(GroupId(name)));
    if (!std::ranges::equal(mine, hosts)) return fmt::format("the members of group {}", name);
  }
  return "";
}

}  // namespace causeway::placement
