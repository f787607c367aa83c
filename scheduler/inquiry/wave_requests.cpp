// SPDX-License-Identifier: Apache-2.0
#include "scheduler/inquiry/wave_requests.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace causeway::inquiry {
namespace {

constexpr auto kRoot = "root";

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

}  // namespace

model::Workload shape_of(const WaveId& wave, const model::Application& application, const std::string& entry,
                         const model::WorkloadSpec& spec) {
  model::Workload shape;
  shape.entry = entry;
  shape.wave = wave;
  shape.zone = application.zone;
  shape.mlps = application.mlps;
  shape.vcpus = spec.vcpus;
  shape.memory = spec.memory;
  shape.is_protected = spec.is_protected;
  shape.demands = spec.demands;
  shape.traits = spec.traits;
  shape.ssh_keys = spec.ssh_keys;
  shape.exchange_gateway = spec.exchange_gateway;
  for (const auto& [name, disk] : spec.disks) {
    const bool cloned = name == kRoot && disk.import.empty();
    model::Disk made{name, disk.size, cloned ? spec.image : ImageId(), disk.import};
    // A guest boots from its first disk.
    shape.disks.insert(name == kRoot ? shape.disks.begin() : shape.disks.end(), std::move(made));
  }
  for (const auto& [name, port] : spec.ports)
    shape.ports.push_back({name, port.network, {}, {}, port.bandwidth});
  return shape;
}

placement::Request request_of(const model::Workload& workload,
                              const std::map<NetworkId, ZoneId>& on_uplinks) {
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
  request.exchange_gateway = workload.exchange_gateway;
  for (const auto& port : workload.ports)
    if (const auto network = on_uplinks.find(port.network); network != on_uplinks.end())
      request.uplinks.insert(network->second);
  const model::Demands& demands = workload.demands;
  request.huge_pages = demands.huge_pages;
  request.numa_nodes = demands.numa_nodes;
  request.pinned = demands.pinned;
  request.groups = demands.groups;
  if (!demands.rules.empty()) request.groups.insert(group_id(workload));
  return request;
}

std::vector<placement::Group> groups_of(const model::Workload& workload) {
  if (workload.demands.rules.empty()) return {};
  return {group_of(group_id(workload), workload.demands.rules)};
}

placement::Group group_of(const GroupId& id, const std::vector<model::PlacementRule>& rules) {
  placement::Group group{id, {}};
  for (const auto& rule : rules)
    group.rules.push_back({.kind = rule.kind == model::PlacementRule::Kind::keep_apart
                                       ? placement::Rule::Kind::keep_apart
                                       : placement::Rule::Kind::keep_together,
                           .scope = scope_of(rule.scope),
                           .max_per_domain = rule.at_most,
                           .weight = rule.weight,
                           .from = {}});
  return group;
}

placement::Batch batch_of(std::span<const model::Wave> waves, const placement::Snapshot& standing) {
  std::set<WorkloadId> placed;
  for (const auto& one : standing.workloads) placed.insert(one.request.workload);
  std::map<placement::GroupId, placement::Group> groups;
  placement::Batch batch;
  for (const auto& wave : waves) {
    for (const auto& [id, group] : wave.groups) groups.emplace(id, group_of(id, group.rules));
    for (const auto& [name, application] : wave.applications) {
      const auto id = model::application_id(application.department, name);
      for (const auto& [entry, spec] : application.workloads) {
        auto shape = shape_of(wave.id, application, entry, spec);
        for (const auto& instance : model::instances(entry, spec)) {
          shape.id = model::workload_id(id, instance);
          if (placed.contains(shape.id)) continue;
          for (auto& group : groups_of(shape)) groups.emplace(group.id, std::move(group));
          batch.requests.push_back(request_of(shape, standing.on_uplinks));
        }
      }
    }
  }
  for (auto& [id, group] : groups) batch.groups.push_back(std::move(group));
  return batch;
}

}  // namespace causeway::inquiry
