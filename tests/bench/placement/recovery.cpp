// SPDX-License-Identifier: Apache-2.0
// A lost rack on a large site at 80 % full, and a wave with mixed constraints.
#include <algorithm>
#include <random>

#include "scheduler/placement/capacity.h"
#include "scheduler/placement/check.h"
#include "scheduler/placement/place.h"
#include "scheduler/placement/recover.h"
#include "tests/bench/placement/benches.h"
#include "tests/bench/placement/report.h"

namespace causeway::bench {
namespace {

using namespace placement;

Snapshot plain_site(int hosts, int hosts_per_rack) {
  Snapshot site;
  site.zones = {{ZoneId("extranet"), Isolation::own_hosts, 3, Reserve::none, {}},
                {ZoneId("intranet"), Isolation::own_hosts, 3, Reserve::none, {}}};
  for (int i = 0; i < 52; ++i) site.departments.push_back({DepartmentId(fmt::format("d{:02}", i)), {}});
  for (int i = 0; i < hosts; ++i) {
    if (i % hosts_per_rack == 0)
      site.racks.push_back({RackId(fmt::format("r{:04}", i / hosts_per_rack)),
                            HallId(fmt::format("hall{}", i / hosts_per_rack % 4))});
    Host host;
    host.id = HostId(fmt::format("h{:05}", i));
    host.rack = site.racks.back().id;
    host.zones = {ZoneId(i / hosts_per_rack % 4 == 3 ? "intranet" : "extranet")};
    host.cores = 128;
    host.overcommit_percent = 200;
    host.memory = MiB{1024 * 1024};
    host.numa.assign(2, {64, MiB{512 * 1024}, MiB{0}});
    if (i % 20 == 0) host.traits.insert("gpu:a10");
    site.hosts.push_back(std::move(host));
  }
  return site;
}

Request random_request(std::mt19937_64& random, const std::string& name, const ZoneId& zone) {
  const std::pair<int, int> flavours[] = {{1, 2}, {1, 4}, {2, 4}, {2, 8}, {4, 8}};
  const auto [vcpus, gib] = flavours[random() % std::size(flavours)];
  Request request;
  request.workload = WorkloadId(name);
  request.department = DepartmentId(fmt::format("d{:02}", random() % 52));
  request.zone = zone;
  request.vcpus = vcpus;
  request.memory = MiB{gib * 1024};
  request.numa_nodes = random() % 3 == 0 ? 1 : 0;
  return request;
}

// Each host filled to 80 % of its vCPUs; every fourth workload belongs to a group of four that keeps apart by
// host.
void fill(Snapshot& site, std::mt19937_64& random) {
  int serial = 0;
  int grouped = 0;
  for (std::size_t i = 0; i < site.hosts.size(); ++i) {
    const Host& host = site.hosts[i];
    std::int64_t used = 0, node_used[2] = {0, 0};
    bool has_grouped = false;
    while (used < 205) {
      Placed placed{
          random_request(random, fmt::format("w{:07}", serial++), *host.zones.begin()), host.id, {}};
      used += placed.request.vcpus;
      if (placed.request.numa_nodes == 1) {
        const int node = node_used[0] <= node_used[1] ? 0 : 1;
        node_used[node] += placed.request.vcpus;
        placed.numa_nodes = {node};
      }
      if (!std::exchange(has_grouped, true)) {
        const std::string id = fmt::format("{}-{}", host.zones.begin()->str(), grouped++ / 4);
        placed.request.groups.insert(GroupId(id));
        if (site.groups.empty() || site.groups.back().id.str() != id)
          site.groups.push_back({GroupId(id), {{Rule::Kind::keep_apart, Scope::host, 1, 0, {}}}});
      }
      site.workloads.push_back(std::move(placed));
    }
  }
}

// Ten thousand requests in teams of five, each team with a rule.
Batch large_wave() {
  std::mt19937_64 random(13);
  Batch wave;
  for (int i = 0; i < 10'000; ++i) {
    Request request =
        random_request(random, fmt::format("w{:05}", i), ZoneId(random() % 4 == 3 ? "intranet" : "extranet"));
    request.vcpus *= 4;
    request.memory = request.memory * 4;
    if (random() % 10 == 0) request.pinned = true;
    if (random() % 50 == 0) request.traits.insert("gpu:a10");
    const int team = i / 5;
    if (i % 5 == 0) {
      const Rule rules[] = {{Rule::Kind::keep_apart, Scope::rack, 1, 0, {}},
                            {Rule::Kind::keep_apart, Scope::host, 1, 0, {}},
                            {Rule::Kind::keep_apart, Scope::host, 2, 0.5, {}},
                            {Rule::Kind::keep_together, Scope::hall, 1, 0, {}}};
      wave.groups.push_back({GroupId(fmt::format("t{:04}", team)), {rules[random() % std::size(rules)]}});
    }
    // A team that keeps together needs one zone; the others may be anywhere.
    if (wave.groups.back().rules[0].kind == Rule::Kind::keep_together) request.zone = ZoneId("extranet");
    request.groups.insert(wave.groups.back().id);
    wave.requests.push_back(std::move(request));
  }
  return wave;
}

}  // namespace

void run_recovery() {
  std::mt19937_64 random(11);
  Snapshot site = plain_site(10'000, 50);
  fill(site, random);
  const Stopwatch building;
  Recovery recovery(site);
  const double built = building.seconds();
  const CpuStopwatch planning;
  const Evacuation evacuation = recovery.failover({Scope::rack, "r0050"});
  row("plan for a lost rack at 80 % full",
      fmt::format("{} hosts, {} workloads", site.hosts.size(), site.workloads.size()),
      fmt::format("{} of {} restart, planned in {:.0f} ms of CPU (the engine stands; building it from a "
                  "snapshot takes {:.1f} s)",
                  evacuation.moves.size(), evacuation.moves.size() + evacuation.stranded.size(),
                  1000 * planning.seconds(), built));
}

void run_wave() {
  const Snapshot site = plain_site(5000, 20);
  Batch wave = large_wave();
  const CpuStopwatch planning;
  const auto plan = place_batch(site, wave);
  const double seconds = planning.seconds();
  const CpuStopwatch checking;
  const std::string verdict = plan ? fmt::format("{} findings of the checker in {:.2f} s",
                                                 check(*plan, site).size(), checking.seconds())
                                   : plan.error().summary();
  row("one wave with mixed constraints",
      fmt::format("{} workloads on {} hosts", wave.requests.size(), site.hosts.size()),
      fmt::format("{} in {:.2f} s of CPU, with reasons and runners-up for each; {}",
                  plan ? "whole" : "refused", seconds, verdict));

  // One more member than there are halls for it.
  wave.groups.push_back({GroupId("too-many"), {{Rule::Kind::keep_apart, Scope::hall, 1, 0, {}}}});
  for (int i = 0; i < 5; ++i) {
    wave.requests[static_cast<std::size_t>(i) * 997].groups = {GroupId("too-many")};
    wave.requests[static_cast<std::size_t>(i) * 997].zone = ZoneId("extranet");
  }
  const CpuStopwatch refusing;
  const auto refused = place_batch(site, wave);
  row("the same wave with a group that can't be kept apart", "5 members, 4 halls",
      refused ? std::string("placed")
              : fmt::format("refused in {:.2f} s of CPU; {} workloads are the conflict: {}",
                            refusing.seconds(), refused.error().conflicts.size(), refused.error().summary()));
}

void run_capacity() {
  std::mt19937_64 random(17);
  Snapshot site = plain_site(5000, 20);
  fill(site, random);
  site.zones[0].reserve = Reserve::host;
  Request shape = random_request(random, "shape", ZoneId("extranet"));
  shape.vcpus = 8, shape.memory = MiB{16 * 1024}, shape.numa_nodes = 0;
  const CpuStopwatch counting;
  const auto rooms = capacity(site, shape, 1'000'000);
  row("capacity with the reserve of a host, at 80 % full",
      fmt::format("{} hosts, {} workloads", site.hosts.size(), site.workloads.size()),
      fmt::format("{} more of 8 vCPUs and 16 GiB fit, {} with the reserve, in {:.1f} s of CPU",
                  rooms.front().fit, rooms.front().fit_with_reserve, counting.seconds()));

  const Snapshot small = plain_site(200, 20);
  Change change{.add_hosts = 0, .like = HostId("h00000"), .lose = {}, .add = large_wave()};
  for (Request& request : change.add.requests) request.zone = ZoneId("extranet");
  const CpuStopwatch asking;
  const auto missing = what_if(small, change).hosts_missing;
  row("hosts missing for the wave of 10k", fmt::format("{} hosts", small.hosts.size()),
      fmt::format("{} more of 128 cores and 1 TiB, found in {:.1f} s of CPU",
                  missing ? std::to_string(*missing) : "no number of hosts", asking.seconds()));
}

}  // namespace causeway::bench
