// SPDX-License-Identifier: Apache-2.0
// kind: Departments
#include <fmt/format.h>

#include "common/config/kinds.h"

namespace causeway::config {
namespace {

using namespace model;

std::optional<Quota> quota(const Cursor& cursor) {
  Quota quota;
  cursor.fields()
      .required("vcpus", quota.vcpus, integer(0, 1'000'000))
      .required("memory", quota.memory, memory)
      .required("volumes", quota.volumes, capacity)
      .no_others();
  return quota;
}

std::optional<Network> network(const Cursor& cursor, const DepartmentId& department) {
  Network network;
  network.department = department;
  cursor.fields()
      .required("zone", network.zone, name<ZoneId>)
      .optional("subnet", network.subnet, subnet)
      .optional("subnet6", network.subnet6, subnet)
      .optional("gateway", network.gateway, address)
      .optional("mtu", network.mtu, integer(1280, 9000))
      .optional("vlan", network.vlan, integer(1, kVlanMax))
      .optional("way_out", network.way_out, boolean)
      .no_others();
  return network;
}

}  // namespace

Departments read_departments(const Cursor& root) {
  std::map<NetworkId, DepartmentId> owners;  // a network is known by its name alone
  const auto department = [&](const Cursor& cursor) -> std::optional<Department> {
    const DepartmentId id(cursor.name());
    const auto own_network = [&](const Cursor& at) -> std::optional<Network> {
      const auto [first, fresh] = owners.emplace(NetworkId(at.name()), id);
      if (!fresh)
        at.problem(fmt::format("{} has a network '{}' too, and a network is known by its name alone",
                               first->second.str(), at.name()),
                   fmt::format("call this one {}-{}", id.str(), at.name()));
      return network(at, id);
    };
    Department read;
    cursor.fields()
        .required("title", read.title, text)
        .optional("english", read.english, text)
        .optional("quotas", read.quotas, map_of<ZoneId>(quota))
        .optional("networks", read.networks, map_of<NetworkId>(own_network))
        .no_others();
    return read;
  };
  Departments departments;
  document_fields(root)
      .required("departments", departments.departments, map_of<DepartmentId>(department))
      .no_others();
  return departments;
}

}  // namespace causeway::config
