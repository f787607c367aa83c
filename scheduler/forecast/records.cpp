// SPDX-License-Identifier: Apache-2.0
#include "scheduler/forecast/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "scheduler/placement/validate.h"

namespace causeway::forecast {
namespace {

const WaveId kWave("snapshot");
constexpr std::int64_t kVcpusMost = 1 << 30;  // of a quota that limits nothing

model::Scope scope_of(placement::Scope scope) {
  switch (scope) {
    case placement::Scope::host: return model::Scope::host;
    case placement::Scope::rack: return model::Scope::rack;
    case placement::Scope::hall: return model::Scope::hall;
  }
  return model::Scope::host;
}

model::PlacementRule rule_of(const placement::Rule& rule) {
  const auto kind = rule.kind == placement::Rule::Kind::keep_apart
                        ? model::PlacementRule::Kind::keep_apart
                        : model::PlacementRule::Kind::keep_together;
  return {kind, scope_of(rule.scope), rule.max_per_domain, rule.weight};
}

model::Reserve reserve_of(placement::Reserve reserve) {
  switch (reserve) {
    case placement::Reserve::none: return model::Reserve::none;
    case placement::Reserve::host: return model::Reserve::host;
    case placement::Reserve::rack: return model::Reserve::rack;
  }
  return model::Reserve::none;
}

model::Zone zone_of(const placement::Zone& zone) {
  model::Zone made;
  made.title = zone.id.str();
  made.mlps = zone.mlps;
  made.isolation = zone.isolation == placement::Isolation::own_hosts ? model::Isolation::own_hosts
                                                                     : model::Isolation::shared_by_level;
  made.pool = zone.id.str();
  made.capacity = zone.pool.value_or(GiB{placement::kAmountMax});
  made.reserve = reserve_of(zone.reserve);
  made.exchange_with = zone.exchange_with;
  return made;
}

// The scheduler calls a rack by its hall and its name, and so does a snapshot of its own.
RackId name_in_hall(const RackId& rack, const HallId& hall) {
  const std::string prefix = hall.str() + "/";
  return RackId(rack.str().starts_with(prefix) ? rack.str().substr(prefix.size()) : rack.str());
}

model::HostSpec spec_of(const placement::Host& host, const std::map<RackId, HallId>& halls) {
  model::HostSpec spec;
  spec.hall = halls.at(host.rack);
  spec.rack = name_in_hall(host.rack, spec.hall);
  spec.class_name = host.host_class;
  spec.zones = host.zones;
  spec.exchange_host = host.exchange_host;
  if (!host.dedicated_to.empty()) spec.dedicated = host.dedicated_to;
  spec.shape.vcpus = static_cast<int>(host.cores);
  spec.shape.overcommit = host.overcommit_percent / 100.0;
  spec.shape.memory = host.memory;
  spec.shape.huge_pages = host.huge_pages;
  spec.shape.traits = host.traits;
  for (const auto& node : host.numa)
    spec.shape.numa.push_back({static_cast<int>(node.cores), node.memory, node.huge_pages});
  return spec;
}

model::HostRecord record_of(const placement::Host& host) {
  model::HostRecord record;
  record.id = host.id;
  record.key = key_of_host(host.id);
  record.cordoned =
      host.state == placement::HostState::cordoned || host.state == placement::HostState::draining;
  if (host.state == placement::HostState::down) record.outage = model::Outage::fenced;
  record.storage_addresses = {storage_address_of(host.id)};
  record.uplinks = host.uplinks;
  return record;
}

// A snapshot says of a workload in which zones its networks go by an uplink, and not which they are: one of
// each zone stands for all.
NetworkId stands_for(const placement::Snapshot& snapshot, const ZoneId& zone) {
  const auto found = std::ranges::find(snapshot.on_uplinks, zone,
                                       [](const auto& network) -> const ZoneId& { return network.second; });
  return found == snapshot.on_uplinks.end() ? NetworkId("on-uplinks-of-" + zone.str()) : found->first;
}

std::vector<model::Record> networks_on_uplinks(const placement::Snapshot& snapshot) {
  auto networks = snapshot.on_uplinks;
  for (const auto& placed : snapshot.workloads)
    for (const auto& zone : placed.request.uplinks) networks.emplace(stands_for(snapshot, zone), zone);
  std::vector<model::Record> records;
  for (const auto& [name, zone] : networks) {
    model::NetworkRecord record;
    record.id = name;
    record.vni = static_cast<std::uint32_t>(records.size() + 1);
    record.spec.vlan = 1;
    if (!snapshot.departments.empty()) record.spec.department = snapshot.departments.front().id;
    record.spec.zone = zone;
    records.emplace_back(std::move(record));
  }
  return records;
}

model::Workload workload_of(const placement::Placed& placed, const placement::Snapshot& snapshot) {
  const auto& request = placed.request;
  model::Workload made;
  made.id = request.workload;
  made.entry = request.workload.str().substr(request.workload.str().rfind('/') + 1);
  made.wave = kWave;
  made.zone = request.zone;
  made.mlps = request.mlps;
  made.host = placed.host;
  made.vcpus = static_cast<int>(request.vcpus);
  made.memory = request.memory;
  made.is_protected = request.is_protected;
  made.demands.groups = request.groups;
  made.demands.huge_pages = request.huge_pages;
  made.demands.numa_nodes = request.numa_nodes;
  made.demands.pinned = request.pinned;
  made.on_nodes = placed.numa_nodes;
  made.traits = request.traits;
  made.exchange_gateway = request.exchange_gateway;
  for (const auto& zone : request.uplinks)
    made.ports.push_back({fmt::format("eth{}", made.ports.size()), stands_for(snapshot, zone), {}, {}, {}});
  if (request.volumes > GiB{}) made.disks.push_back({"root", request.volumes, {}, {}});
  made.generation = Generation{1};
  return made;
}

model::ApplicationRecord application_of(const placement::Request& request) {
  model::ApplicationRecord made;
  made.id = request.application;
  made.wave = kWave;
  made.spec.title = request.application.str();
  made.spec.department = request.department;
  made.spec.zone = request.zone;
  made.spec.mlps = request.mlps;
  return made;
}

// Where a department has no quota it is not limited in a snapshot, and may use nothing in a scheduler.
model::DepartmentRecord department_of(const placement::Department& department,
                                      const std::vector<placement::Zone>& zones) {
  model::DepartmentRecord made;
  made.id = department.id;
  made.spec.title = department.id.str();
  for (const auto& zone : zones) {
    const auto found = department.quotas.find(zone.id);
    const auto quota = found == department.quotas.end() ? placement::Quota{} : found->second;
    made.spec.quotas[zone.id] = {static_cast<int>(std::min(quota.vcpus.value_or(kVcpusMost), kVcpusMost)),
                                 quota.memory.value_or(MiB{placement::kAmountMax}),
                                 quota.volumes.value_or(GiB{placement::kAmountMax})};
  }
  return made;
}

}  // namespace

std::string key_of_host(const HostId& host) { return "key of " + host.str(); }
std::string storage_address_of(const HostId& host) { return "address of " + host.str(); }

std::expected<std::vector<model::Record>, Findings> records_of(const placement::Snapshot& snapshot) {
  Findings findings;
  std::vector<model::Record> records;
  model::StateRecord state;
  state.epoch = Epoch{1};
  records.emplace_back(state);

  std::map<RackId, HallId> halls;
  for (const auto& rack : snapshot.racks) halls.emplace(rack.id, rack.hall);
  model::Site site;
  site.name = "snapshot";
  for (const auto& zone : snapshot.zones) site.zones.emplace(zone.id, zone_of(zone));
  for (const auto& host : snapshot.hosts) {
    site.hosts.emplace(host.id, spec_of(host, halls));
    records.emplace_back(record_of(host));
  }
  records.emplace_back(std::move(site));
  for (const auto& department : snapshot.departments)
    records.emplace_back(department_of(department, snapshot.zones));

  model::WaveRecord wave;
  wave.id = kWave;
  for (const auto& group : snapshot.groups) {
    for (const auto& rule : group.rules) {
      if (!rule.from.empty())
        findings.push_back(
            {.path = fmt::format("groups.{}", group.id),
             .what = fmt::format("keeps apart from group {}, which no scheduler knows", rule.from),
             .next = "ask this of a snapshot that was taken from a scheduler"});
      wave.groups[group.id].rules.push_back(rule_of(rule));
    }
  }
  records.emplace_back(std::move(wave));

  std::map<ApplicationId, model::ApplicationRecord> applications;
  for (const auto& placed : snapshot.workloads) {
    applications.try_emplace(placed.request.application, application_of(placed.request));
    records.emplace_back(workload_of(placed, snapshot));
  }
  for (auto& [id, application] : applications) records.emplace_back(std::move(application));
  for (auto& network : networks_on_uplinks(snapshot)) records.push_back(std::move(network));
  if (!findings.empty()) return std::unexpected(std::move(findings));
  return records;
}

}  // namespace causeway::forecast
