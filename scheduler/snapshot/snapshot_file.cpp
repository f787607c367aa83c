// SPDX-License-Identifier: Apache-2.0
#include "scheduler/snapshot/snapshot_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "common/core/text.h"
#include "scheduler/inquiry/snapshot_document.h"
#include "scheduler/placement/validate.h"

namespace causeway::snapshot {
namespace {

using nlohmann::json;
using namespace placement;

constexpr Isolation kIsolations[] = {Isolation::own_hosts, Isolation::shared_by_level};
constexpr Reserve kReserves[] = {Reserve::none, Reserve::host, Reserve::rack};
constexpr HostState kStates[] = {HostState::up, HostState::cordoned, HostState::draining, HostState::isolated,
                                 HostState::down};
constexpr Scope kScopes[] = {Scope::host, Scope::rack, Scope::hall};
constexpr Rule::Kind kKinds[] = {Rule::Kind::keep_apart, Rule::Kind::keep_together};

// Keys are written in the order of their names: equal snapshots give equal bytes.
json to_json(const model::Value& value) {
  return std::visit(
      [](const auto& alternative) -> json {
        using T = std::decay_t<decltype(alternative)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<T, model::List>) {
          json list = json::array();
          for (const auto& item : alternative) list.push_back(to_json(item));
          return list;
        } else if constexpr (std::is_same_v<T, model::Object>) {
          json object = json::object();
          for (const auto& [key, item] : alternative) object[key] = to_json(item);
          return object;
        } else {
          return alternative;
        }
      },
      static_cast<const model::Value::variant&>(value));
}

// One object of the file: its keys are asked for by name, and what nobody asked for is a finding at the end.
class Reader {
 public:
  Reader(const json& value, Path path, Findings& findings)
      : value_(value), path_(std::move(path)), findings_(findings) {
    if (!value_.is_object()) add(path_, "this is no object", "write {…}");
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  // NOLINTNEXTLINE(bugprone-exception-escape): only memory can run out here
  ~Reader() {
    if (!value_.is_object()) return;
    for (const auto& [key, unused] : value_.items()) {
      if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
      const std::string nearest = nearest_name(key, asked_);
      add(at(path_, key), fmt::format("unknown key '{}'", key),
          nearest.empty() ? "remove it" : fmt::format("write '{}'", nearest));
    }
  }

  [[nodiscard]] const Path& path() const { return path_; }
  void add(const Path& path, std::string what, std::string next) {
    findings_.push_back({path, std::move(what), std::move(next)});
  }

  const json* find(const std::string& key, bool required) {
    asked_.push_back(key);
    if (!value_.is_object()) return nullptr;
    const auto found = value_.find(key);
    if (found != value_.end()) return &*found;
    if (required) add(path_, fmt::format("'{}' is missing", key), "");
    return nullptr;
  }

  template <class Integer>
  void integer(const std::string& key, Integer& into, bool required = false) {
    const json* value = find(key, required);
    if (value == nullptr) return;
    // What doesn't fit is not cut to size: a negative or huge amount has to stay visible to the checks behind
    // this.
    if (!value->is_number_integer() ||
        (value->is_number_unsigned() && value->get<std::uint64_t>() > kLargest) ||
        value->get<std::int64_t>() < std::numeric_limits<Integer>::min() ||
        value->get<std::int64_t>() > std::numeric_limits<Integer>::max())
      add(at(path_, key), fmt::format("{} is no whole number in range", value->dump()), "write digits only");
    else
      into = static_cast<Integer>(value->get<std::int64_t>());
  }

  void text(const std::string& key, std::string& into, bool required = false) {
    const json* value = find(key, required);
    if (value == nullptr) return;
    if (value->is_string())
      into = value->get<std::string>();
    else
      add(at(path_, key), fmt::format("{} is no text", value->dump()), "write it in quotes");
  }

  template <class Id>
  void name(const std::string& key, Id& into, bool required = false) {
    std::string value;
    text(key, value, required);
    into = Id(std::move(value));
  }

  void yes_or_no(const std::string& key, bool& into) {
    const json* value = find(key, false);
    if (value == nullptr) return;
    if (value->is_boolean())
      into = value->get<bool>();
    else
      add(at(path_, key), fmt::format("{} is neither true nor false", value->dump()), "write true or false");
  }

  template <class Enum, std::size_t N>
  void one_of(const std::string& key, Enum& into, const Enum (&values)[N], bool required = false) {
    std::string written;
    text(key, written, required);
    if (written.empty()) return;
    std::vector<std::string> all;
    for (const Enum value : values) {
      if (to_string(value) == written) return void(into = value);
      all.emplace_back(to_string(value));
    }
    add(at(path_, key), fmt::format("'{}' is none of {}", written, causeway::join(all, ", ")),
        "write one of them");
  }

  template <class Id>
  void set_of(const std::string& key, std::set<Id>& into, bool required = false) {
    const json* value = find(key, required);
    if (value == nullptr) return;
    if (!value->is_array()) return add(at(path_, key), "this is no list", "write […]");
    for (const auto& entry : *value) {
      if (entry.is_string())
        into.insert(Id(entry.get<std::string>()));
      else
        add(at(path_, key), fmt::format("{} is no text", entry.dump()), "write it in quotes");
    }
  }

  // Calls `each` with a key and its object.
  template <class Each>
  void objects(const std::string& key, Each&& each) {
    const json* value = find(key, false);
    if (value == nullptr) return;
    if (!value->is_object()) return add(at(path_, key), "this is no object", "write {…}");
    for (const auto& [name, entry] : value->items()) {
      Reader reader(entry, at(at(path_, key), name), findings_);
      each(name, reader);
    }
  }
  template <class Each>
  void list(const std::string& key, Each&& each) {
    const json* value = find(key, false);
    if (value == nullptr) return;
    if (!value->is_array()) return add(at(path_, key), "this is no list", "write […]");
    for (std::size_t i = 0; i < value->size(); ++i) {
      Reader reader((*value)[i], at(at(path_, key), std::to_string(i)), findings_);
      each(reader);
    }
  }

 private:
  static constexpr std::uint64_t kLargest =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

  const json& value_;
  Path path_;
  Findings& findings_;
  std::vector<std::string> asked_;
};

template <class Quantity>
void optional_amount(Reader& reader, const std::string& key, std::optional<Quantity>& into) {
  std::int64_t value = std::numeric_limits<std::int64_t>::min();
  reader.integer(key, value);
  if (value != std::numeric_limits<std::int64_t>::min()) into = Quantity{value};
}

Host read_host(const std::string& id, Reader& reader) {
  Host host;
  host.id = HostId(id);
  reader.name("rack", host.rack, true);
  reader.text("class", host.host_class);
  reader.set_of("zones", host.zones, true);
  reader.integer("cores", host.cores, true);
  reader.integer("memory_mib", host.memory.value, true);
  reader.integer("overcommit_percent", host.overcommit_percent);
  reader.integer("huge_pages_mib", host.huge_pages.value);
  reader.set_of("traits", host.traits);
  reader.name("dedicated_to", host.dedicated_to);
  reader.yes_or_no("exchange_host", host.exchange_host);
  reader.set_of("uplinks", host.uplinks);
  reader.one_of("state", host.state, kStates);
  reader.list("numa", [&](Reader& node) {
    NumaNode& entry = host.numa.emplace_back();
    node.integer("cores", entry.cores, true);
    node.integer("memory_mib", entry.memory.value, true);
    node.integer("huge_pages_mib", entry.huge_pages.value);
  });
  return host;
}

Placed read_workload(const std::string& id, Reader& reader) {
  Placed placed;
  Request& request = placed.request;
  request.workload = WorkloadId(id);
  reader.name("host", placed.host, true);
  reader.name("application", request.application);
  reader.name("department", request.department, true);
  reader.name("zone", request.zone, true);
  reader.integer("mlps", request.mlps);
  reader.integer("vcpus", request.vcpus, true);
  reader.integer("memory_mib", request.memory.value, true);
  reader.integer("numa_nodes", request.numa_nodes);
  reader.yes_or_no("huge_pages", request.huge_pages);
  reader.yes_or_no("pinned", request.pinned);
  reader.integer("volumes_gib", request.volumes.value);
  reader.set_of("traits", request.traits);
  reader.set_of("uplinks", request.uplinks);
  reader.yes_or_no("protected", request.is_protected);
  reader.set_of("groups", request.groups);
  reader.name("exchange_gateway", request.exchange_gateway);
  if (const json* nodes = reader.find("on_nodes", false); nodes != nullptr) {
    const bool numbers = nodes->is_array() && std::all_of(nodes->begin(), nodes->end(), [](const json& node) {
                           return node.is_number_unsigned() && node.get<std::uint64_t>() < kNumaNodesMax;
                         });
    if (numbers)
      placed.numa_nodes = nodes->get<std::vector<int>>();
    else
      reader.add(at(reader.path(), "on_nodes"), "this is no list of node numbers", "write [0] or [0, 1]");
  }
  return placed;
}

Group read_group(const std::string& id, Reader& reader) {
  Group group{GroupId(id), {}};
  reader.list("rules", [&](Reader& entry) {
    Rule& rule = group.rules.emplace_back();
    entry.one_of("kind", rule.kind, kKinds, true);
    entry.one_of("scope", rule.scope, kScopes, true);
    entry.integer("max_per_domain", rule.max_per_domain);
    entry.name("from", rule.from);
    if (const json* weight = entry.find("weight", false); weight != nullptr) {
      if (weight->is_number())
        rule.weight = weight->get<double>();
      else
        entry.add(at(entry.path(), "weight"), fmt::format("{} is no number", weight->dump()),
                  "write 0 or more");
    }
  });
  return group;
}

Snapshot read_snapshot(Reader& reader) {
  Snapshot snapshot;
  reader.objects("zones", [&](const std::string& id, Reader& entry) {
    Zone& zone = snapshot.zones.emplace_back();
    zone.id = ZoneId(id);
    entry.one_of("isolation", zone.isolation, kIsolations);
    entry.integer("mlps", zone.mlps, true);
    entry.one_of("reserve", zone.reserve, kReserves);
    optional_amount(entry, "pool_gib", zone.pool);
    entry.set_of("exchange_with", zone.exchange_with);
  });
  reader.objects("racks", [&](const std::string& id, Reader& entry) {
    Rack& rack = snapshot.racks.emplace_back();
    rack.id = RackId(id);
    entry.name("hall", rack.hall, true);
  });
  reader.objects(
      "hosts", [&](const std::string& id, Reader& entry) { snapshot.hosts.push_back(read_host(id, entry)); });
  reader.objects("departments", [&](const std::string& id, Reader& entry) {
    Department& department = snapshot.departments.emplace_back();
    department.id = DepartmentId(id);
    entry.objects("quotas", [&](const std::string& zone, Reader& amounts) {
      Quota& quota = department.quotas[ZoneId(zone)];
      optional_amount(amounts, "vcpus", quota.vcpus);
      optional_amount(amounts, "memory_mib", quota.memory);
      optional_amount(amounts, "volumes_gib", quota.volumes);
    });
  });
  reader.objects("groups", [&](const std::string& id, Reader& entry) {
    snapshot.groups.push_back(read_group(id, entry));
  });
  reader.objects("workloads", [&](const std::string& id, Reader& entry) {
    snapshot.workloads.push_back(read_workload(id, entry));
  });
  reader.objects("on_uplinks", [&](const std::string& id, Reader& entry) {
    entry.name("zone", snapshot.on_uplinks[NetworkId(id)], true);
  });
  return snapshot;
}

// The parser keeps the last of two equal keys; a host that is there twice must be seen, so keys are watched
// as they pass.
class DoubledKeys {
 public:
  explicit DoubledKeys(Findings& findings) : findings_(findings) {}

  bool operator()(int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open_.emplace_back();
    if (event == json::parse_event_t::object_end) open_.pop_back();
    if (event == json::parse_event_t::key) note(parsed.get<std::string>());
    return true;
  }

 private:
  struct Open {
    std::set<std::string> keys;
    std::string newest;
  };

  void note(const std::string& key) {
    open_.back().newest = key;
    if (open_.back().keys.insert(key).second) return;
    Path path;
    for (const auto& object : open_) path = at(path, object.newest);
    findings_.push_back({path, fmt::format("'{}' is there twice in one object", key), "keep one of them"});
  }

  Findings& findings_;
  std::vector<Open> open_;
};

}  // namespace

std::string text_of(const model::Object& document) { return to_json(document).dump(1) + "\n"; }

std::string write(const Snapshot& snapshot) { return text_of(inquiry::document_of(snapshot)); }

std::expected<Snapshot, Findings> read(std::string_view text) {
  Findings findings;
  json document;
  try {
    document = json::parse(text, DoubledKeys(findings));
  } catch (const json::exception& broken) {
    // Behind the library's own "[json.exception.parse_error.101] ".
    const std::string_view what = broken.what();
    const auto end = what.find("] ");
    findings.push_back({"", std::string(end == what.npos ? what : what.substr(end + 2)),
                        "write JSON as `causeway snapshot save` does"});
    return std::unexpected(std::move(findings));
  }
  Snapshot snapshot;
  {
    Reader reader(document, "", findings);
    std::string api, kind;
    int version = 0;
    reader.text("api", api, true);
    reader.text("kind", kind, true);
    reader.integer("version", version, true);
    if (kind != "Snapshot" || api != "causeway/v1")
      findings.push_back({"kind", fmt::format("this is {} {}, no causeway/v1 Snapshot", api, kind), ""});
    if (version != inquiry::kSnapshotVersion)
      findings.push_back({"version", fmt::format("version {} is unknown", version),
                          fmt::format("this program reads version {}", inquiry::kSnapshotVersion)});
    snapshot = read_snapshot(reader);
  }
  if (findings.empty()) findings = validate(snapshot);
  if (!findings.empty()) return std::unexpected(std::move(findings));
  return snapshot;
}

}  // namespace causeway::snapshot
