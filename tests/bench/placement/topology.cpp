// SPDX-License-Identifier: Apache-2.0
// The huawei requests with all they ask for (affinity, anti-affinity, fault domains, NUMA nodes) on the real
// hosts: 1,710 of them, each with the cores and memory that were free on its two NUMA nodes. Affinity keeps a
// group in one rack (many groups are larger than any host), anti-affinity puts its members on different
// hosts, fault domains of one group stand in different racks.
#include <cmath>
#include <map>
#include <set>

#include "scheduler/placement/batch.h"
#include "scheduler/placement/check.h"
#include "scheduler/placement/engine.h"
#include "scheduler/placement/reference.h"
#include "scheduler/placement/validate.h"
#include "tests/bench/placement/benches.h"
#include "tests/bench/placement/report.h"
#include "tests/bench/placement/traces.h"

namespace causeway::bench {
namespace {

using namespace placement;

const ZoneId kZone("extranet");
const DepartmentId kDepartment("huawei");

Snapshot real_hosts(const Table& hosts, const Table& topology) {
  Snapshot site;
  site.zones = {{kZone, Isolation::own_hosts, 3, Reserve::none, {}}};
  site.departments = {{kDepartment, {}}};
  std::set<std::string> racks;
  for (std::size_t i = 0; i < hosts.rows.size(); ++i) {
    Host host;
    host.id = HostId(fmt::format("h{:04}", i));
    host.rack = RackId(topology.text(i, "rack_id"));
    host.zones = {kZone};
    for (const char* node : {"1", "2"}) {
      const std::int64_t cores = std::llround(hosts.number(i, std::string("CPU") + node));
      const MiB memory{std::llround(hosts.number(i, std::string("RAM") + node)) * 1024};
      // Where a node has no memory left its cores serve nobody.
      host.numa.push_back({memory.value == 0 ? 0 : cores, memory, MiB{0}});
      host.cores += host.numa.back().cores;
      host.memory += memory;
    }
    if (racks.insert(host.rack.str()).second) site.racks.push_back({host.rack, HallId("a")});
    site.hosts.push_back(std::move(host));
  }
  return site;
}

Batch requests_of(const Table& table) {
  Batch batch;
  std::map<std::string, std::set<std::string>> domains;  // of a fault-domain group
  const auto key = [&](std::size_t i) { return table.text(i, "strategy") + "/" + table.text(i, "group"); };
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.text(i, "strategy") == "fault_domain") domains[key(i)].insert(table.text(i, "domain"));
  std::set<std::string> known;
  const auto add_group = [&](const std::string& id, std::vector<Rule> rules) {
    if (known.insert(id).second) batch.groups.push_back({GroupId(id), std::move(rules)});
  };
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    Request request;
    request.workload = WorkloadId(fmt::format("{}/{:05}", table.name, i));
    request.department = kDepartment;
    request.zone = kZone;
    request.vcpus = std::llround(table.number(i, "flavor_vcpus"));
    request.memory = MiB{std::llround(table.number(i, "flavor_ram")) * 1024};
    request.numa_nodes = static_cast<int>(table.number(i, "numa"));
    const std::string& strategy = table.text(i, "strategy");
    if (strategy == "affinity") add_group(key(i), {{Rule::Kind::keep_together, Scope::rack, 1, 0, {}}});
    if (strategy == "anti-affinity") add_group(key(i), {{Rule::Kind::keep_apart, Scope::host, 1, 0, {}}});
    std::string group = key(i);
    if (strategy == "fault_domain") {
      group += "/" + table.text(i, "domain");
      std::vector<Rule> rules;
      for (const std::string& other : domains[key(i)])
        if (other != table.text(i, "domain"))
          rules.push_back({Rule::Kind::keep_apart, Scope::rack, 1, 0, GroupId(key(i) + "/" + other)});
      add_group(group, std::move(rules));
    }
    if (!strategy.empty()) request.groups.insert(GroupId(group));
    batch.requests.push_back(std::move(request));
  }
  return batch;
}

// How many of the choices of the fast engine the reference makes too, one after the other on the same hosts.
std::string compared(const Snapshot& site, const Batch& batch, std::size_t requests) {
  Reference reference(site);
  Engine engine(site);
  for (const auto& group : batch.groups) reference.add_group(group), engine.add_group(group);
  std::size_t same = 0;
  for (std::size_t i = 0; i < requests; ++i) {
    const auto plain = reference.best(resolve(reference.site(), batch.requests[i]));
    const auto fast = engine.best(engine.shape(batch.requests[i]));
    same += plain == fast ? 1 : 0;
    if (!plain) continue;
    const auto nodes = plain->slot.numa_nodes();
    const Placed placed{
        batch.requests[i], reference.site().host(plain->host).id, {nodes.begin(), nodes.end()}};
    reference.take(placed);
    engine.take(placed);
  }
  return fmt::format("{} of {} choices are the reference's", same, requests);
}

}  // namespace

void run_topology(const std::filesystem::path& traces) {
  const auto hosts = tables_with(traces, {"CPU1", "RAM1", "CPU2", "RAM2"});
  const auto topology = tables_with(traces, {"host_id", "rack_id"});
  const auto requests =
      tables_with(traces, {"flavor_vcpus", "flavor_ram", "numa", "strategy", "group", "domain"});
  if (hosts.empty() || topology.empty() || requests.empty())
    return fmt::print(
        "no huawei-topology hosts, racks or requests: the rows with constraints are left out\n");
  const Snapshot site = real_hosts(hosts.front(), topology.front());
  if (const auto findings = validate(site); !findings.empty())
    return fmt::print("the hosts are refused: {}: {}\n", findings.front().path, findings.front().what);
  for (const Table& table : requests) {
    const Batch batch = requests_of(table);
    if (const auto findings = validate(site, batch); !findings.empty())
      return fmt::print("the requests are refused: {}: {}\n", findings.front().path, findings.front().what);
    const CpuStopwatch watch;
    Engine engine(site);
    for (const auto& group : batch.groups) engine.add_group(group);
    std::vector<Shape> shapes;
    for (const auto& request : batch.requests) shapes.push_back(engine.shape(request));
    const Seating seating = seat(engine, shapes, false);
    const double seconds = watch.seconds();
    Plan plan{.groups = batch.groups, .workloads = {}, .placements = {}};
    std::set<Index> used;
    for (const std::size_t i : seating.order) {
      const auto nodes = seating.choices[i].slot.numa_nodes();
      plan.workloads.push_back(
          {batch.requests[i], engine.site().host(seating.choices[i].host).id, {nodes.begin(), nodes.end()}});
      used.insert(seating.choices[i].host);
    }
    row("huawei demands with all constraints", fmt::format("{}, {} hosts", table.name, site.hosts.size()),
        fmt::format("{} of {} placed on {} hosts, {} findings of the checker, {:.2f} s of CPU; {}",
                    seating.order.size(), shapes.size(), used.size(), check(plan, site).size(), seconds,
                    compared(site, batch, 600)));
  }
}

}  // namespace causeway::bench
