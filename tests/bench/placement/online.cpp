// SPDX-License-Identifier: Apache-2.0
// Arrivals and departures one by one, nothing ever moved: mean hosts in use over the mean lower bound, and
// what a site of 95 % of the peak's bound has to refuse. First fit and best fit run in the same loop as
// baselines.
#include <algorithm>
#include <cmath>
#include <memory>
#include <queue>

#include "scheduler/placement/engine.h"
#include "tests/bench/placement/benches.h"
#include "tests/bench/placement/report.h"
#include "tests/bench/placement/traces.h"

namespace causeway::bench {
namespace {

using namespace placement;

struct HostSize {
  std::int64_t cpu;
  std::int64_t memory;
};

class Chooser {
 public:
  virtual ~Chooser() = default;
  virtual std::optional<std::size_t> place(const Visit& visit) = 0;  // a host, or nothing
  virtual void leave(const Visit& visit, std::size_t host) = 0;
};

class Scan final : public Chooser {
 public:
  Scan(HostSize size, std::size_t hosts, bool fullest) : size_(size), free_(hosts, size), fullest_(fullest) {}

  std::optional<std::size_t> place(const Visit& visit) override {
    std::optional<std::size_t> best;
    double least = 0;
    for (std::size_t i = 0; i < free_.size(); ++i) {
      if (visit.cpu > free_[i].cpu || visit.memory > free_[i].memory) continue;
      const double left = static_cast<double>(free_[i].cpu) / static_cast<double>(size_.cpu) +
                          static_cast<double>(free_[i].memory) / static_cast<double>(size_.memory);
      if (best && left >= least) continue;
      best = i;
      least = left;
      if (!fullest_) break;
    }
    if (best) free_[*best].cpu -= visit.cpu, free_[*best].memory -= visit.memory;
    return best;
  }
  void leave(const Visit& visit, std::size_t host) override {
    free_[host].cpu += visit.cpu;
    free_[host].memory += visit.memory;
  }

 private:
  HostSize size_;
  std::vector<HostSize> free_;
  bool fullest_;
};

class ByEngine final : public Chooser {
 public:
  ByEngine(HostSize size, std::size_t hosts) : engine_(site(size, hosts)) {
    request_.workload = WorkloadId("visit");
    request_.department = DepartmentId("d");
    request_.zone = ZoneId("z");
  }
  std::optional<std::size_t> place(const Visit& visit) override {
    const Shape shape = shape_of(visit);
    const auto choice = engine_.best(shape);
    if (!choice) return std::nullopt;
    engine_.take(shape.want, choice->host, {});
    return choice->host;
  }
  void leave(const Visit& visit, std::size_t host) override {
    engine_.give_back(shape_of(visit).want, static_cast<Index>(host), {});
  }

 private:
  static Snapshot site(HostSize size, std::size_t hosts) {
    Snapshot snapshot;
    snapshot.zones = {{ZoneId("z"), Isolation::own_hosts, 3, Reserve::none, {}}};
    snapshot.racks = {{RackId("r"), HallId("a")}};
    snapshot.departments = {{DepartmentId("d"), {}}};
    for (std::size_t i = 0; i < hosts; ++i) {
      Host host;
      host.id = HostId(fmt::format("h{:05}", i));
      host.rack = RackId("r");
      host.zones = {ZoneId("z")};
      host.cores = size.cpu;
      host.memory = MiB{size.memory};
      snapshot.hosts.push_back(std::move(host));
    }
    return snapshot;
  }
  Shape shape_of(const Visit& visit) {
    request_.vcpus = visit.cpu;
    request_.memory = MiB{visit.memory};
    return engine_.shape(request_);
  }

  Engine engine_;
  Request request_;
};

struct Outcome {
  double hosts = 0;  // mean over time
  double bound = 0;  // mean over time
  double peak_bound = 0;
  std::size_t refused = 0;
  std::int64_t refused_cpu = 0;
};

// Plays the trace until its last arrival.
Outcome play(const Trace& trace, HostSize size, Chooser& chooser) {
  using Leaving = std::pair<double, std::size_t>;
  std::priority_queue<Leaving, std::vector<Leaving>, std::greater<>> leaving;
  std::vector<std::size_t> host_of(trace.visits.size());
  std::vector<int> on_host;
  Outcome outcome;
  double cpu = 0, memory = 0, now = trace.visits.front().start, used = 0, span = 0;
  const auto bound = [&] {
    return std::ceil(
        std::max(cpu / static_cast<double>(size.cpu), memory / static_cast<double>(size.memory)) - 1e-9);
  };
  const auto pass_to = [&](double time) {
    // Who was there before the trace began arrives at once, and counts from its first day on.
    const double step = now < 0 ? 0 : time - now;
    outcome.hosts += used * step;
    outcome.bound += bound() * step;
    span += step;
    now = time;
  };
  for (std::size_t i = 0; i < trace.visits.size(); ++i) {
    const Visit& visit = trace.visits[i];
    while (!leaving.empty() && leaving.top().first <= visit.start) {
      const auto [time, gone] = leaving.top();
      leaving.pop();
      pass_to(time);
      const Visit& left = trace.visits[gone];
      chooser.leave(left, host_of[gone]);
      if (--on_host[host_of[gone]] == 0) --used;
      cpu -= static_cast<double>(left.cpu), memory -= static_cast<double>(left.memory);
    }
    pass_to(visit.start);
    const auto host = chooser.place(visit);
    if (!host) {
      ++outcome.refused;
      outcome.refused_cpu += visit.cpu;
      continue;
    }
    host_of[i] = *host;
    if (*host >= on_host.size()) on_host.resize(*host + 1);
    if (on_host[*host]++ == 0) ++used;
    cpu += static_cast<double>(visit.cpu), memory += static_cast<double>(visit.memory);
    outcome.peak_bound = std::max(outcome.peak_bound, bound());
    leaving.emplace(visit.end, i);
  }
  outcome.hosts /= span;
  outcome.bound /= span;
  return outcome;
}

void compare(const std::string& name, const Trace& trace, HostSize size, const std::string& host) {
  const auto make = [&](int which, std::size_t hosts) -> std::unique_ptr<Chooser> {
    if (which == 2) return std::make_unique<ByEngine>(size, hosts);
    return std::make_unique<Scan>(size, hosts, which == 1);
  };
  const char* names[] = {"first fit", "best fit", "engine"};
  std::string means, refusals;
  double peak = 0;
  for (int which = 0; which < 3; ++which) {
    const auto chooser = make(which, 3000);
    const Outcome outcome = play(trace, size, *chooser);
    peak = outcome.peak_bound;
    means += fmt::format("{}{} {:.4f}", which == 0 ? "" : ", ", names[which], outcome.hosts / outcome.bound);
  }
  row("online, mean hosts over mean bound", fmt::format("{} {}, hosts of {}", name, trace.name, host), means);
  for (int which = 0; which < 3; ++which) {
    const auto chooser = make(which, static_cast<std::size_t>(0.95 * peak));
    const Outcome outcome = play(trace, size, *chooser);
    refusals +=
        fmt::format("{}{} {:.3f} % of VMs, {} units of CPU", which == 0 ? "" : "; ", names[which],
                    100.0 * static_cast<double>(outcome.refused) / static_cast<double>(trace.visits.size()),
                    outcome.refused_cpu);
  }
  row("online, refused at 95 % of the peak's bound",
      fmt::format("{} {}, {} hosts", name, trace.name, static_cast<int>(0.95 * peak)), refusals);
}

}  // namespace

void run_online(const std::filesystem::path& traces) {
  for (const Trace& trace : azure_2017(traces))
    compare("azure-2017", trace, {64, 256 * 1024}, "64 cores, 256 GiB");
  for (const Trace& trace : azure_2020(traces))
    compare("azure-2020", trace, {4800, 384 * 8}, "48 cores, 384 GiB");
}

}  // namespace causeway::bench
