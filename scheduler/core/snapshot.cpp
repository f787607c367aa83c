// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace causeway::scheduler {
namespace {

placement::GroupId group_id(const model::Workload& workload) {
  return placement::GroupId(fmt::format("{}/{}", model::application_of(workload.id), workload.entry));
}

placement::Scope scope_of(model::Scope scope) {
  switch (scope) {
    case model::Scope::host: return placement::Scope::host;
    case model::Scope::rack: return placement::Scope::rack;
    case model::Scope::hall: return placement::Scope::hall;
  }
  return placement::Scope::host;
}

placement::HostState state_of(const State& state, const HostId& id) {
  const auto* record = state.tables.host(id);
  if (record == nullptr || record->key.empty() || !reachable(state, id))
    return placement::HostState::isolated;
  if (record->draining) return placement::HostState::draining;
  if (record->cordoned) return placement::HostState::cordoned;
  for (const auto& workload : state.tables.on_host(id))
    if (state.tables.workloads().at(workload).leaving == id) return placement::HostState::draining;
  return placement::HostState::up;
}

// Two halls may each have a rack a1.
RackId rack_of(const model::HostSpec& spec) { return RackId(fmt::format("{}/{}", spec.hall, spec.rack)); }

// What leaves a host is placed elsewhere in the snapshot, and has its process here until it is reported gone:
// so much is taken off what the host has. Its overcommit is resolved, because a part of a core can't be.
void give_room_to_leaving(const State& state, placement::Host& host) {
  std::int64_t vcpus = 0;
  MiB memory;
  for (const auto& id : state.tables.on_host(host.id)) {
    const auto& workload = state.tables.workloads().at(id);
    if (workload.leaving != host.id || workload.host == host.id) continue;
    vcpus += workload.vcpus;
    memory += workload.memory;
  }
  if (vcpus == 0 && memory == MiB{}) return;
  host.cores = std::max<std::int64_t>(0, host.cores * host.overcommit_percent / 100 - vcpus);
  host.overcommit_percent = 100;
  host.memory = std::max(MiB{}, host.memory - memory);
  host.numa.clear();
}

placement::Host host_of(const State& state, const HostId& id, const model::HostSpec& spec) {
  placement::Host host;
  host.id = id;
  host.rack = rack_of(spec);
  host.zones = spec.zones;
  host.cores = spec.shape.vcpus;
  host.overcommit_percent = static_cast<int>(std::lround(spec.shape.overcommit * 100));
  host.memory = spec.shape.memory;
  for (const auto& node : spec.shape.numa) host.numa.push_back({node.cores, node.memory, {}});
  host.traits = spec.shape.traits;
  host.traits.insert(trait_of_host(id));
  if (spec.dedicated) host.dedicated_to = *spec.dedicated;
  host.state = state_of(state, id);
  give_room_to_leaving(state, host);
  return host;
}

placement::Department department_of(const DepartmentId& id, const model::Department& spec,
                                    const model::Site& site) {
  placement::Department department;
  department.id = id;
  // What the annual plan doesn't name, it doesn't grant.
  for (const auto& [zone, unused] : site.zones) department.quotas[zone] = {0, MiB{}, GiB{}};
  for (const auto& [zone, quota] : spec.quotas)
    department.quotas[zone] = {quota.vcpus, quota.memory, quota.volumes};
  return department;
}

}  // namespace

std::string trait_of_host(const HostId& host) { return "host:" + host.str(); }

placement::Request request_of(const model::Workload& workload) {
  placement::Request request;
  request.workload = workload.id;
  request.application = model::application_of(workload.id);
  request.department = model::department_of(workload.id.str());
  request.zone = workload.zone;
  request.mlps = workload.mlps;
  request.vcpus = workload.vcpus;
  request.memory = workload.memory;
  for (const auto& disk : workload.disks) request.volumes += disk.size;
  request.traits = workload.traits;
  request.is_protected = workload.is_protected;
  if (workload.keep_apart) request.groups.insert(group_id(workload));
  return request;
}

std::optional<placement::Group> group_of(const model::Workload& workload) {
  if (!workload.keep_apart) return std::nullopt;
  placement::Rule rule;
  rule.kind = placement::Rule::Kind::keep_apart;
  rule.scope = scope_of(*workload.keep_apart);
  return placement::Group{group_id(workload), {rule}};
}

placement::Snapshot snapshot_of(const State& state, const model::Catalog& catalog,
                                const std::set<WorkloadId>& without) {
  placement::Snapshot snapshot;
  for (const auto& [id, zone] : catalog.site.zones) {
    placement::Zone made;
    made.id = id;
    made.isolation = zone.isolation == model::Isolation::own_hosts ? placement::Isolation::own_hosts
                                                                   : placement::Isolation::shared_by_level;
    made.mlps = zone.mlps;
    made.pool = zone.capacity;
    snapshot.zones.push_back(std::move(made));
  }
  std::map<RackId, HallId> racks;
  for (const auto& [id, spec] : catalog.site.hosts) {
    racks.emplace(rack_of(spec), spec.hall);
    snapshot.hosts.push_back(host_of(state, id, spec));
  }
  for (const auto& [rack, hall] : racks) snapshot.racks.push_back({rack, hall});
  for (const auto& [id, spec] : catalog.departments)
    snapshot.departments.push_back(department_of(id, spec, catalog.site));
  std::map<placement::GroupId, placement::Group> groups;
  for (const auto& [id, workload] : state.tables.workloads()) {
    if (without.contains(id)) continue;
    if (auto group = group_of(workload)) groups.emplace(group->id, std::move(*group));
    snapshot.workloads.push_back({request_of(workload), workload.host, {}});
  }
  for (auto& [id, group] : groups) snapshot.groups.push_back(std::move(group));
  return snapshot;
}

}  // namespace causeway::scheduler
