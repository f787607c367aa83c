// SPDX-License-Identifier: Apache-2.0
#include "common/model/wave.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace causeway::model {
namespace {

template <class Id, class Parent>
Id child(const Parent& parent, const std::string& name) {
  return Id(fmt::format("{}/{}", parent.str(), name));
}

std::string_view without_last_part(std::string_view id) { return id.substr(0, id.rfind('/')); }

}  // namespace

ApplicationId application_id(const DepartmentId& department, const std::string& name) {
  return child<ApplicationId>(department, name);
}
WorkloadId workload_id(const ApplicationId& application, const std::string& name) {
  return child<WorkloadId>(application, name);
}
ServiceId service_id(const ApplicationId& application, const std::string& name) {
  return child<ServiceId>(application, name);
}
VolumeId volume_id(const WorkloadId& workload, const std::string& disk) {
  return child<VolumeId>(workload, disk);
}
PortId port_id(const WorkloadId& workload, const std::string& port) { return child<PortId>(workload, port); }

DepartmentId department_of(const std::string& id) { return DepartmentId(id.substr(0, id.find('/'))); }
ApplicationId application_of(const WorkloadId& workload) {
  return ApplicationId(std::string(without_last_part(workload.str())));
}
ApplicationId application_of(const ServiceId& service) {
  return ApplicationId(std::string(without_last_part(service.str())));
}
bool same_application(const WorkloadId& a, const WorkloadId& b) {
  return without_last_part(a.str()) == without_last_part(b.str());
}
WorkloadId workload_of(const VolumeId& volume) {
  return WorkloadId(std::string(without_last_part(volume.str())));
}

std::set<ZoneId> zones_of(const Application& application) {
  std::set<ZoneId> zones{application.zone};
  for (const auto& [entry, spec] : application.workloads)
    if (!spec.exchange_gateway.empty()) zones.insert(spec.exchange_gateway);
  return zones;
}

bool meet(const std::set<ZoneId>& some, const std::set<ZoneId>& others) {
  return std::ranges::any_of(some, [&](const ZoneId& zone) { return others.contains(zone); });
}

std::set<ZoneId> zones_of_service(const Application& application, const std::string& service) {
  std::set<ZoneId> zones;
  for (const auto& [entry, spec] : application.workloads) {
    if (!spec.offers.contains(service)) continue;
    zones.insert(application.zone);
    if (!spec.exchange_gateway.empty()) zones.insert(spec.exchange_gateway);
  }
  return zones;
}

std::vector<std::string> instances(const std::string& entry, const WorkloadSpec& spec) {
  if (!spec.count) return {entry};
  std::vector<std::string> names;
  for (int i = 1; i <= *spec.count; ++i) names.push_back(fmt::format("{}-{}", entry, i));
  return names;
}

const PlacementRule* contradiction(const std::vector<PlacementRule>& rules) {
  for (const auto& together : rules) {
    if (together.kind != PlacementRule::Kind::keep_together || !together.hard()) continue;
    for (const auto& apart : rules)
      if (apart.kind == PlacementRule::Kind::keep_apart && apart.hard() && apart.scope >= together.scope &&
          apart.at_most == 1)
        return &apart;
  }
  return nullptr;
}

}  // namespace causeway::model
