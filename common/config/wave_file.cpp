// SPDX-License-Identifier: Apache-2.0
// kind: Wave. Two levels of defaults, the wave's and the application's: what a workload doesn't say is taken
// from its application's defaults, then from the wave's. Scalars and lists are taken as a whole; `disks` are
// merged by name.
#include <fmt/format.h>

#include <charconv>

#include "common/config/kinds.h"
#include "common/core/text.h"

namespace causeway::config {
namespace {

using namespace model;

constexpr int kCountMax = 1000;
constexpr int kVcpusMax = 1024;

const Words<Scope> kScopes = {{"host", Scope::host}, {"rack", Scope::rack}, {"hall", Scope::hall}};

// "rack", or {by: rack, at_most: 2, weight: 0.5}.
std::optional<PlacementRule> rule(const Cursor& cursor, PlacementRule::Kind kind) {
  PlacementRule rule;
  rule.kind = kind;
  if (cursor.node().kind == YamlNode::Kind::scalar) {
    const auto scope = choice(kScopes)(cursor);
    if (!scope) return std::nullopt;
    rule.scope = *scope;
    return rule;
  }
  Fields fields = cursor.fields();
  fields.required("by", rule.scope, choice(kScopes)).optional("weight", rule.weight, decimal);
  if (kind == PlacementRule::Kind::keep_apart)
    fields.optional("at_most", rule.at_most, integer(1, kAtMostMax));
  fields.no_others();
  if (fields.has("weight") && rule.weight == 0)
    cursor.problem("a wish of weight 0 is none", "write a weight above 0, or none for a rule that must hold");
  return rule;
}

// One rule or a list of them, in the place of all of that kind that `standing` has.
auto rules_of(PlacementRule::Kind kind, const std::vector<PlacementRule>& standing) {
  return [kind, &standing](const Cursor& cursor) -> std::optional<std::vector<PlacementRule>> {
    std::vector<PlacementRule> rules;
    for (const auto& other : standing)
      if (other.kind != kind) rules.push_back(other);
    if (cursor.node().kind != YamlNode::Kind::list) {
      const auto one = rule(cursor, kind);
      if (!one) return std::nullopt;
      rules.push_back(*one);
      return rules;
    }
    auto own = list([kind](const Cursor& at) { return rule(at, kind); })(cursor);
    if (!own) return std::nullopt;
    rules.insert(rules.end(), own->begin(), own->end());
    return rules;
  };
}

template <class Table>
Table& rule_rows(Table& fields, std::vector<PlacementRule>& rules) {
  return fields.optional("keep_apart", rules, rules_of(PlacementRule::Kind::keep_apart, rules))
      .optional("keep_together", rules, rules_of(PlacementRule::Kind::keep_together, rules));
}

std::optional<Group> group(const Cursor& cursor) {
  Group group;
  Fields fields = cursor.fields();
  rule_rows(fields, group.rules).no_others();
  return group;
}

std::optional<DiskSpec> disk(const Cursor& cursor) {
  DiskSpec disk;
  cursor.fields().required("size", disk.size, capacity).optional("import", disk.import, text).no_others();
  return disk;
}

std::optional<PortSpec> port(const Cursor& cursor) {
  PortSpec port;
  cursor.fields()
      .required("network", port.network, name<NetworkId>)
      .optional("address", port.address, address)
      .optional("bandwidth", port.bandwidth, bandwidth)
      .no_others();
  return port;
}

// What `defaults` may hold, and a workload too.
template <class Table>
Table& common_rows(Table& fields, WorkloadSpec& spec) {
  static const auto kDisks = map_of<std::string>(disk);
  return rule_rows(fields, spec.demands.rules)
      .optional("groups", spec.demands.groups, set(name<GroupId>))
      .optional("huge_pages", spec.demands.huge_pages, boolean)
      .optional("numa_nodes", spec.demands.numa_nodes, integer(1, 2))
      .optional("pinned", spec.demands.pinned, boolean)
      .optional("vcpus", spec.vcpus, integer(1, kVcpusMax))
      .optional("memory", spec.memory, memory)
      .optional("image", spec.image, name<ImageId>)
      .optional("protected", spec.is_protected, boolean)
      .optional("disks", spec.disks,
                [&](const Cursor& cursor) {
                  auto own = kDisks(cursor);
                  if (own)
                    own->insert(spec.disks.begin(), spec.disks.end());  // keeps what stands there already
                  return own;
                })
      .optional("traits", spec.traits, set(text))
      .optional("ssh_keys", spec.ssh_keys, list(text));
}

// Defaults with their places, so that a finding about a value that was taken from them points at them.
struct Defaults {
  WorkloadSpec spec;
  std::map<std::string, Path> paths;  // key to where it was written
};

std::optional<Defaults> defaults(const Cursor& cursor, Defaults base) {
  Fields fields = cursor.fields();
  common_rows(fields, base.spec).no_others();
  for (const auto& entry : cursor.node().entries) {
    base.paths[entry.key] = at(cursor.path(), entry.key);
    if (entry.key == "disks")
      for (const auto& one : entry.value.entries)
        base.paths[at("disks", one.key)] = at(at(cursor.path(), "disks"), one.key);
  }
  return base;
}

// Lets the path of an absent key lead to the default that stands for it.
void adopt_places(const Cursor& cursor, const Defaults& defaults) {
  SourceMap& source = cursor.reading().source;
  for (const auto& [key, path] : defaults.paths)
    source.put_if_absent(at(cursor.path(), key), source.find(path));
}

std::optional<WorkloadSpec> workload(const Cursor& cursor, const Defaults& defaults) {
  WorkloadSpec spec = defaults.spec;
  Fields fields = cursor.fields();
  common_rows(fields, spec)
      .optional("count", spec.count, integer(1, kCountMax))
      .optional("exchange_gateway", spec.exchange_gateway, name<ZoneId>)
      .optional("ports", spec.ports, map_of<std::string>(port))
      .optional("offers", spec.offers, map_of<std::string>(service))
      .no_others();
  adopt_places(cursor, defaults);
  if (cursor.node().kind != YamlNode::Kind::map) return spec;
  const auto need = [&](bool absent, const char* key, const char* example) {
    if (absent && !fields.has(key))
      cursor.problem(cursor.reading().source.find(cursor.path()),
                     fmt::format("{} has no {}, and no defaults give one", cursor.name(), key),
                     fmt::format("add `{}: {}` here or to defaults", key, example));
  };
  need(spec.vcpus == 0, "vcpus", "2");
  need(spec.memory.value == 0, "memory", "4GiB");
  return spec;
}

std::optional<Origin> origin(const Cursor& cursor) {
  Origin origin;
  cursor.fields()
      .required("room", origin.room, name<RoomId>)
      .optional("servers", origin.servers, set(text))
      .no_others();
  return origin;
}

struct WaveDefaults {
  ZoneId zone;
  Position zone_at;
  Defaults workload;
};

std::optional<Application> application(const Cursor& cursor, const WaveDefaults& wave) {
  Application application;
  application.zone = wave.zone;
  Defaults own = wave.workload;
  Fields fields = cursor.fields();
  fields.optional("title", application.title, text)
      .required("department", application.department, name<DepartmentId>)
      .optional("zone", application.zone, name<ZoneId>)
      .required("mlps", application.mlps, integer(1, 4))
      .optional("from", application.from, origin)
      .optional("depends_on", application.depends_on, list(text))
      .optional("reaches", application.reaches, list(text))
      .optional("defaults", own, [&](const Cursor& at) { return defaults(at, wave.workload); })
      .required("workloads", application.workloads,
                map_of<std::string>([&](const Cursor& at) { return workload(at, own); }))
      .no_others();
  if (cursor.node().kind != YamlNode::Kind::map) return application;
  if (application.zone.empty() && !fields.has("zone"))
    cursor.problem(cursor.reading().source.find(cursor.path()),
                   fmt::format("{} has no zone, and neither has the wave", cursor.name()),
                   "add `zone: …` here or at the top of the file");
  if (!wave.zone.empty()) cursor.reading().source.put_if_absent(at(cursor.path(), "zone"), wave.zone_at);
  return application;
}

}  // namespace

Wave read_wave(const Cursor& root) {
  Wave wave;
  WaveDefaults base;
  // The defaults are read first, wherever they stand in the file.
  document_fields(root)
      .required("name", wave.id, name<WaveId>)
      .optional("title", wave.title, text)
      .optional("zone", base.zone,
                [&](const Cursor& cursor) {
                  base.zone_at = cursor.node().at;
                  return name<ZoneId>(cursor);
                })
      .optional("defaults", base.workload, [](const Cursor& cursor) { return defaults(cursor, {}); })
      .optional("groups", wave.groups, map_of<GroupId>(group))
      .required("applications", wave.applications,
                map_of<std::string>([&](const Cursor& at) { return application(at, base); }))
      .no_others();
  return wave;
}

}  // namespace causeway::config
