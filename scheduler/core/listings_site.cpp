// SPDX-License-Identifier: Apache-2.0
// Hosts, zones, networks and images.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "common/core/text.h"
#include "scheduler/core/access.h"
#include "scheduler/core/ahead.h"
#include "scheduler/core/listings.h"
#include "scheduler/core/outages.h"
#include "scheduler/core/table.h"

namespace causeway::scheduler {
namespace {

struct HostRow {
  const State& state;
  const model::HostRecord& record;
  model::HostSpec spec;
  Sum used;
  const Session* session;  // nullptr: not heard yet
};

struct ZoneRow {
  ZoneId id;
  const model::Zone& zone;
  std::int64_t hosts = 0;
  Sum used;
};

struct NetworkRow {
  const model::NetworkRecord& record;
  std::int64_t ports = 0;
};

struct ImageRow {
  ImageId id;
  const model::Image& image;
  std::int64_t volumes = 0;
};

template <class Ids>
std::string joined(const Ids& ids) {
  std::string text;
  for (const auto& id : ids) text += (text.empty() ? "" : " ") + id.str();
  return text;
}

template <class Ids>
model::List list_of(const Ids& ids) {
  model::List list;
  for (const auto& id : ids) list.emplace_back(id.str());
  return list;
}

std::string_view word_of(model::Classification classification) {
  switch (classification) {
    case model::Classification::open: return "open";
    case model::Classification::internal: return "internal";
    case model::Classification::sensitive: return "sensitive";
    case model::Classification::secret: return "secret";
  }
  return "";
}

model::Value heard(const HostRow& row) {
  if (row.session == nullptr) return cell("never", model::Value());
  return cell(to_string(row.state.now - row.session->heard) + " ago", to_string(row.session->heard));
}

// Where the agent and the site file do not agree about the host.
std::vector<std::string> disagreements(const HostRow& row) {
  std::vector<std::string> found;
  if (row.session->epoch > row.state.tables.state().epoch)
    found.push_back(
        fmt::format("obeys epoch {}, later than this scheduler's {}: does another one lead, or is this state "
                    "an old copy?",
                    row.session->epoch, row.state.tables.state().epoch));
  if (!row.session->reported) return found;
  std::set<ZoneId> configured;
  for (const auto& zone : row.session->facts.zones) {
    configured.insert(zone.zone);
    if (!row.spec.zones.contains(zone.zone)) {
      found.push_back(
          fmt::format("its agent is set up for zone {}, which the site file does not give it", zone.zone));
      continue;
    }
    const auto noted = row.record.underlays.find(zone.zone);
    if (noted == row.record.underlays.end() || noted->second != zone.underlay)
      found.push_back(
          fmt::format("its tunnel end {} in zone {} is another host's", zone.underlay.str(), zone.zone));
  }
  if (row.session->facts.exchange_host != row.spec.exchange_host)
    found.push_back(
        row.spec.exchange_host
            ? "its agent is not set up as that of an exchange host, and refuses exchange gateways"
            : "its agent is set up as that of an exchange host, which the site file does not say");
  for (const auto& zone : row.spec.zones)
    if (!configured.contains(zone)) found.push_back(fmt::format("its agent is not set up for zone {}", zone));
  return found;
}

std::string troubles_of(const HostRow& row) {
  std::vector<std::string> texts;
  for (auto why : {outage_reason(row.state, row.record), left_alone_reason(row.state, row.record),
                   ahead_reason(row.state, row.record.id)})
    if (!why.empty()) texts.push_back(std::move(why));
  if (row.session == nullptr) return join(texts, "; ");
  for (auto& text : disagreements(row)) texts.push_back(std::move(text));
  for (const auto& trouble : row.session->troubles) texts.push_back(trouble.on);
  return join(texts, "; ");
}

// What the host sells, which is more than it has where the site file says so.
std::int64_t vcpus_sold(const model::HostClass& shape) {
  return std::llround(static_cast<double>(shape.vcpus) * shape.overcommit);
}

}  // namespace

model::Listing list_hosts(const State& state, const Actor&, const Filters& filters) {
  std::vector<HostRow> rows;
  for (const auto& [id, record] : state.tables.hosts()) {
    const auto spec = state.tables.site().hosts.find(id);
    if (spec == state.tables.site().hosts.end()) continue;
    const auto zone = filters.find("zone");
    if (zone != filters.end() && !spec->second.zones.contains(ZoneId(zone->second))) continue;
    const auto session = state.sessions.find(id);
    rows.push_back({state, record, spec->second, used_on(state.tables, id),
                    session == state.sessions.end() ? nullptr : &session->second});
  }
  using Row = HostRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.record.id.str(); }},
      {plain("state", "STATE"), [](const Row& row) { return host_state(row.state, row.record); }},
      {plain("zones", "ZONES"),
       [](const Row& row) { return cell(joined(row.spec.zones), list_of(row.spec.zones)); }},
      {plain("rack", "RACK"), [](const Row& row) { return row.spec.rack.str(); }},
      {wide("hall", "HALL"), [](const Row& row) { return row.spec.hall.str(); }},
      {right("workloads", "WORKLOADS"), [](const Row& row) { return row.used.workloads; }},
      {right("vcpus", "VCPU"),
       [](const Row& row) { return cell_used(row.used.vcpus, vcpus_sold(row.spec.shape)); }},
      {right("memory_used_mib", "USED"), [](const Row& row) { return cell(row.used.memory); }},
      {right("memory_mib", "MEMORY"), [](const Row& row) { return cell(row.spec.shape.memory); }},
      {plain("heard", "HEARD"), heard},
      {plain("troubles", "TROUBLES"), troubles_of},
      {wide("reason", "REASON"), [](const Row& row) { return row.record.reason; }},
      {wide("hypervisor", "HYPERVISOR"),
       [](const Row& row) { return row.session == nullptr ? std::string() : row.session->facts.hypervisor; }},
      {wide("version", "VERSION"),
       [](const Row& row) { return row.session == nullptr ? std::string() : row.session->facts.version; }},
      {wide("generation", "GENERATION"),
       [](const Row& row) { return static_cast<std::int64_t>(row.record.generation.value); }},
      {hidden("applied"),
       [](const Row& row) {
         return row.session == nullptr ? std::int64_t{0}
                                       : static_cast<std::int64_t>(row.session->applied.value);
       }},
      {hidden("cordoned"), [](const Row& row) { return row.record.cordoned; }},
      {hidden("draining"), [](const Row& row) { return row.record.draining; }},
  };
  return list("hosts", kColumns, rows);
}

model::Listing list_zones(const State& state, const Actor&, const Filters&) {
  std::vector<ZoneRow> rows;
  for (const auto& [id, zone] : state.tables.site().zones) {
    ZoneRow row{id, zone, 0, {}};
    row.hosts = std::ranges::count_if(state.tables.site().hosts,
                                      [&](const auto& entry) { return entry.second.zones.contains(id); });
    for (const auto& [workload_id, workload] : state.tables.workloads())
      if (workload.zone == id) row.used.add(workload);
    rows.push_back(std::move(row));
  }
  using Row = ZoneRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.id.str(); }},
      {plain("title", "TITLE"), [](const Row& row) { return row.zone.title; }},
      {right("mlps", "LEVEL"), [](const Row& row) { return row.zone.mlps; }},
      {plain("classification", "CLASSIFICATION"),
       [](const Row& row) { return std::string(word_of(row.zone.classification)); }},
      {right("hosts", "HOSTS"), [](const Row& row) { return row.hosts; }},
      {right("workloads", "WORKLOADS"), [](const Row& row) { return row.used.workloads; }},
      {right("vcpus_used", "VCPU"), [](const Row& row) { return row.used.vcpus; }},
      {right("memory_used_mib", "MEMORY"), [](const Row& row) { return cell(row.used.memory); }},
      {right("volumes_used_gib", "VOLUMES"), [](const Row& row) { return cell(row.used.volumes); }},
      {right("capacity_gib", "CAPACITY"), [](const Row& row) { return cell(row.zone.capacity); }},
      {plain("pool", "POOL"), [](const Row& row) { return row.zone.pool; }},
      {wide("isolation", "ISOLATION"),
       [](const Row& row) {
         return row.zone.isolation == model::Isolation::own_hosts ? "own-hosts" : "shared-by-level";
       }},
  };
  return list("zones", kColumns, rows);
}

model::Listing list_networks(const State& state, const Actor& actor, const Filters& filters) {
  std::vector<NetworkRow> rows;
  for (const auto& [id, record] : state.tables.networks()) {
    if (!sees(actor, record.spec.department) || !passes(filters, "zone", record.spec.zone.str()) ||
        !passes(filters, "department", record.spec.department.str()))
      continue;
    NetworkRow row{record, 0};
    for (const auto* workload : state.tables.on_network(id))
      row.ports += std::ranges::count(workload->ports, id, &model::Port::network);
    rows.push_back(row);
  }
  using Row = NetworkRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.record.id.str(); }},
      {plain("department", "DEPARTMENT"), [](const Row& row) { return row.record.spec.department.str(); }},
      {plain("zone", "ZONE"), [](const Row& row) { return row.record.spec.zone.str(); }},
      {plain("subnet", "SUBNET"),
       [](const Row& row) { return row.record.spec.subnet ? row.record.spec.subnet->str() : std::string(); }},
      {plain("subnet6", "IPV6"),
       [](const Row& row) {
         return row.record.spec.subnet6 ? row.record.spec.subnet6->str() : std::string();
       }},
      {right("ports", "PORTS"), [](const Row& row) { return row.ports; }},
      {wide("gateway", "GATEWAY"),
       [](const Row& row) {
         return row.record.spec.gateway ? row.record.spec.gateway->str() : std::string();
       }},
      {wide("vni", "VNI"), [](const Row& row) { return static_cast<std::int64_t>(row.record.vni); }},
      {wide("vlan", "VLAN"),
       [](const Row& row) {
         return row.record.spec.vlan ? std::to_string(*row.record.spec.vlan) : std::string();
       }},
      {wide("mtu", "MTU"), [](const Row& row) { return row.record.spec.mtu; }},
  };
  return list("networks", kColumns, rows);
}

model::Listing list_images(const State& state, const Actor&, const Filters&) {
  std::map<ImageId, std::int64_t> volumes;
  for (const auto& [id, workload] : state.tables.workloads())
    for (const auto& disk : workload.disks) ++volumes[disk.image];
  std::vector<ImageRow> rows;
  for (const auto& [id, image] : state.tables.site().images) rows.push_back({id, image, volumes[id]});
  using Row = ImageRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.id.str(); }},
      {plain("title", "TITLE"), [](const Row& row) { return row.image.title; }},
      {plain("file", "FILE"), [](const Row& row) { return row.image.file; }},
      {right("size_gib", "SIZE"), [](const Row& row) { return cell(row.image.size); }},
      {right("volumes", "VOLUMES"), [](const Row& row) { return row.volumes; }},
      {wide("sha256", "SHA256"), [](const Row& row) { return row.image.sha256; }},
  };
  return list("images", kColumns, rows);
}

}  // namespace causeway::scheduler
