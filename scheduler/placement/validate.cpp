// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "common/core/text.h"

namespace causeway::placement {
namespace {

using Names = std::unordered_set<std::string>;

// Collects findings while it walks; each function is one kind of thing in a snapshot.
class Checker {
 public:
  explicit Checker(const Snapshot& snapshot) : snapshot_(snapshot) {
    for (const auto& zone : snapshot.zones) zones_.emplace(zone.id.str(), &zone);
    for (const auto& rack : snapshot.racks) racks_.insert(rack.id.str());
    for (const auto& host : snapshot.hosts) hosts_.emplace(host.id.str(), &host);
    for (const auto& department : snapshot.departments) departments_.insert(department.id.str());
    for (const auto& group : snapshot.groups) groups_.insert(group.id.str());
    for (const auto& placed : snapshot.workloads) workloads_.insert(placed.request.workload.str());
  }

  Findings check_snapshot() {
    for (const auto& zone : snapshot_.zones) check(zone);
    for (const auto& rack : snapshot_.racks) once("racks", rack.id.str());
    for (const auto& host : snapshot_.hosts) check(host);
    for (const auto& department : snapshot_.departments) check(department);
    for (const auto& group : snapshot_.groups) check(group, "groups");
    for (const auto& [network, zone] : snapshot_.on_uplinks)
      known(at("on_uplinks", network.str()), "zone", zone.str(), zones_);
    for (const auto& placed : snapshot_.workloads) {
      const Path path = check(placed.request, "workloads");
      check_place(placed, path);
    }
    return std::move(findings_);
  }

  Findings check_batch(const Batch& batch) {
    for (const auto& group : batch.groups) groups_.insert(group.id.str());
    for (const auto& group : batch.groups) check(group, "batch.groups");
    for (const auto& request : batch.requests) {
      const Path path = check(request, "requests");
      if (workloads_.contains(request.workload.str()))
        add(path, fmt::format("{} has its place already", request.workload), "remove it from the batch");
    }
    return std::move(findings_);
  }

 private:
  void add(Path path, std::string what, std::string next) {
    findings_.push_back({std::move(path), std::move(what), std::move(next)});
  }

  Path once(const std::string& list, const std::string& name) {
    const Path path = at(list, name);
    if (name.empty())
      add(list, "an entry has no name", "give it one");
    else if (!seen_.insert(path).second)
      add(path, fmt::format("'{}' is there twice", name), "keep one of them");
    return path;
  }

  void amount(const Path& path, const std::string& key, std::int64_t value, std::int64_t least) {
    if (value < least || value > kAmountMax)
      add(at(path, key), fmt::format("{} is not between {} and {}", value, least, kAmountMax),
          "write the amount in the unit of the format");
  }

  template <class T>
  void known(const Path& path, const std::string& kind, const std::string& name, const T& names) {
    if (names.contains(name)) return;
    std::vector<std::string> all;
    for (const auto& entry : names) {
      if constexpr (requires { entry.first; })
        all.push_back(entry.first);
      else
        all.push_back(entry);
    }
    std::sort(all.begin(), all.end());
    const std::string nearest = nearest_name(name, all);
    add(path, fmt::format("no such {}: '{}'", kind, name),
        nearest.empty() ? fmt::format("name a {} of the snapshot", kind)
                        : fmt::format("write '{}'", nearest));
  }

  void check(const Zone& zone) {
    const Path path = once("zones", zone.id.str());
    if (zone.mlps < 1 || zone.mlps > 4)
      add(at(path, "mlps"), fmt::format("{} is no MLPS level", zone.mlps), "write 1 to 4");
    if (zone.pool) amount(path, "pool", zone.pool->value, 0);
    for (const auto& other : zone.exchange_with) {
      known(at(path, "exchange_with"), "zone", other.str(), zones_);
      if (zones_.contains(other.str()) && !may_exchange(zone.id, other))
        add(at(path, "exchange_with"), fmt::format("zone {} does not say the same of {}", other, zone.id),
            "have both zones name each other");
    }
  }

  [[nodiscard]] bool may_exchange(const ZoneId& one, const ZoneId& other) const {
    const auto a = zones_.find(one.str());
    const auto b = zones_.find(other.str());
    return one != other && a != zones_.end() && b != zones_.end() &&
           a->second->exchange_with.contains(other) && b->second->exchange_with.contains(one);
  }

  void check(const Host& host) {
    const Path path = once("hosts", host.id.str());
    known(at(path, "rack"), "rack", host.rack.str(), racks_);
    check_zones(host, path);
    amount(path, "cores", host.cores, 0);
    amount(path, "memory", host.memory.value, 0);
    amount(path, "huge_pages", host.huge_pages.value, 0);
    if (host.huge_pages > host.memory)
      add(at(path, "huge_pages"), "more than the host's memory", "huge pages are a part of the memory");
    if (host.overcommit_percent < 100 || host.overcommit_percent > 6400)
      add(at(path, "overcommit_percent"), fmt::format("{} is out of range", host.overcommit_percent),
          "write 100 (none) to 6400");
    if (!host.dedicated_to.empty())
      known(at(path, "dedicated_to"), "department", host.dedicated_to.str(), departments_);
    check_numa(host, path);
  }

  void check_zones(const Host& host, const Path& path) {
    if (host.exchange_host &&
        (host.zones.size() != 2 || !may_exchange(*host.zones.begin(), *host.zones.rbegin())))
      add(at(path, "exchange_host"), "it does not serve two zones that name each other in exchange_with",
          "let it serve two such zones, or make it an ordinary host");
    const Zone* first = nullptr;
    for (const auto& id : host.zones) {
      known(at(path, "zones"), "zone", id.str(), zones_);
      const auto found = zones_.find(id.str());
      if (found == zones_.end() || host.exchange_host) continue;
      const Zone& zone = *found->second;
      if (host.zones.size() > 1 && zone.isolation == Isolation::own_hosts)
        add(at(path, "zones"),
            fmt::format("zone {} has hosts of its own, and this one serves others too", id),
            "let the host serve that zone only");
      if (first != nullptr && first->mlps != zone.mlps)
        add(at(path, "zones"), fmt::format("zones {} and {} have different MLPS levels", first->id, id),
            "only zones of one level can share a host");
      if (first == nullptr) first = &zone;
    }
  }

  void check_numa(const Host& host, const Path& path) {
    if (host.numa.size() > kNumaNodesMax)
      add(at(path, "numa"), fmt::format("{} nodes", host.numa.size()),
          fmt::format("at most {}", kNumaNodesMax));
    for (std::size_t i = 0; i < host.numa.size(); ++i) {
      const NumaNode& node = host.numa[i];
      const Path here = at(at(path, "numa"), std::to_string(i));
      amount(here, "cores", node.cores, 0);
      amount(here, "memory", node.memory.value, 0);
      amount(here, "huge_pages", node.huge_pages.value, 0);
      if (node.cores > 0 && node.memory.value == 0)
        add(at(here, "memory"), "a NUMA node without memory",
            "write the node's memory, or leave the node out");
      if (node.huge_pages > node.memory)
        add(at(here, "huge_pages"), "more than the node's memory", "huge pages are a part of the memory");
    }
  }

  void check(const Department& department) {
    const Path path = once("departments", department.id.str());
    for (const auto& [zone, quota] : department.quotas) {
      const Path here = at(at(path, "quotas"), zone.str());
      known(here, "zone", zone.str(), zones_);
      if (quota.vcpus) amount(here, "vcpus", *quota.vcpus, 0);
      if (quota.memory) amount(here, "memory", quota.memory->value, 0);
      if (quota.volumes) amount(here, "volumes", quota.volumes->value, 0);
    }
  }

  void check(const Group& group, const std::string& list) {
    const Path path = once(list, group.id.str());
    for (const auto& rule : group.rules) {
      if (!rule.from.empty()) known(at(path, "from"), "group", rule.from.str(), groups_);
      if (!rule.from.empty() && rule.kind == Rule::Kind::keep_together)
        add(at(path, "from"), "only keep-apart is from another group", "put the workloads into one group");
      if (rule.max_per_domain < 1)
        add(path, fmt::format("at most {} per {}", rule.max_per_domain, to_string(rule.scope)),
            "write 1 or more");
      if (!(rule.weight >= 0 && rule.weight <= kWeightMax))
        add(path, fmt::format("weight {} is out of range", rule.weight),
            fmt::format("write 0 (hard) to {}", kWeightMax));
    }
    for (const auto& together : group.rules) {
      if (together.kind != Rule::Kind::keep_together || !together.hard()) continue;
      for (const auto& apart : group.rules) {
        const bool wider = apart.scope >= together.scope;
        if (apart.kind == Rule::Kind::keep_apart && apart.hard() && wider && apart.from.empty() &&
            apart.max_per_domain == 1)
          add(path,
              fmt::format("it keeps its members together in one {} and apart by {}",
                          to_string(together.scope), to_string(apart.scope)),
              "drop one of the rules, or give one of them a weight");
      }
    }
  }

  Path check(const Request& request, const std::string& list) {
    const Path path = once(list, request.workload.str());
    known(at(path, "zone"), "zone", request.zone.str(), zones_);
    known(at(path, "department"), "department", request.department.str(), departments_);
    if (const ZoneId& other = request.exchange_gateway; !other.empty()) {
      known(at(path, "exchange_gateway"), "zone", other.str(), zones_);
      if (zones_.contains(other.str()) && zones_.contains(request.zone.str()) &&
          !may_exchange(request.zone, other))
        add(at(path, "exchange_gateway"),
            fmt::format("no exchange gateway may stand between zones {} and {}", request.zone, other),
            "have both zones name each other in exchange_with");
    }
    for (const auto& zone : request.uplinks)
      if (zone != request.zone && zone != request.exchange_gateway)
        add(at(path, "uplinks"), fmt::format("it has no ports in zone {}", zone),
            "name only its own zone, and that of an exchange gateway's other side");
    for (const auto& group : request.groups) known(at(path, "groups"), "group", group.str(), groups_);
    amount(path, "vcpus", request.vcpus, 1);
    amount(path, "memory", request.memory.value, 1);
    amount(path, "volumes", request.volumes.value, 0);
    if (request.mlps < 1 || request.mlps > 4)
      add(at(path, "mlps"), fmt::format("{} is no MLPS level", request.mlps), "write 1 to 4");
    if (request.numa_nodes < 0 || request.numa_nodes > 2)
      add(at(path, "numa_nodes"), fmt::format("{} NUMA nodes", request.numa_nodes), "write 0, 1 or 2");
    if (request.numa_nodes == 2 && (request.vcpus % 2 != 0 || request.memory.value % 2 != 0))
      add(at(path, "numa_nodes"), "its vCPUs and memory can't be halved",
          "use even amounts for two NUMA nodes");
    return path;
  }

  void check_place(const Placed& placed, const Path& path) {
    known(at(path, "host"), "host", placed.host.str(), hosts_);
    const auto host = hosts_.find(placed.host.str());
    if (host == hosts_.end()) return;
    const auto nodes = static_cast<int>(host->second->numa.size());
    bool good = static_cast<int>(placed.numa_nodes.size()) == placed.request.numa_nodes;
    for (std::size_t i = 0; good && i < placed.numa_nodes.size(); ++i)
      good = placed.numa_nodes[i] >= 0 && placed.numa_nodes[i] < nodes &&
             (i == 0 || placed.numa_nodes[i - 1] < placed.numa_nodes[i]);
    if (!good)
      add(at(path, "numa"),
          fmt::format("these are not {} NUMA nodes of {}", placed.request.numa_nodes, placed.host),
          "write the indices of the host's nodes, ascending");
  }

  static constexpr double kWeightMax = 1000;

  const Snapshot& snapshot_;
  std::unordered_map<std::string, const Zone*> zones_;
  std::unordered_map<std::string, const Host*> hosts_;
  Names racks_, departments_, groups_, workloads_, seen_;
  Findings findings_;
};

}  // namespace

Findings validate(const Snapshot& snapshot) { return Checker(snapshot).check_snapshot(); }

Findings validate(const Snapshot& snapshot, const Batch& batch) {
  return Checker(snapshot).check_batch(batch);
}

}  // namespace causeway::placement
