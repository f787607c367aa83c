// SPDX-License-Identifier: Apache-2.0
#include "common/model/validate_way_out.h"

#include <algorithm>
#include <optional>

namespace causeway::model {
namespace {

constexpr std::size_t kRoutersMax = 8;
constexpr std::size_t kPrefixesMax = 64;  // of one system
constexpr int kShortest = 4;              // a prefix that holds half of all addresses names no system
constexpr int kShortest6 = 16;

// Workloads' MACs begin so (AddressBook), and no machine that is sold does.
bool is_workloads(const Mac& mac) { return mac.bytes[0] == 0x52 && mac.bytes[1] == 0x54; }

std::string router_problem(const Mac& mac) {
  if (mac == Mac{} || (mac.bytes[0] & 1U) != 0) return "is no machine's";
  if (mac == kGatewayMac) return "is that of every network's gateway";
  return is_workloads(mac) ? "may become a workload's" : "";
}

void check_routers(const Path& path, const std::vector<Mac>& routers, Checks& checks) {
  if (routers.empty() || routers.size() > kRoutersMax)
    checks.add(path, fmt::format("{} routers, and 1 to {} may be named", routers.size(), kRoutersMax),
               "write the MAC that packets are sent to first, then those that routers send from");
  for (std::size_t i = 0; i < routers.size(); ++i) {
    if (const auto problem = router_problem(routers[i]); !problem.empty())
      checks.add(path, fmt::format("{} {}", routers[i].str(), problem), "write the MAC of a router's port");
    if (std::ranges::find(routers.begin(), routers.begin() + static_cast<std::ptrdiff_t>(i), routers[i]) !=
        routers.begin() + static_cast<std::ptrdiff_t>(i))
      checks.add(path, fmt::format("{} is there twice", routers[i].str()), "keep one of the two");
  }
}

struct Claim {
  Subnet prefix;
  std::string system;
};

void check_prefixes(const Path& path, const std::string& name, const OutsideSystemSpec& system,
                    std::vector<Claim>& claims, Checks& checks) {
  if (system.prefixes.empty() || system.prefixes.size() > kPrefixesMax)
    checks.add(path,
               fmt::format("{} prefixes, and a system is 1 to {}", system.prefixes.size(), kPrefixesMax),
               "write the addresses that it has: [203.0.113.0/24]");
  for (const Subnet& prefix : system.prefixes) {
    if (const int shortest = prefix.first.v6 ? kShortest6 : kShortest; prefix.length < shortest)
      checks.add(path,
                 fmt::format("{} is more than a system outside: a prefix has a length of {} or more",
                             prefix.str(), shortest),
                 "write the addresses that it has");
    if (const auto problem = reserved_problem(prefix); !problem.empty())
      checks.add(path, problem, "write the addresses that it has");
    for (const Claim& claim : claims)
      if (claim.prefix.overlaps(prefix))
        checks.add(path,
                   fmt::format("{} overlaps {} of system {}", prefix.str(), claim.prefix.str(), claim.system),
                   "an address outside is of one system");
    claims.push_back({prefix, name});
  }
}

void check_overlap(const Path& path, const std::string& system, const Subnet& prefix, const NetworkId& id,
                   const Network& network, Checks& checks) {
  for (const auto& subnet : {network.subnet, network.subnet6})
    if (subnet && subnet->overlaps(prefix))
      checks.add(path,
                 fmt::format("{} of system {} overlaps {} of network {}: what has an address inside is not "
                             "outside",
                             prefix.str(), system, subnet->str(), id),
                 "write prefixes that no network of the zone has");
}

}  // namespace

void check_ways_out(const Site& site, Checks& checks) {
  std::map<std::string, ZoneId> names;  // a system is known by its name alone
  for (const auto& [id, zone] : site.zones) {
    if (!zone.way_out) continue;
    const Path path = at(at("zones", id.str()), "way_out");
    checks.count(at(path, "vlan"), "the VLAN", zone.way_out->vlan, 1, kVlanMax);
    check_routers(at(path, "routers"), zone.way_out->routers, checks);
    std::vector<Claim> claims;
    for (const auto& [name, system] : zone.way_out->systems) {
      const Path here = at(at(path, "systems"), name);
      checks.name(here, "system", name);
      checks.title(at(here, "title"), system.title);
      check_prefixes(at(here, "prefixes"), name, system, claims, checks);
      checks.services(at(here, "offers"), system.offers, "system");
      const auto [first, fresh] = names.emplace(name, id);
      if (!fresh)
        checks.add(here,
                   fmt::format("zone {} has a system {} outside too, and it is known by its name alone",
                               first->second, name),
                   fmt::format("call this one {}-{}", id, name));
    }
  }
}

void check_way_out_beside(const Path& path, const ZoneId& id, const WayOutSpec& way, const Catalog& catalog,
                          Checks& checks) {
  for (const auto& [network_id, network] : catalog.networks) {
    if (network.zone != id) continue;
    if (network.vlan == way.vlan)
      checks.add(at(path, "vlan"), fmt::format("VLAN {} is that of network {}", way.vlan, network_id),
                 "give the way out a VLAN of its own");
    for (const auto& [name, system] : way.systems)
      for (const Subnet& prefix : system.prefixes)
        check_overlap(at(at(at(path, "systems"), name), "prefixes"), name, prefix, network_id, network,
                      checks);
  }
}

void check_way_out_of(const Path& path, const Network& network, const Catalog& catalog, Checks& checks) {
  const auto zone = catalog.site.zones.find(network.zone);
  if (zone == catalog.site.zones.end()) return;
  const auto& way = zone->second.way_out;
  if (network.way_out && !way)
    checks.add(at(path, "way_out"), fmt::format("zone {} has no way out", network.zone),
               "describe it in the site's file (way_out), or leave this line out");
  if (network.way_out && !network.gateway)
    checks.add(at(path, "way_out"), "without a gateway nothing leaves the network", "add `gateway: …`");
  if (!way) return;
  if (network.vlan == way->vlan)
    checks.add(at(path, "vlan"),
               fmt::format("VLAN {} is that of the way out of zone {}", way->vlan, network.zone),
               "give the network a VLAN of its own");
  for (const auto& [name, system] : way->systems)
    for (const Subnet& prefix : system.prefixes)
      for (const auto& [key, subnet] :
           {std::pair{"subnet", &network.subnet}, std::pair{"subnet6", &network.subnet6}})
        if (*subnet && (*subnet)->overlaps(prefix))
          checks.add(at(path, key),
                     fmt::format("{} overlaps {} of system {}, which is outside", (*subnet)->str(),
                                 prefix.str(), name),
                     "give the network other addresses");
}

}  // namespace causeway::model
