// SPDX-License-Identifier: Apache-2.0
#include "scheduler/inquiry/snapshot_document.h"

#include <string>
#include <utility>

namespace causeway::inquiry {
namespace {

using model::List;
using model::Object;
using namespace placement;

std::string text(std::string_view word) { return std::string(word); }

template <class Names>
List names(const Names& set) {
  List list;
  for (const auto& name : set) {
    if constexpr (requires { name.str(); })
      list.emplace_back(name.str());
    else
      list.emplace_back(name);
  }
  return list;
}

Object object_of(const Zone& zone) {
  Object object{{"isolation", text(to_string(zone.isolation))}, {"mlps", zone.mlps}};
  if (zone.reserve != Reserve::none) object.emplace_back("reserve", text(to_string(zone.reserve)));
  if (zone.pool) object.emplace_back("pool_gib", zone.pool->value);
  if (!zone.exchange_with.empty()) object.emplace_back("exchange_with", names(zone.exchange_with));
  return object;
}

Object object_of(const Rack& rack) { return {{"hall", rack.hall.str()}}; }

Object object_of(const NumaNode& node) {
  Object object{{"cores", node.cores}, {"memory_mib", node.memory.value}};
  if (node.huge_pages.value != 0) object.emplace_back("huge_pages_mib", node.huge_pages.value);
  return object;
}

Object object_of(const Host& host) {
  Object object{{"rack", host.rack.str()},
                {"zones", names(host.zones)},
                {"cores", host.cores},
                {"memory_mib", host.memory.value}};
  if (!host.host_class.empty()) object.emplace_back("class", host.host_class);
  if (host.overcommit_percent != 100) object.emplace_back("overcommit_percent", host.overcommit_percent);
  if (host.huge_pages.value != 0) object.emplace_back("huge_pages_mib", host.huge_pages.value);
  if (!host.traits.empty()) object.emplace_back("traits", names(host.traits));
  if (!host.dedicated_to.empty()) object.emplace_back("dedicated_to", host.dedicated_to.str());
  if (host.exchange_host) object.emplace_back("exchange_host", true);
  if (!host.uplinks.empty()) object.emplace_back("uplinks", names(host.uplinks));
  if (host.state != HostState::up) object.emplace_back("state", text(to_string(host.state)));
  List nodes;
  for (const auto& node : host.numa) nodes.emplace_back(object_of(node));
  if (!nodes.empty()) object.emplace_back("numa", std::move(nodes));
  return object;
}

Object object_of(const Department& department) {
  Object quotas;
  for (const auto& [zone, quota] : department.quotas) {
    Object entry;
    if (quota.vcpus) entry.emplace_back("vcpus", *quota.vcpus);
    if (quota.memory) entry.emplace_back("memory_mib", quota.memory->value);
    if (quota.volumes) entry.emplace_back("volumes_gib", quota.volumes->value);
    quotas.emplace_back(zone.str(), std::move(entry));
  }
  if (quotas.empty()) return {};
  return {{"quotas", std::move(quotas)}};
}

Object object_of(const Group& group) {
  List rules;
  for (const auto& rule : group.rules) {
    Object entry{{"kind", text(to_string(rule.kind))}, {"scope", text(to_string(rule.scope))}};
    if (rule.max_per_domain != 1) entry.emplace_back("max_per_domain", rule.max_per_domain);
    if (!rule.from.empty()) entry.emplace_back("from", rule.from.str());
    if (!rule.hard()) entry.emplace_back("weight", rule.weight);
    rules.emplace_back(std::move(entry));
  }
  return {{"rules", std::move(rules)}};
}

Object object_of(const Placed& placed) {
  const Request& request = placed.request;
  Object object{{"host", placed.host.str()},
                {"application", request.application.str()},
                {"department", request.department.str()},
                {"zone", request.zone.str()},
                {"mlps", request.mlps},
                {"vcpus", request.vcpus},
                {"memory_mib", request.memory.value}};
  List nodes;
  for (const int node : placed.numa_nodes) nodes.emplace_back(node);
  if (!nodes.empty()) object.emplace_back("on_nodes", std::move(nodes));
  if (request.numa_nodes != 0) object.emplace_back("numa_nodes", request.numa_nodes);
  if (request.huge_pages) object.emplace_back("huge_pages", true);
  if (request.pinned) object.emplace_back("pinned", true);
  if (request.volumes.value != 0) object.emplace_back("volumes_gib", request.volumes.value);
  if (!request.traits.empty()) object.emplace_back("traits", names(request.traits));
  if (!request.uplinks.empty()) object.emplace_back("uplinks", names(request.uplinks));
  if (!request.is_protected) object.emplace_back("protected", false);
  if (!request.groups.empty()) object.emplace_back("groups", names(request.groups));
  if (!request.exchange_gateway.empty())
    object.emplace_back("exchange_gateway", request.exchange_gateway.str());
  return object;
}

template <class T>
Object by_name(const std::vector<T>& values) {
  Object object;
  for (const auto& value : values) {
    if constexpr (requires { value.id; })
      object.emplace_back(value.id.str(), object_of(value));
    else
      object.emplace_back(value.request.workload.str(), object_of(value));
  }
  return object;
}

}  // namespace

Object document_of(const Snapshot& snapshot) {
  Object document{{"api", "causeway/v1"},
                  {"kind", "Snapshot"},
                  {"version", kSnapshotVersion},
                  {"zones", by_name(snapshot.zones)},
                  {"racks", by_name(snapshot.racks)},
                  {"hosts", by_name(snapshot.hosts)},
                  {"departments", by_name(snapshot.departments)},
                  {"groups", by_name(snapshot.groups)},
                  {"workloads", by_name(snapshot.workloads)}};
  Object on_uplinks;
  for (const auto& [network, zone] : snapshot.on_uplinks)
    on_uplinks.emplace_back(network.str(), Object{{"zone", zone.str()}});
  if (!on_uplinks.empty()) document.emplace_back("on_uplinks", std::move(on_uplinks));
  return document;
}

}  // namespace causeway::inquiry
