// SPDX-License-Identifier: Apache-2.0
// Small sites in a few words: defaults are generous, so that a test shows only what it is about.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scheduler/placement/snapshot.h"

namespace causeway::placement::testing {

struct HostBuilder {
  Host value;

  explicit HostBuilder(const std::string& id) {
    value.id = HostId(id);
    value.rack = RackId("r1");
    value.zones = {ZoneId("extranet")};
    value.cores = 64;
    value.memory = MiB{256 * 1024};
  }
  HostBuilder rack(const std::string& id) { return value.rack = RackId(id), *this; }
  HostBuilder zones(std::set<ZoneId> ids) { return value.zones = std::move(ids), *this; }
  HostBuilder cores(std::int64_t count) { return value.cores = count, *this; }
  HostBuilder memory(MiB amount) { return value.memory = amount, *this; }
  HostBuilder huge_pages(MiB amount) { return value.huge_pages = amount, *this; }
  HostBuilder overcommit(int percent) { return value.overcommit_percent = percent, *this; }
  HostBuilder trait(const std::string& name) { return value.traits.insert(name), *this; }
  HostBuilder dedicated_to(const std::string& id) { return value.dedicated_to = DepartmentId(id), *this; }
  HostBuilder exchange() { return value.exchange_host = true, *this; }
  HostBuilder uplink(const std::string& zone = "extranet") {
    return value.uplinks.insert(ZoneId(zone)), *this;
  }
  HostBuilder state(HostState state) { return value.state = state, *this; }
  // So many nodes, each with an equal part of the cores and memory.
  HostBuilder numa(int nodes) {
    value.numa.assign(static_cast<std::size_t>(nodes), {value.cores / nodes, MiB{value.memory.value / nodes},
                                                        MiB{value.huge_pages.value / nodes}});
    return *this;
  }
};

struct RequestBuilder {
  Request value;

  explicit RequestBuilder(const std::string& name) {
    value.workload = WorkloadId("civil-affairs/registry/" + name);
    value.application = ApplicationId("civil-affairs/registry");
    value.department = DepartmentId("civil-affairs");
    value.zone = ZoneId("extranet");
    value.vcpus = 2;
    value.memory = MiB{4096};
  }
  RequestBuilder vcpus(std::int64_t count) { return value.vcpus = count, *this; }
  RequestBuilder memory(MiB amount) { return value.memory = amount, *this; }
  RequestBuilder volumes(GiB amount) { return value.volumes = amount, *this; }
  RequestBuilder huge_pages() { return value.huge_pages = true, *this; }
  RequestBuilder numa(int nodes) { return value.numa_nodes = nodes, *this; }
  RequestBuilder pinned() { return value.pinned = true, *this; }
  RequestBuilder uplink(const std::string& zone = "extranet") {
    return value.uplinks.insert(ZoneId(zone)), *this;
  }
  RequestBuilder unprotected() { return value.is_protected = false, *this; }
  RequestBuilder mlps(int level) { return value.mlps = level, *this; }
  RequestBuilder zone(const std::string& id) { return value.zone = ZoneId(id), *this; }
  RequestBuilder gateway_to(const std::string& id) { return value.exchange_gateway = ZoneId(id), *this; }
  RequestBuilder department(const std::string& id) { return value.department = DepartmentId(id), *this; }
  RequestBuilder trait(const std::string& name) { return value.traits.insert(name), *this; }
  RequestBuilder group(const std::string& id) { return value.groups.insert(GroupId(id)), *this; }

  operator Request() const { return value; }  // NOLINT: a builder stands for what it builds
};

struct SiteBuilder {
  Snapshot value;

  // Zones extranet and intranet with hosts of their own, dedicated departments civil-affairs and health,
  // racks r1 and r2 in hall a, r3 in hall b.
  SiteBuilder() {
    value.zones = {{ZoneId("extranet"), Isolation::own_hosts, 3, Reserve::none, {}},
                   {ZoneId("intranet"), Isolation::own_hosts, 3, Reserve::none, {}}};
    value.racks = {{RackId("r1"), HallId("a")}, {RackId("r2"), HallId("a")}, {RackId("r3"), HallId("b")}};
    value.departments = {{DepartmentId("civil-affairs"), {}}, {DepartmentId("health"), {}}};
  }
  SiteBuilder& host(const HostBuilder& host) { return value.hosts.push_back(host.value), *this; }
  SiteBuilder& quota(const std::string& department, const std::string& zone, Quota quota) {
    for (auto& entry : value.departments)
      if (entry.id.str() == department) entry.quotas[ZoneId(zone)] = quota;
    return *this;
  }
  SiteBuilder& pool(const std::string& zone, GiB capacity) {
    for (auto& entry : value.zones)
      if (entry.id.str() == zone) entry.pool = capacity;
    return *this;
  }
  SiteBuilder& reserve(const std::string& zone, Reserve reserve) {
    for (auto& entry : value.zones)
      if (entry.id.str() == zone) entry.reserve = reserve;
    return *this;
  }
  // Gateways may stand between the two zones.
  SiteBuilder& exchange(const std::string& one, const std::string& other) {
    for (auto& entry : value.zones) {
      if (entry.id.str() == one) entry.exchange_with.insert(ZoneId(other));
      if (entry.id.str() == other) entry.exchange_with.insert(ZoneId(one));
    }
    return *this;
  }
  SiteBuilder& group(const std::string& id, std::vector<Rule> rules) {
    value.groups.push_back({GroupId(id), std::move(rules)});
    return *this;
  }
  SiteBuilder& placed(const RequestBuilder& request, const std::string& host,
                      std::vector<int> numa_nodes = {}) {
    value.workloads.push_back({request.value, HostId(host), std::move(numa_nodes)});
    return *this;
  }

  operator Snapshot() const { return value; }  // NOLINT: a builder stands for what it builds
};

inline HostBuilder host(const std::string& id) { return HostBuilder(id); }
inline RequestBuilder request(const std::string& name) { return RequestBuilder(name); }
inline SiteBuilder site() { return {}; }

inline Rule apart(Scope scope, int most = 1, double weight = 0) {
  return {Rule::Kind::keep_apart, scope, most, weight, {}};
}
inline Rule together(Scope scope, double weight = 0) {
  return {Rule::Kind::keep_together, scope, 1, weight, {}};
}

}  // namespace causeway::placement::testing
