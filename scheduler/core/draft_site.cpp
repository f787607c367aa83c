// SPDX-License-Identifier: Apache-2.0
// Sites, departments and rooms against what stands: what is added, what changes, and what must not change any
// more because something runs on it.
#include <fmt/format.h>

#include <algorithm>

#include "common/core/text.h"
#include "common/model/validate.h"
#include "scheduler/core/draft.h"

namespace causeway::scheduler {
namespace {

void stands(Draft& into, std::string_view noun, const std::string& name) {
  into.lines.push_back(
      {' ', fmt::format("{} {}", noun, name),
       fmt::format("not in the file, still there; delete it with 'causeway delete {} {}'", noun, name)});
}

// Puts into `written` what only `standing` has.
template <class Id, class Spec>
void keep_standing(std::map<Id, Spec>& written, const std::map<Id, Spec>& standing, std::string_view noun,
                   Draft& into) {
  for (const auto& [id, spec] : standing)
    if (written.try_emplace(id, spec).second) stands(into, noun, id.str());
}

// One line for each thing that is new or differs.
template <class Id, class Spec, class Describe>
void compare(const std::map<Id, Spec>& written, const std::map<Id, Spec>& standing, std::string_view noun,
             Describe describe, Draft& into) {
  for (const auto& [id, spec] : written) {
    const auto held = standing.find(id);
    if (held != standing.end() && held->second == spec) {
      ++into.unchanged;
      continue;
    }
    into.lines.push_back(
        {held == standing.end() ? '+' : '~', fmt::format("{} {}", noun, id), describe(spec)});
  }
}

std::string names(const auto& ids) {
  std::string text;
  for (const auto& id : ids) text += (text.empty() ? "" : ", ") + id.str();
  return text;
}

std::string text_of(const model::Zone& zone) {
  std::string text = fmt::format("{}, MLPS level {}, pool {}, {}", zone.title, zone.mlps, zone.pool,
                                 to_string(zone.capacity));
  if (zone.reserve == model::Reserve::host) text += ", reserve for a host";
  if (zone.reserve == model::Reserve::rack) text += ", reserve for a rack";
  if (zone.way_out)
    text += fmt::format(", way out by VLAN {} to {}", zone.way_out->vlan,
                        counted(zone.way_out->systems.size(), "system"));
  if (!zone.exchange_with.empty()) text += fmt::format(", exchange with {}", names(zone.exchange_with));
  return text;
}

std::string text_of(const model::HostSpec& host) {
  return fmt::format("hall {}, rack {}, {} vCPU, {}, zones {}{}", host.hall, host.rack, host.shape.vcpus,
                     to_string(host.shape.memory), names(host.zones),
                     host.exchange_host ? ", exchange host" : "");
}

std::string text_of(const model::Image& image) {
  return fmt::format("{}, {}, {}", image.title, image.file, to_string(image.size));
}

std::string text_of(const model::Network& network) {
  std::string text = fmt::format("zone {}", network.zone);
  if (network.subnet) text += ", " + network.subnet->str();
  if (network.subnet6) text += ", " + network.subnet6->str();
  if (network.way_out) text += ", has a way out";
  return text;
}

std::string text_of(const model::Department& department) {
  std::string text = department.title;
  for (const auto& [zone, quota] : department.quotas)
    text += fmt::format(", {}: {} vCPU, {}, {}", zone, quota.vcpus, to_string(quota.memory),
                        to_string(quota.volumes));
  return text;
}

std::string text_of(const model::Room& room) {
  const auto servers = counted(room.servers.size(), "server");
  std::string text;
  for (const auto& part : {room.title, room.address})
    if (!part.empty()) text += part + ", ";
  return text + servers;
}

void refuse(Draft& into, std::uint32_t document, Path path, std::string what, std::string next) {
  into.findings.push_back({document, {std::move(path), std::move(what), std::move(next)}});
}

bool any_workload_in(const Tables& tables, const ZoneId& zone) {
  return std::ranges::any_of(tables.workloads(),
                             [&](const auto& entry) { return entry.second.zone == zone; });
}

// A system that comes back under its name inherits no grants.
void check_systems(const Tables& tables, const model::Site& site, std::uint32_t document, Draft& into) {
  model::Catalog catalog;
  catalog.site = site;
  model::put_outside(catalog);
  for (const auto& [id, grant] : tables.grants())
    for (const auto& end : {grant.application, model::application_of(grant.service)})
      if (model::is_outside(end) && !grant.closing && !catalog.applications.contains(end))
        refuse(into, document, "zones",
               fmt::format("{} is gone from the ways out, and a grant names it: {} may reach {}", end,
                           grant.application, grant.service),
               fmt::format("revoke it first: causeway grant revoke {} {}", grant.application, grant.service));
}

void check_zones(const Tables& tables, const model::Site& site, std::uint32_t document, Draft& into) {
  for (const auto& [id, zone] : site.zones) {
    const auto held = tables.site().zones.find(id);
    if (held != tables.site().zones.end() && held->second.pool != zone.pool && any_workload_in(tables, id))
      refuse(into, document, at(at("zones", id.str()), "pool"),
             fmt::format("the volumes of zone {} are in pool {} and can't follow to {}", id,
                         held->second.pool, zone.pool),
             fmt::format("keep pool {}, or delete the zone's workloads first", held->second.pool));
    const auto between = std::ranges::find_if(tables.workloads(), [&](const auto& entry) {
      const auto& other = entry.second.exchange_gateway;
      return entry.second.zone == id && !other.empty() && !model::may_exchange(site, id, other);
    });
    if (between != tables.workloads().end())
      refuse(into, document, at(at("zones", id.str()), "exchange_with"),
             fmt::format("{} is an exchange gateway between zones {} and {}", between->first, id,
                         between->second.exchange_gateway),
             fmt::format("keep exchange_with in both, or delete it first: causeway delete workload {}",
                         between->first));
    const auto above = std::ranges::find_if(tables.applications(), [&](const auto& entry) {
      return entry.second.spec.zone == id && entry.second.spec.mlps > zone.mlps;
    });
    if (above != tables.applications().end())
      refuse(into, document, at(at("zones", id.str()), "mlps"),
             fmt::format("{} of MLPS level {} runs in zone {}, which shall have level {} only", above->first,
                         above->second.spec.mlps, id, zone.mlps),
             fmt::format("keep level {} or more", above->second.spec.mlps));
  }
}

void check_hosts(const Tables& tables, const model::Site& site, std::uint32_t document, Draft& into) {
  for (const auto& [id, host] : site.hosts) {
    for (const auto* standing : tables.on_host(id)) {
      const auto& workload = *standing;
      const auto drain = fmt::format("drain it first: causeway host drain {}", id);
      const bool gateway = !workload.exchange_gateway.empty();
      if (!host.zones.contains(workload.zone))
        refuse(into, document, at(at("hosts", id.str()), "zones"),
               fmt::format("host {} runs {} of zone {}, which it shall no longer serve", id, workload.id,
                           workload.zone),
               drain);
      else if (gateway && !host.zones.contains(workload.exchange_gateway))
        refuse(into, document, at(at("hosts", id.str()), "zones"),
               fmt::format("host {} runs {}, an exchange gateway to zone {}, which it shall no longer serve",
                           id, workload.id, workload.exchange_gateway),
               drain);
      else if (gateway != host.exchange_host)
        refuse(into, document, at(at("hosts", id.str()), "exchange_host"),
               fmt::format("host {} runs {}, which is {}", id, workload.id,
                           gateway ? "an exchange gateway" : "no exchange gateway"),
               drain);
      else
        continue;
      break;
    }
  }
}

void check_network(const Tables& tables, const NetworkId& id, const model::Network& network,
                   std::uint32_t document, Draft& into) {
  const auto held = tables.networks().find(id);
  if (held == tables.networks().end() || tables.on_network(id).empty()) return;
  const auto path = at(at(at("departments", network.department.str()), "networks"), id.str());
  if (held->second.spec.zone != network.zone || held->second.spec.department != network.department)
    refuse(into, document, at(path, "zone"),
           fmt::format("network {} has ports and can't change its zone or owner", id),
           "give the new network another name");
  const bool needs_uplink = network.vlan || network.way_out;
  for (const auto* workload : tables.on_network(id)) {
    const auto* on = tables.host(workload->host);
    if (!needs_uplink || on == nullptr || on->uplinks.contains(network.zone)) continue;
    refuse(into, document, at(path, network.vlan ? "vlan" : "way_out"),
           fmt::format("{} of the network is on host {}, which has no uplink in zone {}", workload->id,
                       on->id, network.zone),
           "give the host an uplink in its agent's settings, or move its workloads first");
    return;
  }
  for (const auto* workload : tables.on_network(id)) {
    for (const auto& port : workload->ports) {
      if (port.network != id) continue;
      for (const auto& address : port.addresses) {
        const auto& subnet = address.v6 ? network.subnet6 : network.subnet;
        if (subnet && subnet->contains(address)) continue;
        refuse(
            into, document, at(path, address.v6 ? "subnet6" : "subnet"),
            fmt::format("{} of {} would lie outside", address.str(), model::port_id(workload->id, port.name)),
            "a subnet may grow, but must hold the addresses that are in use");
        return;
      }
    }
  }
}

}  // namespace

std::vector<model::Manifest> with_what_stands(const Tables& tables, std::vector<model::Manifest> manifests,
                                              Draft& into) {
  for (auto& manifest : manifests) {
    if (auto* site = std::get_if<model::Site>(&manifest)) {
      keep_standing(site->zones, tables.site().zones, "zone", into);
      keep_standing(site->hosts, tables.site().hosts, "host", into);
      keep_standing(site->images, tables.site().images, "image", into);
    }
    if (auto* list = std::get_if<model::Departments>(&manifest)) {
      for (auto& [id, department] : list->departments) {
        std::map<NetworkId, model::Network> standing;
        for (const auto& [network_id, record] : tables.networks())
          if (record.spec.department == id) standing[network_id] = record.spec;
        keep_standing(department.networks, standing, "network", into);
      }
    }
  }
  return manifests;
}

void draft_site(const Tables& tables, const model::Site& site, std::uint32_t document, Draft& into) {
  const auto& standing = tables.site();
  if (!standing.name.empty() && standing.name != site.name)
    refuse(into, document, "name",
           fmt::format("this scheduler runs the site {}, not {}", standing.name, site.name),
           "each site has a scheduler of its own");
  check_zones(tables, site, document, into);
  check_systems(tables, site, document, into);
  check_hosts(tables, site, document, into);
  const auto describe = [](const auto& spec) { return text_of(spec); };
  if (standing.name.empty())
    into.lines.push_back({'+', fmt::format("site {}", site.name), site.title});
  else if (standing.title != site.title)
    into.lines.push_back(
        {'~', fmt::format("site {}", site.name), fmt::format("{} → {}", standing.title, site.title)});
  compare(site.zones, standing.zones, "zone", describe, into);
  compare(site.hosts, standing.hosts, "host", describe, into);
  compare(site.images, standing.images, "image", describe, into);
  if (site != standing) into.site = site;
}

void draft_departments(const Tables& tables, const model::Departments& manifest, std::uint32_t document,
                       Draft& into) {
  for (const auto& [id, department] : manifest.departments) {
    // Networks are records of their own; the department's keeps the rest.
    auto spec = department;
    spec.networks.clear();
    const auto held = tables.departments().find(id);
    if (held != tables.departments().end() && held->second.spec == spec) {
      ++into.unchanged;
    } else {
      const char sign = held == tables.departments().end() ? '+' : '~';
      into.lines.push_back({sign, fmt::format("department {}", id), text_of(spec)});
      into.departments.push_back({id, spec});
    }
    for (const auto& [network_id, network] : department.networks) {
      check_network(tables, network_id, network, document, into);
      const auto standing = tables.networks().find(network_id);
      if (standing != tables.networks().end() && standing->second.spec == network) {
        ++into.unchanged;
        continue;
      }
      const bool is_new = standing == tables.networks().end();
      into.lines.push_back({is_new ? '+' : '~', fmt::format("network {}", network_id), text_of(network)});
      into.networks.push_back({network_id, network, is_new ? 0 : standing->second.vni});
    }
  }
}

void draft_rooms(const Tables& tables, const model::Rooms& manifest, Draft& into) {
  std::map<RoomId, model::Room> standing;
  for (const auto& [id, record] : tables.rooms()) standing[id] = record.spec;
  compare(manifest.rooms, standing, "room", [](const auto& spec) { return text_of(spec); }, into);
  for (const auto& [id, room] : manifest.rooms) {
    const auto held = standing.find(id);
    if (held == standing.end() || held->second != room) into.rooms.push_back({id, room});
  }
}

}  // namespace causeway::scheduler
