// SPDX-License-Identifier: Apache-2.0
// kind: Site
#include <fmt/format.h>

#include "common/config/kinds.h"
#include "common/core/text.h"

namespace causeway::config {
namespace {

using namespace model;

constexpr int kVcpusMax = 4096;

std::optional<OutsideSystemSpec> outside_system(const Cursor& cursor) {
  OutsideSystemSpec system;
  cursor.fields()
      .optional("title", system.title, text)
      .required("prefixes", system.prefixes, list(subnet))
      .optional("offers", system.offers, map_of<std::string>(service))
      .no_others();
  return system;
}

std::optional<WayOutSpec> way_out(const Cursor& cursor) {
  WayOutSpec way;
  cursor.fields()
      .required("vlan", way.vlan, integer(1, kVlanMax))
      .required("routers", way.routers, list(mac))
      .required("systems", way.systems, map_of<std::string>(outside_system))
      .no_others();
  return way;
}

std::optional<Zone> zone(const Cursor& cursor) {
  static const Words<Classification> kClassifications = {{"open", Classification::open},
                                                         {"internal", Classification::internal},
                                                         {"sensitive", Classification::sensitive},
                                                         {"secret", Classification::secret}};
  static const Words<Isolation> kIsolations = {{"own-hosts", Isolation::own_hosts},
                                               {"shared-by-level", Isolation::shared_by_level}};
  static const Words<Reserve> kReserves = {
      {"none", Reserve::none}, {"host", Reserve::host}, {"rack", Reserve::rack}};
  Zone zone;
  cursor.fields()
      .optional("title", zone.title, text)
      .required("classification", zone.classification, choice(kClassifications))
      .required("mlps", zone.mlps, integer(1, 4))
      .optional("isolation", zone.isolation, choice(kIsolations))
      .required("pool", zone.pool, text)
      .required("capacity", zone.capacity, capacity)
      .optional("reserve", zone.reserve, choice(kReserves))
      .optional("underlay_mtu", zone.underlay_mtu, integer(1330, 9100))
      .optional("exchange_with", zone.exchange_with, set(name<ZoneId>))
      .optional("way_out", zone.way_out, way_out)
      .no_others();
  return zone;
}

std::optional<NumaNode> numa_node(const Cursor& cursor) {
  NumaNode node;
  cursor.fields()
      .required("cores", node.cores, integer(1, kVcpusMax))
      .required("memory", node.memory, memory)
      .optional("huge_pages", node.huge_pages, memory)
      .no_others();
  return node;
}

std::optional<HostClass> host_class(const Cursor& cursor) {
  HostClass shape;
  cursor.fields()
      .required("vcpus", shape.vcpus, integer(1, kVcpusMax))
      .required("memory", shape.memory, memory)
      .optional("overcommit", shape.overcommit, decimal)
      .optional("numa", shape.numa, list(numa_node))
      .optional("huge_pages", shape.huge_pages, memory)
      .optional("traits", shape.traits, set(text))
      .no_others();
  return shape;
}

std::optional<Image> image(const Cursor& cursor) {
  Image image;
  cursor.fields()
      .optional("title", image.title, text)
      .required("file", image.file, text)
      .required("sha256", image.sha256, text)
      .required("size", image.size, capacity)
      .no_others();
  return image;
}

using HostClasses = std::map<std::string, HostClass>;

// A host with its class looked up.
std::optional<HostSpec> host(const Cursor& cursor, const HostClasses& classes) {
  HostSpec host;
  const auto known_class = [&](const Cursor& at) -> std::optional<std::string> {
    auto written = at.scalar("a host class");
    if (!written || classes.contains(*written)) return written;
    std::vector<std::string> names;
    for (const auto& [name, shape] : classes) names.push_back(name);
    const std::string nearest = nearest_name(*written, names);
    at.problem(fmt::format("no host class '{}'", *written),
               nearest.empty() ? "add it to host_classes" : fmt::format("did you mean '{}'?", nearest));
    return std::nullopt;
  };
  cursor.fields()
      .required("class", host.class_name, known_class)
      .required("zones", host.zones, set(name<ZoneId>))
      .optional("dedicated", host.dedicated, name<DepartmentId>)
      .optional("exchange_host", host.exchange_host, boolean)
      .no_others();
  if (const auto found = classes.find(host.class_name); found != classes.end()) host.shape = found->second;
  return host;
}

// halls: {HALL: {racks: {RACK: {hosts: {HOST: …}}}}}, flattened. Racks and hosts are known by their name
// alone, so that each may stand only once in the site.
class Halls {
 public:
  Halls(Site& site, const HostClasses& classes) : site_(site), classes_(classes) {}

  std::optional<bool> read(const Cursor& halls) {
    each(halls, [&](const Cursor& hall, const std::string& hall_name) {
      hall.fields()
          .required("racks", done_, [&](const Cursor& racks) { return read_racks(racks, hall_name); })
          .no_others();
    });
    return true;
  }

 private:
  template <class Visit>
  static void each(const Cursor& map, Visit visit) {
    if (!map.is_map()) return;
    for (const auto& entry : map.node().entries) visit(map.child(entry), entry.key);
  }

  std::optional<bool> read_racks(const Cursor& racks, const std::string& hall_name) {
    each(racks, [&](const Cursor& rack, const std::string& rack_name) {
      const auto [first, fresh] = racks_.emplace(rack_name, hall_name);
      if (!fresh)
        rack.problem(fmt::format("rack '{}' stands in hall '{}' too, and a rack is known by its name alone",
                                 rack_name, first->second),
                     "give one of the two another name");
      rack.fields()
          .required(
              "hosts", done_,
              [&](const Cursor& hosts) { return read_hosts(hosts, HallId(hall_name), RackId(rack_name)); })
          .no_others();
    });
    return true;
  }

  std::optional<bool> read_hosts(const Cursor& hosts, const HallId& hall, const RackId& rack) {
    each(hosts, [&](const Cursor& cursor, const std::string& name) {
      // Findings about a host name it without its hall and rack.
      SourceMap& source = cursor.reading().source;
      const Path short_path = at("hosts", name);
      source.put_if_absent(short_path, source.find(cursor.path()));
      auto spec = host(cursor, classes_);
      for (const char* key : {"class", "zones", "dedicated", "exchange_host"})
        source.put_if_absent(at(short_path, key), source.find(at(cursor.path(), key)));
      spec->hall = hall;
      spec->rack = rack;
      const auto [first, fresh] = site_.hosts.emplace(HostId(name), *spec);
      if (!fresh)
        cursor.problem(fmt::format("host '{}' stands in rack '{}' too", name, first->second.rack.str()),
                       "keep one of the two");
    });
    return true;
  }

  Site& site_;
  const HostClasses& classes_;
  std::map<std::string, std::string> racks_;  // rack to hall
  bool done_ = false;
};

}  // namespace

Site read_site(const Cursor& root) {
  Site site;
  HostClasses classes;
  bool done = false;
  // The classes are read first, wherever they stand in the file: hosts refer to them.
  document_fields(root)
      .required("name", site.name, text)
      .optional("title", site.title, text)
      .required("zones", site.zones, map_of<ZoneId>(zone))
      .required("host_classes", classes, map_of<std::string>(host_class))
      .required("halls", done, [&](const Cursor& halls) { return Halls(site, classes).read(halls); })
      .optional("images", site.images, map_of<ImageId>(image))
      .no_others();
  return site;
}

}  // namespace causeway::config
