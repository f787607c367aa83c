// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/model/checks.h"
#include "common/model/validate.h"
#include "common/model/validate_way_out.h"

namespace causeway::model {
namespace {

constexpr std::size_t kBridgeLetters = 8;  // of a zone's name that its bridges are called by (cw-extranet)
constexpr double kOvercommitMax = 16.0;

void check_zone(const Path& path, const ZoneId& id, const Zone& zone, Checks& checks) {
  checks.name(path, "zone", id.str());
  checks.title(at(path, "title"), zone.title);
  if (zone.classification == Classification::secret)
    checks.add(
        at(path, "classification"),
        "classification secret: systems that hold state secrets don't belong on this platform, whose hosts "
        "and networks are not certified for them (BMB 17, BMB 20)",
        "run them in a certified environment apart; here: open, internal or sensitive");
  checks.count(at(path, "mlps"), "the MLPS level", zone.mlps, 1, 4);
  checks.name(at(path, "pool"), "pool", zone.pool);
  checks.amount(at(path, "capacity"), "the capacity", zone.capacity, kCapacityMax);
}

// What passes between two zones is both their people's decision, so that both have to say it.
void check_exchange(const Path& path, const ZoneId& id, const Zone& zone, const Site& site, Checks& checks) {
  for (const auto& other : zone.exchange_with) {
    const Path here = at(path, other.str());
    if (other == id) {
      checks.add(here, "an exchange gateway stands between two zones, and this is one", "remove it");
      continue;
    }
    if (!checks.known(here, "zone", other, site.zones, "zones")) continue;
    if (!site.zones.at(other).exchange_with.contains(id))
      checks.add(here, fmt::format("zone {} does not say exchange_with: [{}]: both zones have to", other, id),
                 fmt::format("add it to zone {}, or remove it here", other));
  }
}

// What two zones may not have in common.
void check_zones(const Site& site, Checks& checks) {
  if (site.zones.empty()) checks.add("zones", "a site without zones can run nothing", "add a zone");
  std::map<std::string, ZoneId> pools;
  std::map<std::string, ZoneId> bridges;
  for (const auto& [id, zone] : site.zones) {
    const Path path = at("zones", id.str());
    check_zone(path, id, zone, checks);
    check_exchange(at(path, "exchange_with"), id, zone, site, checks);
    const auto [pool_owner, own_pool] = pools.emplace(zone.pool, id);
    if (!own_pool)
      checks.add(at(path, "pool"),
                 fmt::format("pool '{}' holds the volumes of zone {} already, and zones never share one",
                             zone.pool, pool_owner->second),
                 "give each zone a pool of its own");
    const auto [bridge_owner, own_bridge] = bridges.emplace(id.str().substr(0, kBridgeLetters), id);
    if (!own_bridge)
      checks.add(
          path,
          fmt::format("zones {} and {} start with the same {} letters, by which hosts call their bridges",
                      bridge_owner->second, id, kBridgeLetters),
          "give one of them another name");
  }
}

void check_class(const std::string& name, const HostClass& shape, Checks& checks) {
  const Path path = at("host_classes", name);
  checks.count(at(path, "vcpus"), "the number of vCPUs", shape.vcpus, 1, kVcpusMax);
  checks.amount(at(path, "memory"), "the memory", shape.memory, kMemoryMax);
  if (!(shape.overcommit >= 1.0 && shape.overcommit <= kOvercommitMax))
    checks.add(at(path, "overcommit"),
               fmt::format("overcommit is {}, outside 1.0 to {}", shape.overcommit, kOvercommitMax),
               "write how many vCPUs are sold for each hardware thread");
  MiB memory;
  MiB huge_pages;
  if (shape.huge_pages > shape.memory)
    checks.add(at(path, "huge_pages"),
               fmt::format("{} of huge pages are more than the memory of {}", to_string(shape.huge_pages),
                           to_string(shape.memory)),
               "huge pages are a part of the memory");
  for (const auto& node : shape.numa) {
    huge_pages += node.huge_pages;
    if (node.memory.value <= 0)
      checks.add(at(path, "numa"), "a NUMA node without memory", "write how much it has");
    if (node.huge_pages > node.memory)
      checks.add(at(path, "numa"),
                 fmt::format("a NUMA node of {} has {} of huge pages", to_string(node.memory),
                             to_string(node.huge_pages)),
                 "huge pages are a part of the memory");
    if (node.cores < 1) checks.add(at(path, "numa"), "a NUMA node without cores", "write how many it has");
    memory += node.memory;
  }
  if (memory > shape.memory)
    checks.add(at(path, "numa"),
               fmt::format("the NUMA nodes have {} together, the host {} in all", to_string(memory),
                           to_string(shape.memory)),
               "what the host itself needs is taken off the nodes too");
  if (huge_pages > shape.huge_pages)
    checks.add(at(path, "numa"),
               fmt::format("the NUMA nodes have {} of huge pages together, the host {} in all",
                           to_string(huge_pages), to_string(shape.huge_pages)),
               fmt::format("write huge_pages: {} for the class", to_string(huge_pages)));
  for (const auto& trait : shape.traits) checks.title(at(path, "traits"), trait);
}

void check_exchange_host(const Path& path, const HostSpec& host, const Site& site, Checks& checks) {
  if (host.zones.size() != 2) {
    checks.add(path, fmt::format("an exchange host serves two zones, and this one {}", host.zones.size()),
               "write the two zones that its exchange gateways stand between, or remove exchange_host");
    return;
  }
  const ZoneId& one = *host.zones.begin();
  const ZoneId& other = *host.zones.rbegin();
  const auto found = site.zones.find(one);
  if (found == site.zones.end() || !site.zones.contains(other)) return;
  if (!may_exchange(site, one, other))
    checks.add(
        path, fmt::format("no exchange gateway may stand between zones {} and {}", one, other),
        fmt::format("write exchange_with: [{}] in zone {} and exchange_with: [{}] in zone {}, or remove "
                    "exchange_host",
                    other, one, one, other));
}

// Zones that one host serves meet in its kernel: each of them must allow it, at one level. On an exchange
// host only gateways run, which are there to be in both.
void check_host_zones(const Path& path, const HostSpec& host, const Site& site, Checks& checks) {
  if (host.zones.empty()) checks.add(path, "the host serves no zone", "write the zone it serves");
  for (const auto& zone : host.zones) checks.known(at(path, zone.str()), "zone", zone, site.zones, "zones");
  if (host.exchange_host || host.zones.size() < 2) return;
  const Zone* first = nullptr;
  for (const auto& id : host.zones) {
    const auto found = site.zones.find(id);
    if (found == site.zones.end()) continue;
    if (found->second.isolation == Isolation::own_hosts) {
      checks.add(at(path, id.str()),
                 fmt::format("zone {} has hosts of its own, and this host serves other zones too", id),
                 fmt::format("write zones: [{}]", id));
      return;
    }
    if (first == nullptr) first = &found->second;
    if (found->second.mlps != first->mlps) {
      checks.add(at(path, id.str()),
                 fmt::format("zones of MLPS level {} and {} on one host", first->mlps, found->second.mlps),
                 "only zones of one level may share a host");
      return;
    }
  }
}

void check_hosts(const Site& site, Checks& checks) {
  std::map<RackId, HallId> racks;
  std::set<std::string> classes;
  for (const auto& [id, host] : site.hosts) {
    const Path path = at("hosts", id.str());
    checks.name(path, "host", id.str());
    const auto [owner, fresh] = racks.emplace(host.rack, host.hall);
    if (fresh) {
      checks.name(at(at(at("halls", host.hall.str()), "racks"), host.rack.str()), "rack", host.rack.str());
      checks.name(at("halls", host.hall.str()), "hall", host.hall.str());
    } else if (owner->second != host.hall) {
      checks.add(path,
                 fmt::format("rack {} stands in hall {} and in hall {}", host.rack, owner->second, host.hall),
                 "give one of the two racks another name");
    }
    if (classes.insert(host.class_name).second) check_class(host.class_name, host.shape, checks);
    check_host_zones(at(path, "zones"), host, site, checks);
    if (host.exchange_host) check_exchange_host(at(path, "exchange_host"), host, site, checks);
  }
}

void check_image(const ImageId& id, const Image& image, Checks& checks) {
  const Path path = at("images", id.str());
  checks.name(path, "image", id.str());
  checks.title(at(path, "title"), image.title);
  checks.file_name(at(path, "file"), image.file);
  if (image.sha256.size() != 64 || image.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
    checks.add(at(path, "sha256"), "this is no SHA-256 checksum (64 digits 0-9a-f)",
               fmt::format("write what `sha256sum {}` prints", image.file));
  checks.amount(at(path, "size"), "the size", image.size, kVolumeMax);
}

}  // namespace

bool may_exchange(const Site& site, const ZoneId& one, const ZoneId& other) {
  const auto a = site.zones.find(one);
  const auto b = site.zones.find(other);
  return one != other && a != site.zones.end() && b != site.zones.end() &&
         a->second.exchange_with.contains(other) && b->second.exchange_with.contains(one);
}

Findings validate(const Site& site) {
  Checks checks;
  checks.name("name", "site", site.name);
  checks.title("title", site.title);
  check_zones(site, checks);
  check_ways_out(site, checks);
  check_hosts(site, checks);
  for (const auto& [id, image] : site.images) check_image(id, image, checks);
  return checks.take();
}

Findings validate(const Manifest& manifest, const Catalog& catalog) {
  if (const auto* departments = std::get_if<Departments>(&manifest)) return validate(*departments, catalog);
  if (const auto* rooms = std::get_if<Rooms>(&manifest)) return validate(*rooms, catalog);
  if (const auto* wave = std::get_if<Wave>(&manifest)) return validate(*wave, catalog);
  const auto& site = std::get<Site>(manifest);
  Findings findings = validate(site);
  Checks checks;
  for (const auto& [id, host] : site.hosts)
    if (host.dedicated)
      checks.known(at(at("hosts", id.str()), "dedicated"), "department", *host.dedicated, catalog.departments,
                   "the departments' file and apply the two together");
  for (const auto& [id, zone] : site.zones)
    if (zone.way_out)
      check_way_out_beside(at(at("zones", id.str()), "way_out"), id, *zone.way_out, catalog, checks);
  for (const auto& [id, network] : catalog.networks) {
    const auto zone = site.zones.find(network.zone);
    if (zone != site.zones.end() && network.way_out && !zone->second.way_out)
      checks.add(at("zones", network.zone.str()), fmt::format("network {} has the zone's way out", id),
                 "keep `way_out`, or change the network first");
    if (zone != site.zones.end() && network.mtu > zone->second.underlay_mtu - kTunnelOverhead)
      checks.add(at(at("zones", network.zone.str()), "underlay_mtu"),
                 fmt::format("an underlay of {} does not carry network {}, whose MTU is {}",
                             zone->second.underlay_mtu, id, network.mtu),
                 fmt::format("write {} or more, or make the network's MTU smaller first",
                             network.mtu + kTunnelOverhead));
  }
  for (auto& finding : checks.take()) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace causeway::model
