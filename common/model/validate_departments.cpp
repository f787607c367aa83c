// SPDX-License-Identifier: Apache-2.0
// Departments with their networks, and the rooms that they leave.
#include <algorithm>

#include "common/model/checks.h"
#include "common/model/validate.h"
#include "common/model/validate_way_out.h"

namespace causeway::model {
namespace {

constexpr std::string_view kSiteFile = "the site's file";
constexpr int kMtuMin = 1280;  // what IPv6 needs
constexpr int kMtuMax = 9000;

void check_quota(const Path& path, const Quota& quota, Checks& checks) {
  // A quota of nothing is a statement too; below that is none.
  checks.count(at(path, "vcpus"), "the number of vCPUs", quota.vcpus, 0, 1'000'000);
  if (quota.memory.value != 0)
    checks.amount(at(path, "memory"), "the memory", quota.memory, kMemoryMax * 1024);
  if (quota.volumes.value != 0)
    checks.amount(at(path, "volumes"), "the volumes", quota.volumes, kCapacityMax);
}

void check_subnet(const Path& path, const Subnet& subnet, bool v6, Checks& checks) {
  if (subnet.first.v6 != v6) {
    checks.add(path, fmt::format("{} is an {} subnet", subnet.str(), subnet.first.v6 ? "IPv6" : "IPv4"),
               subnet.first.v6 ? "write it as subnet6" : "write it as subnet");
    return;
  }
  const int shortest = v6 ? 16 : 8;
  const int longest = v6 ? 126 : 29;
  if (subnet.length < shortest || subnet.length > longest)
    checks.add(path,
               fmt::format("a subnet of length {} is outside {} to {}", subnet.length, shortest, longest),
               v6 ? "fd52:3::/64 is a usual one" : "10.52.3.0/24 is a usual one: 253 workloads");
  if (const auto problem = reserved_problem(subnet); !problem.empty())
    checks.add(
        path, problem,
        v6 ? "choose one inside fd00::/8" : "choose one inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
}

void check_gateway(const Path& path, const Network& network, Checks& checks) {
  if (!network.gateway) return;
  Network without = network;
  without.gateway.reset();
  const std::string problem = address_problem(without, *network.gateway);
  if (problem.empty()) return;
  const auto& subnet = network.gateway->v6 ? network.subnet6 : network.subnet;
  checks.add(at(path, "gateway"), fmt::format("{} can't be the gateway: {}", network.gateway->str(), problem),
             subnet ? fmt::format("write {}", subnet->first.plus(1).str())
                    : "write an address of the network, or leave it out");
}

// Grants will join networks of one zone; two of them with the same addresses could never be told apart.
void check_overlap(const Path& path, const NetworkId& id, const Network& network, const Departments& own,
                   const Catalog& catalog, Checks& checks) {
  for (const auto& [other_id, other] : catalog.networks) {
    if (other_id == id || other.zone != network.zone) continue;
    // Each pair of one file is reported once.
    const auto owner = own.departments.find(other.department);
    if (owner != own.departments.end() && owner->second.networks.contains(other_id) && id < other_id)
      continue;
    const auto compare = [&](const char* key, const std::optional<Subnet>& mine,
                             const std::optional<Subnet>& theirs) {
      if (!mine || !theirs || !mine->overlaps(*theirs)) return;
      checks.add(at(path, key),
                 fmt::format("{} overlaps {} of network {} ({}) in zone {}", mine->str(), theirs->str(),
                             other_id, other.department, network.zone),
                 "give each network of a zone its own addresses");
    };
    compare("subnet", network.subnet, other.subnet);
    compare("subnet6", network.subnet6, other.subnet6);
  }
}

// Tunnels don't fragment: what is longer than the underlay carries is lost without a word.
void check_underlay(const Path& path, const Network& network, const Catalog& catalog, Checks& checks) {
  const auto zone = catalog.site.zones.find(network.zone);
  if (zone == catalog.site.zones.end()) return;
  const int most = zone->second.underlay_mtu - kTunnelOverhead;
  if (network.mtu <= most || network.mtu > kMtuMax) return;
  checks.add(
      path,
      fmt::format("an MTU of {} does not pass between the hosts of zone {}: its underlay carries {}, and "
                  "tunnels take {} of that",
                  network.mtu, network.zone, zone->second.underlay_mtu, kTunnelOverhead),
      fmt::format("write {} or less, or the zone's `underlay_mtu` if it carries more", most));
}

// One VLAN of a zone's uplinks is one segment. Between zones a number says nothing: they share no uplink.
void check_vlan(const Path& path, const NetworkId& id, const Network& network, const Departments& own,
                const Catalog& catalog, Checks& checks) {
  if (!network.vlan) return;
  checks.count(path, "the VLAN", *network.vlan, 1, kVlanMax);
  for (const auto& [other_id, other] : catalog.networks) {
    if (other_id == id || other.zone != network.zone || other.vlan != network.vlan) continue;
    // Each pair of one file is reported once.
    const auto owner = own.departments.find(other.department);
    if (owner != own.departments.end() && owner->second.networks.contains(other_id) && id < other_id)
      continue;
    checks.add(path,
               fmt::format("VLAN {} is that of network {} ({}) in zone {}", *network.vlan, other_id,
                           other.department, network.zone),
               "give each network of a zone its own VLAN");
  }
}

void check_network(const Path& path, const NetworkId& id, const Network& network, const Departments& own,
                   const Catalog& catalog, Checks& checks) {
  checks.name(path, "network", id.str());
  checks.known(at(path, "zone"), "zone", network.zone, catalog.site.zones, kSiteFile);
  if (!network.subnet && !network.subnet6)
    checks.add(path, fmt::format("network {} has no addresses", id),
               "add `subnet: 10.…/24`, `subnet6: fd…::/64` or both");
  if (network.subnet) check_subnet(at(path, "subnet"), *network.subnet, false, checks);
  if (network.subnet6) check_subnet(at(path, "subnet6"), *network.subnet6, true, checks);
  check_gateway(path, network, checks);
  checks.count(at(path, "mtu"), "the MTU", network.mtu, kMtuMin, kMtuMax);
  check_underlay(at(path, "mtu"), network, catalog, checks);
  check_vlan(at(path, "vlan"), id, network, own, catalog, checks);
  check_way_out_of(path, network, catalog, checks);
  for (const auto& [department, spec] : catalog.departments)
    if (department != network.department && spec.networks.contains(id))
      checks.add(path,
                 fmt::format("{} has a network {} already, and a network is known by its name alone",
                             department, id),
                 fmt::format("call this one {}-{}", network.department, id));
  check_overlap(path, id, network, own, catalog, checks);
}

}  // namespace

Findings validate(const Departments& departments, const Catalog& catalog) {
  Checks checks;
  for (const auto& [id, department] : departments.departments) {
    const Path path = at("departments", id.str());
    checks.name(path, "department", id.str());
    if (id.str() == kOutsideDepartment)
      checks.add(path, "'outside' stands for what is outside of the platform", "choose another name");
    checks.title(at(path, "title"), department.title);
    checks.title(at(path, "english"), department.english);
    for (const auto& [zone, quota] : department.quotas) {
      const Path quota_path = at(at(path, "quotas"), zone.str());
      checks.known(quota_path, "zone", zone, catalog.site.zones, kSiteFile);
      check_quota(quota_path, quota, checks);
    }
    for (const auto& [network_id, network] : department.networks)
      check_network(at(at(path, "networks"), network_id.str()), network_id, network, departments, catalog,
                    checks);
  }
  return checks.take();
}

Findings validate(const Rooms& rooms, const Catalog& catalog) {
  Checks checks;
  for (const auto& [id, room] : rooms.rooms) {
    const Path path = at("rooms", id.str());
    checks.name(path, "room", id.str());
    checks.title(at(path, "title"), room.title);
    checks.title(at(path, "address"), room.address);
    checks.known(at(path, "department"), "department", room.department, catalog.departments,
                 "the departments' file");
    for (const auto& server : room.servers) {
      const Path server_path = at(at(path, "servers"), server);
      checks.title(server_path, server);
      for (const auto& [other_id, other] : catalog.rooms)
        if (other_id < id && other.department == room.department && other.servers.contains(server))
          checks.add(server_path, fmt::format("server {} stands in room {} too", server, other_id),
                     "keep one of the two");
    }
  }
  return checks.take();
}

}  // namespace causeway::model
