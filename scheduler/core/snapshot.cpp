// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "scheduler/inquiry/wave_requests.h"

namespace causeway::scheduler {
namespace {

// Two halls may each have a rack a1.
RackId rack_of(const model::HostSpec& spec) { return RackId(fmt::format("{}/{}", spec.hall, spec.rack)); }

// What leaves a host is placed elsewhere in the snapshot, and has its process here until it is reported gone:
// so much is taken off what the host has. Its overcommit is resolved, because a part of a core can't be.
void give_room_to_leaving(const State& state, placement::Host& host) {
  std::int64_t vcpus = 0;
  MiB memory;
  for (const auto* workload : state.tables.on_host(host.id)) {
    if (workload->leaving != host.id || workload->host == host.id) continue;
    vcpus += workload->vcpus;
    memory += workload->memory;
  }
  if (vcpus == 0 && memory == MiB{}) return;
  host.cores = std::max<std::int64_t>(0, host.cores * host.overcommit_percent / 100 - vcpus);
  host.overcommit_percent = 100;
  host.memory = std::max(MiB{}, host.memory - memory);
  host.huge_pages = std::min(host.huge_pages, host.memory);
  // Which nodes it uses is not known any more: it may be any of them.
  for (auto& node : host.numa) {
    node.cores = std::max<std::int64_t>(0, node.cores - vcpus);
    node.memory = std::max(MiB{}, node.memory - memory);
    node.huge_pages = std::min(node.huge_pages, node.memory);
    if (node.memory == MiB{}) node.cores = 0;
  }
}

placement::Host bare_host(const HostId& id, const model::HostSpec& spec) {
  placement::Host host;
  host.id = id;
  host.rack = rack_of(spec);
  host.host_class = spec.class_name;
  host.zones = spec.zones;
  host.exchange_host = spec.exchange_host;
  host.cores = spec.shape.vcpus;
  host.overcommit_percent = static_cast<int>(std::lround(spec.shape.overcommit * 100));
  host.memory = spec.shape.memory;
  host.huge_pages = spec.shape.huge_pages;
  for (const auto& node : spec.shape.numa) host.numa.push_back({node.cores, node.memory, node.huge_pages});
  host.traits = spec.shape.traits;
  if (spec.dedicated) host.dedicated_to = *spec.dedicated;
  return host;
}

// As its agent said last: what it has no uplink for it would refuse.
std::set<ZoneId> uplinks_of(const State& state, const HostId& id) {
  const auto* record = state.tables.host(id);
  return record == nullptr ? std::set<ZoneId>{} : record->uplinks;
}

bool goes_by_uplink(const model::Network& network) { return network.vlan || network.way_out; }

placement::Reserve reserve_of(model::Reserve reserve) {
  switch (reserve) {
    case model::Reserve::none: return placement::Reserve::none;
    case model::Reserve::host: return placement::Reserve::host;
    case model::Reserve::rack: return placement::Reserve::rack;
  }
  return placement::Reserve::none;
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

placement::HostState host_state(const State& state, const HostId& id) {
  const auto* record = state.tables.host(id);
  if (record != nullptr && record->outage) return placement::HostState::down;
  if (record == nullptr || record->key.empty() || !reachable(state, id))
    return placement::HostState::isolated;
  if (record->draining) return placement::HostState::draining;
  if (record->cordoned) return placement::HostState::cordoned;
  for (const auto* workload : state.tables.on_host(id))
    if (workload->leaving == id) return placement::HostState::draining;
  return placement::HostState::up;
}

// As it stands. A host that has lost its nodes since binds nobody to them any more.
placement::Placed placed_of(const model::Workload& workload, const model::Catalog& catalog) {
  placement::Placed placed{request_of(workload, catalog), workload.host, workload.on_nodes};
  const auto host = catalog.site.hosts.find(workload.host);
  const auto nodes = host == catalog.site.hosts.end() ? 0 : static_cast<int>(host->second.shape.numa.size());
  const bool bound = static_cast<int>(placed.numa_nodes.size()) == placed.request.numa_nodes &&
                     std::ranges::all_of(placed.numa_nodes, [&](int node) { return node < nodes; });
  if (!bound) {
    placed.request.numa_nodes = 0;
    placed.numa_nodes.clear();
  }
  return placed;
}

std::string trait_of_host(const HostId& host) { return "host:" + host.str(); }

placement::Request request_of(const model::Workload& workload, const model::Catalog& catalog) {
  std::map<NetworkId, ZoneId> on_uplinks;
  for (const auto& port : workload.ports)
    if (const auto network = catalog.networks.find(port.network);
        network != catalog.networks.end() && goes_by_uplink(network->second))
      on_uplinks.emplace(network->first, network->second.zone);
  auto request = inquiry::request_of(workload, on_uplinks);
  for (const auto& group : workload.demands.groups)
    if (!catalog.groups.contains(group)) request.groups.erase(group);
  return request;
}

placement::Snapshot standing_snapshot(const State& state) {
  auto snapshot = snapshot_of(state, state.tables.catalog(), {});
  for (auto& host : snapshot.hosts) {
    const auto held = host.state;
    host = bare_host(host.id, state.tables.site().hosts.at(host.id));
    host.state = held;
    host.uplinks = uplinks_of(state, host.id);
  }
  return snapshot;
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
    made.reserve = reserve_of(zone.reserve);
    made.exchange_with = zone.exchange_with;
    snapshot.zones.push_back(std::move(made));
  }
  std::map<RackId, HallId> racks;
  for (const auto& [id, spec] : catalog.site.hosts) {
    racks.emplace(rack_of(spec), spec.hall);
    auto host = bare_host(id, spec);
    host.traits.insert(trait_of_host(id));
    host.state = host_state(state, id);
    host.uplinks = uplinks_of(state, id);
    give_room_to_leaving(state, host);
    snapshot.hosts.push_back(std::move(host));
  }
  for (const auto& [rack, hall] : racks) snapshot.racks.push_back({rack, hall});
  for (const auto& [id, spec] : catalog.departments)
    snapshot.departments.push_back(department_of(id, spec, catalog.site));
  std::map<placement::GroupId, placement::Group> groups;
  for (const auto& [id, workload] : state.tables.workloads()) {
    if (without.contains(id)) continue;
    for (auto& group : inquiry::groups_of(workload)) groups.emplace(group.id, std::move(group));
    snapshot.workloads.push_back(placed_of(workload, catalog));
  }
  for (const auto& [id, named] : catalog.groups) groups.emplace(id, inquiry::group_of(id, named.spec.rules));
  for (auto& [id, group] : groups) snapshot.groups.push_back(std::move(group));
  for (const auto& [id, network] : catalog.networks)
    if (goes_by_uplink(network)) snapshot.on_uplinks.emplace(id, network.zone);
  return snapshot;
}

}  // namespace causeway::scheduler
