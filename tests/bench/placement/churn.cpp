// SPDX-License-Identifier: Apache-2.0
// Placements per second at 70 % full with one departure per arrival, every per-host constraint in play: three
// zones (two of them share hosts), dedicated departments, traits, overcommit, huge pages, NUMA, pinned cores,
// groups apart by host and by rack, soft rules, quotas and pools. The plain scan over the same hosts in the
// same run is the baseline.
#include <algorithm>
#include <random>
#include <vector>

#include "scheduler/placement/engine.h"
#include "scheduler/placement/reference.h"
#include "scheduler/placement/validate.h"
#include "tests/bench/placement/benches.h"
#include "tests/bench/placement/report.h"

namespace causeway::bench {
namespace {

using namespace placement;

constexpr int kHostsPerRack = 20;
constexpr int kDepartments = 52;
constexpr int kGroupSize = 6;

Snapshot large_site(int hosts) {
  Snapshot site;
  const ZoneId extranet("extranet"), health("health"), video("video");
  site.zones = {{extranet, Isolation::own_hosts, 3, Reserve::none, GiB{std::int64_t{1} << 36}},
                {health, Isolation::shared_by_level, 2, Reserve::none, {}},
                {video, Isolation::shared_by_level, 2, Reserve::none, {}}};
  for (int i = 0; i < kDepartments; ++i) {
    Department department{DepartmentId(fmt::format("d{:02}", i)), {}};
    department.quotas[extranet] = {1'000'000'000, MiB{std::int64_t{1} << 38}, GiB{std::int64_t{1} << 36}};
    site.departments.push_back(department);
  }
  for (int i = 0; i < hosts; ++i) {
    const int rack = i / kHostsPerRack;
    if (i % kHostsPerRack == 0)
      site.racks.push_back({RackId(fmt::format("r{:05}", rack)), HallId(fmt::format("hall{}", rack % 4))});
    Host host;
    host.id = HostId(fmt::format("h{:06}", i));
    host.rack = site.racks.back().id;
    const bool large = i % 3 == 0;
    host.cores = large ? 128 : 64;
    host.memory = MiB{(large ? 768 : 256) * 1024};
    host.huge_pages = i % 4 == 1 ? MiB{host.memory.value / 4} : MiB{0};
    host.overcommit_percent = i % 5 == 2 ? 200 : 100;
    host.numa.assign(2, {host.cores / 2, MiB{host.memory.value / 2}, MiB{host.huge_pages.value / 2}});
    host.zones = i % 10 < 7 ? std::set{extranet} : std::set{health, video};
    if (i % 25 == 0) host.traits.insert("gpu:a10");
    if (i % 2 == 0) host.traits.insert("secure-boot");
    if (i % 50 == 7) host.dedicated_to = DepartmentId("d07");
    if (i % 97 == 0) host.state = HostState::cordoned;
    site.hosts.push_back(std::move(host));
  }
  return site;
}

std::vector<Request> kinds_of_request(std::mt19937_64& random) {
  const std::pair<int, int> flavours[] = {{2, 4},  {2, 8},  {4, 8},   {4, 16},
                                          {8, 16}, {8, 32}, {16, 64}, {32, 64}};
  std::vector<Request> kinds;
  const auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
  for (int i = 0; i < 1500; ++i) {
    const auto [vcpus, gib] = flavours[random() % std::size(flavours)];
    Request request;
    request.workload = WorkloadId(fmt::format("w{}", i));
    request.department = DepartmentId(fmt::format("d{:02}", random() % kDepartments));
    request.zone = ZoneId(chance(70) ? "extranet" : chance(50) ? "health" : "video");
    request.mlps = 2;
    request.vcpus = vcpus;
    request.memory = MiB{gib * 1024};
    request.numa_nodes = chance(50) ? 0 : chance(70) ? 1 : 2;
    request.huge_pages = chance(5);
    request.pinned = chance(10);
    request.volumes = GiB{40};
    if (chance(2)) request.traits.insert("gpu:a10");
    if (chance(15)) request.traits.insert("secure-boot");
    kinds.push_back(std::move(request));
  }
  return kinds;
}

struct Running {
  std::uint32_t kind;
  Index group;
  Index host;
  Slot slot;
};

// A site that is filled to 70 % and then turned over.
class Churn {
 public:
  explicit Churn(int hosts) : random_(7), kinds_(kinds_of_request(random_)), engine_(large_site(hosts)) {
    for (const auto& kind : kinds_) shapes_.push_back(engine_.shape(kind));
    // Three of four groups are apart by rack, some by host as well, some softly by hall.
    std::int64_t capacity = 0;
    for (Index i = 0; i < engine_.site().hosts(); ++i) capacity += engine_.site().capacity(i).cpu;
    std::int64_t used = 0;
    while (used < capacity * 7 / 10) {
      Running next = arrival();
      if (!choose(next)) continue;
      take(next);
      used += shapes_[next.kind].want.request->vcpus * 100;
    }
  }

  Running arrival() {
    Running next{.kind = static_cast<std::uint32_t>(random_() % kinds_.size()),
                 .group = kNone,
                 .host = kNone,
                 .slot = {}};
    if (open_group_ == kNone || ++members_ == kGroupSize) {
      open_group_ = engine_.add_group({GroupId(fmt::format("g{}", engine_.site().groups().size())),
                                       kRules[engine_.site().groups().size() % kRules.size()]});
      members_ = 0;
    }
    next.group = open_group_;
    return next;
  }

  bool choose(Running& next) {
    Shape& shape = shapes_[next.kind];
    shape.want.groups.assign(1, next.group);
    const auto choice = engine_.best(shape);
    if (!choice) return false;
    next.host = choice->host;
    next.slot = choice->slot;
    return true;
  }

  void take(const Running& next) {
    engine_.take(shapes_[next.kind].want, next.host, next.slot.numa_nodes());
    running_.push_back(next);
  }

  void leave() {
    const std::size_t at = random_() % running_.size();
    const Running gone = running_[at];
    running_[at] = running_.back();
    running_.pop_back();
    Want& want = shapes_[gone.kind].want;
    want.groups.assign(1, gone.group);
    engine_.give_back(want, gone.host, gone.slot.numa_nodes());
  }

  [[nodiscard]] std::size_t running() const { return running_.size(); }
  Engine& engine() { return engine_; }
  Shape& shape(const Running& next) {
    shapes_[next.kind].want.groups.assign(1, next.group);
    return shapes_[next.kind];
  }

 private:
  inline static const std::vector<std::vector<Rule>> kRules = {
      {{Rule::Kind::keep_apart, Scope::rack, 1, 0, {}}},
      {{Rule::Kind::keep_apart, Scope::rack, 2, 0, {}}, {Rule::Kind::keep_apart, Scope::host, 1, 0, {}}},
      {{Rule::Kind::keep_apart, Scope::host, 1, 0, {}}, {Rule::Kind::keep_apart, Scope::rack, 1, 0.5, {}}},
      {{Rule::Kind::keep_apart, Scope::rack, 1, 0, {}}},
  };

  std::mt19937_64 random_;
  std::vector<Request> kinds_;
  Engine engine_;
  std::vector<Shape> shapes_;
  std::vector<Running> running_;
  Index open_group_ = kNone;
  int members_ = 0;
};

struct Measured {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  double refused = 0;
};

Measured turn_over(Churn& churn, int rounds) {
  std::vector<double> times;
  times.reserve(static_cast<std::size_t>(rounds));
  int refused = 0;
  std::vector<Running> arrivals;
  for (int i = 0; i < rounds; ++i) arrivals.push_back(churn.arrival());
  const CpuStopwatch all;
  for (Running& next : arrivals) {
    const Stopwatch watch;
    if (churn.choose(next)) {
      churn.take(next);
      churn.leave();
    } else {
      ++refused;
    }
    times.push_back(watch.seconds());
  }
  const double total = all.seconds();
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return 1e6 * times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  return {rounds / total, at(0.5), at(0.99), static_cast<double>(refused) / rounds};
}

// The same choice by walking all hosts, for comparison: the reference engine on the same site, empty.
double scan_per_second(int hosts) {
  const Reference reference(large_site(hosts));
  std::mt19937_64 random(7);
  const auto kinds = kinds_of_request(random);
  const int rounds = std::max(3, 200'000 / hosts);
  const CpuStopwatch watch;
  for (int i = 0; i < rounds; ++i)
    static_cast<void>(
        reference.best(resolve(reference.site(), kinds[static_cast<std::size_t>(i) % kinds.size()])));
  return rounds / watch.seconds();
}

}  // namespace

void run_churn(const std::vector<int>& sizes, int rounds) {
  double first = 0;
  for (const int hosts : sizes) {
    Churn churn(hosts);
    turn_over(churn, rounds / 10);
    const Measured measured = turn_over(churn, rounds);
    if (first == 0) first = measured.per_second;
    row("placements per second (one departure each)",
        fmt::format("{} hosts, {} workloads", hosts, churn.running()),
        fmt::format("{:.0f}k/s; p50 {:.1f} us, p99 {:.1f} us; {:.2f} % refused; {:.0f} times the plain scan; "
                    "{:.2f} times "
                    "the time at {} hosts",
                    measured.per_second / 1000, measured.p50_us, measured.p99_us, 100 * measured.refused,
                    measured.per_second / scan_per_second(hosts), first / measured.per_second,
                    sizes.front()));
  }
}

}  // namespace causeway::bench
