// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace causeway::placement {
namespace {

// What one host, or one of its nodes, gives: cores in hundredths for those with a core of their own, vCPUs
// for the rest.
struct Load {
  std::int64_t pinned_cores = 0;
  std::int64_t shared_vcpus = 0;
  std::int64_t ordinary_mib = 0;
  std::int64_t huge_mib = 0;

  void add(const Request& request, int nodes) {
    const std::int64_t memory = request.memory.value / nodes;
    (request.pinned ? pinned_cores : shared_vcpus) += request.vcpus / nodes;
    (request.huge_pages ? huge_mib : ordinary_mib) += memory;
  }
  // The cores left by pinned vCPUs carry the others, overcommitted.
  [[nodiscard]] bool cores_suffice(std::int64_t cores, int overcommit_percent) const {
    return pinned_cores <= cores && shared_vcpus * 100 <= (cores - pinned_cores) * overcommit_percent;
  }
};

struct Sums {
  Load total;
  std::vector<Load> nodes;
  bool touched = false;
};

struct Tenant {
  std::int64_t vcpus = 0, memory = 0, volumes = 0;
};

class PlanChecker {
 public:
  PlanChecker(const Plan& plan, const Snapshot& snapshot) : plan_(plan), snapshot_(snapshot) {
    for (const auto& host : snapshot.hosts) hosts_[host.id.str()] = &host;
    for (const auto& rack : snapshot.racks) halls_[rack.id.str()] = rack.hall.str();
    for (const auto& zone : snapshot.zones) zones_[zone.id.str()] = &zone;
    for (const auto& department : snapshot.departments) departments_[department.id.str()] = &department;
    for (const auto& group : snapshot.groups) groups_[group.id.str()] = &group;
    for (const auto& group : plan.groups) groups_[group.id.str()] = &group;
  }

  Findings run() {
    std::unordered_set<std::string> names;
    for (const auto& placed : snapshot_.workloads) names.insert(placed.request.workload.str());
    for (const auto& placed : plan_.workloads) {
      if (!names.insert(placed.request.workload.str()).second) add(placed, "it is placed twice");
      check_host(placed);
    }
    if (!findings_.empty()) return std::move(findings_);  // sums over unknown hosts would say nothing
    check_sums();
    check_tenants();
    check_groups();
    return std::move(findings_);
  }

 private:
  void add(const Placed& placed, std::string what) {
    findings_.push_back({at("plan", placed.request.workload.str()), std::move(what), ""});
  }

  void check_host(const Placed& placed) {
    const auto found = hosts_.find(placed.host.str());
    if (found == hosts_.end()) return add(placed, fmt::format("no such host: {}", placed.host));
    const Host& host = *found->second;
    const Request& request = placed.request;
    if (host.state != HostState::up)
      add(placed, fmt::format("host {} is {}", host.id, to_string(host.state)));
    if (!host.zones.contains(request.zone))
      add(placed, fmt::format("host {} does not serve its zone", host.id));
    check_exchange(placed, host);
    for (const auto& id : host.zones) {
      if (host.exchange_host) break;
      const Zone& zone = *zones_.at(id.str());
      const bool alone = zone.isolation == Isolation::own_hosts;
      if (host.zones.size() > 1 && (alone || zone.mlps != zones_.at(request.zone.str())->mlps))
        add(placed, fmt::format("host {} joins zones that must not meet", host.id));
    }
    if (request.mlps > zones_.at(request.zone.str())->mlps) add(placed, "its MLPS level is above its zone's");
    if (!host.dedicated_to.empty() && host.dedicated_to != request.department)
      add(placed, fmt::format("host {} is dedicated to {}", host.id, host.dedicated_to));
    for (const auto& zone : request.uplinks)
      if (host.uplinks.count(zone) == 0)
        add(placed, fmt::format("host {} has no uplink in zone {}", host.id, zone));
    for (const auto& trait : request.traits)
      if (!host.traits.contains(trait)) add(placed, fmt::format("host {} lacks {}", host.id, trait));
    if (static_cast<int>(placed.numa_nodes.size()) != request.numa_nodes)
      add(placed, "it has another number of NUMA nodes than it asks for");
    for (const int node : placed.numa_nodes) {
      const bool twice = std::count(placed.numa_nodes.begin(), placed.numa_nodes.end(), node) > 1;
      if (node < 0 || node >= static_cast<int>(host.numa.size()) || twice)
        add(placed, fmt::format("host {} has no such NUMA nodes", host.id));
    }
  }

  // Ports in two zones: only a gateway's, only on a host for that, only where both zones say so.
  void check_exchange(const Placed& placed, const Host& host) {
    const ZoneId& other = placed.request.exchange_gateway;
    if (other.empty()) {
      if (host.exchange_host) add(placed, fmt::format("host {} is for exchange gateways only", host.id));
      return;
    }
    if (!host.exchange_host) add(placed, fmt::format("host {} is not for exchange gateways", host.id));
    if (!host.zones.contains(other))
      add(placed, fmt::format("host {} does not serve zone {}", host.id, other));
    const auto far = zones_.find(other.str());
    const auto near = zones_.find(placed.request.zone.str());
    if (far == zones_.end() || near == zones_.end() || other == placed.request.zone ||
        !far->second->exchange_with.contains(placed.request.zone) ||
        !near->second->exchange_with.contains(other))
      add(placed, fmt::format("no gateway may stand between zones {} and {}", placed.request.zone, other));
  }

  void load(const Placed& placed, bool touch) {
    Sums& sums = sums_[placed.host.str()];
    sums.nodes.resize(hosts_.at(placed.host.str())->numa.size());
    sums.touched |= touch;
    sums.total.add(placed.request, 1);
    for (const int node : placed.numa_nodes)
      sums.nodes[static_cast<std::size_t>(node)].add(placed.request, placed.request.numa_nodes);
  }

  void check_sums() {
    for (const auto& placed : snapshot_.workloads) load(placed, false);
    for (const auto& placed : plan_.workloads) load(placed, true);
    for (const auto& host : snapshot_.hosts) {
      const auto found = sums_.find(host.id.str());
      if (found == sums_.end() || !found->second.touched) continue;
      const Sums& sums = found->second;
      const auto over = [&](std::string what) {
        findings_.push_back({at("hosts", host.id.str()), std::move(what), ""});
      };
      if (!sums.total.cores_suffice(host.cores, host.overcommit_percent)) over("its cores do not suffice");
      if (sums.total.ordinary_mib > (host.memory - host.huge_pages).value)
        over("its memory does not suffice");
      if (sums.total.huge_mib > host.huge_pages.value) over("its huge pages do not suffice");
      for (std::size_t i = 0; i < host.numa.size(); ++i) {
        const NumaNode& node = host.numa[i];
        const Load& on_node = sums.nodes[i];
        if (!on_node.cores_suffice(node.cores, host.overcommit_percent) ||
            on_node.ordinary_mib > (node.memory - node.huge_pages).value ||
            on_node.huge_mib > node.huge_pages.value)
          over(fmt::format("NUMA node {} does not suffice", i));
      }
    }
  }

  void check_tenants() {
    std::unordered_map<std::string, Tenant> tenants;
    std::unordered_map<std::string, std::int64_t> pools;
    const auto count = [&](const Request& request) {
      Tenant& tenant = tenants[request.department.str() + "\n" + request.zone.str()];
      tenant.vcpus += request.vcpus;
      tenant.memory += request.memory.value;
      tenant.volumes += request.volumes.value;
      pools[request.zone.str()] += request.volumes.value;
    };
    for (const auto& placed : snapshot_.workloads) count(placed.request);
    for (const auto& placed : plan_.workloads) count(placed.request);
    std::unordered_set<std::string> told;
    for (const auto& placed : plan_.workloads) {
      const Request& request = placed.request;
      const std::string key = request.department.str() + "\n" + request.zone.str();
      if (!told.insert(key).second) continue;
      const auto& capacity = zones_.at(request.zone.str())->pool;
      // A workload without volumes adds nothing, so a pool that is over already is not of its making.
      if (capacity && pools[request.zone.str()] > capacity->value && adds_volumes(request.zone))
        add(placed, fmt::format("the pool of {} does not suffice", request.zone));
      const auto& quotas = departments_.at(request.department.str())->quotas;
      const auto quota = quotas.find(request.zone);
      if (quota == quotas.end()) continue;
      const Tenant& tenant = tenants[key];
      const Quota& most = quota->second;
      if ((most.vcpus && tenant.vcpus > *most.vcpus) || (most.memory && tenant.memory > most.memory->value) ||
          (most.volumes && tenant.volumes > most.volumes->value && adds_volumes(request.zone)))
        add(placed, fmt::format("the quota of {} in {} is exceeded", request.department, request.zone));
    }
  }

  [[nodiscard]] bool adds_volumes(const ZoneId& zone) const {
    return std::any_of(plan_.workloads.begin(), plan_.workloads.end(), [&](const Placed& placed) {
      return placed.request.zone == zone && placed.request.volumes.value > 0;
    });
  }

  [[nodiscard]] std::string domain(Scope scope, const HostId& id) const {
    const Host& host = *hosts_.at(id.str());
    if (scope == Scope::host) return host.id.str();
    return scope == Scope::rack ? host.rack.str() : halls_.at(host.rack.str());
  }

  void check_groups() {
    std::unordered_map<std::string, std::vector<const Placed*>> members;
    for (const auto* list : {&snapshot_.workloads, &plan_.workloads})
      for (const auto& placed : *list)
        for (const auto& group : placed.request.groups) members[group.str()].push_back(&placed);
    for (const auto& placed : plan_.workloads) {
      for (const auto& id : placed.request.groups) {
        for (const auto& rule : groups_.at(id.str())->rules) {
          if (!rule.hard()) continue;
          const std::string here = domain(rule.scope, placed.host);
          const auto& all = members[rule.from.empty() ? id.str() : rule.from.str()];
          const auto beside = std::count_if(all.begin(), all.end(), [&](const Placed* other) {
            return other != &placed && domain(rule.scope, other->host) == here;
          });
          const auto old_elsewhere = std::any_of(all.begin(), all.end(), [&](const Placed* other) {
            return domain(rule.scope, other->host) != here;
          });
          if (rule.kind == Rule::Kind::keep_apart && beside >= rule.max_per_domain)
            add(placed,
                fmt::format("group {} has {} others in {} {}", id, beside, to_string(rule.scope), here));
          // Members that stood apart before the plan are not of its making: then any of their domains is
          // right.
          if (rule.kind == Rule::Kind::keep_together && old_elsewhere &&
              !with_old_members(all, rule.scope, here))
            add(placed, fmt::format("group {} is split over several {}s", id, to_string(rule.scope)));
        }
      }
    }
  }

  [[nodiscard]] bool with_old_members(const std::vector<const Placed*>& all, Scope scope,
                                      const std::string& here) const {
    const auto is_old = [&](const Placed* placed) {
      return placed >= snapshot_.workloads.data() &&
             placed < snapshot_.workloads.data() + snapshot_.workloads.size();
    };
    return std::any_of(all.begin(), all.end(), [&](const Placed* other) {
      return is_old(other) && domain(scope, other->host) == here;
    });
  }

  const Plan& plan_;
  const Snapshot& snapshot_;
  std::unordered_map<std::string, const Host*> hosts_;
  std::unordered_map<std::string, std::string> halls_;
  std::unordered_map<std::string, const Zone*> zones_;
  std::unordered_map<std::string, const Department*> departments_;
  std::unordered_map<std::string, const Group*> groups_;
  std::unordered_map<std::string, Sums> sums_;
  Findings findings_;
};

}  // namespace

Findings check(const Plan& plan, const Snapshot& snapshot) { return PlanChecker(plan, snapshot).run(); }

}  // namespace causeway::placement
