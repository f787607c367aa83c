// SPDX-License-Identifier: Apache-2.0
// Hosts used by a batch over the lower bound, by CPU and memory alone.
#include <algorithm>
#include <cmath>
#include <map>

#include "scheduler/packing/pack.h"
#include "tests/bench/placement/benches.h"
#include "tests/bench/placement/report.h"
#include "tests/bench/placement/traces.h"

namespace causeway::bench {
namespace {

using packing::Problem;

class Counter {
 public:
  void add(std::int64_t cpu, std::int64_t memory) { ++counts_[{cpu, memory}], ++total_; }
  [[nodiscard]] std::int64_t total() const { return total_; }
  [[nodiscard]] Problem problem(std::int64_t cpu, std::int64_t memory) const {
    Problem problem{{}, cpu, memory};
    for (const auto& [amounts, count] : counts_)
      problem.items.push_back({amounts.first, amounts.second, count});
    return problem;
  }

 private:
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> counts_;
  std::int64_t total_ = 0;
};

void report(const std::string& name, const Counter& items, std::int64_t cpu, std::int64_t memory,
            const std::string& host) {
  const CpuStopwatch watch;
  const packing::Packing packed = packing::pack(items.problem(cpu, memory));
  const auto above = packed.hosts - packed.lower_bound;
  row("hosts used by a batch", fmt::format("{}, {} VMs, hosts of {}", name, items.total(), host),
      fmt::format("{} hosts, bound {}: +{} ({:.2f} %), {:.1f} s of CPU, by {}", packed.hosts,
                  packed.lower_bound, above,
                  100.0 * static_cast<double>(above) / static_cast<double>(packed.lower_bound),
                  watch.seconds(), packed.method));
}

// Who is there when most are.
Counter at_peak(const Trace& trace) {
  std::map<double, std::int64_t> change;
  for (const Visit& visit : trace.visits) ++change[visit.start], --change[visit.end];
  double peak = 0;
  std::int64_t now = 0, most = -1;
  for (const auto& [time, difference] : change)
    if ((now += difference) > most) most = now, peak = time;
  Counter counter;
  for (const Visit& visit : trace.visits)
    if (visit.start <= peak && peak < visit.end) counter.add(visit.cpu, visit.memory);
  return counter;
}

Counter on_day(const Trace& trace, double day) {
  Counter counter;
  for (const Visit& visit : trace.visits)
    if (visit.start <= day * 86400 && day * 86400 < visit.end) counter.add(visit.cpu, visit.memory);
  return counter;
}

}  // namespace

void run_packing(const std::filesystem::path& traces) {
  const auto y2017 = azure_2017(traces);
  const auto y2020 = azure_2020(traces);
  const auto huawei =
      tables_with(traces, {"flavor_vcpus", "flavor_ram", "numa", "strategy", "group", "domain"});
  const auto openb = tables_with(traces, {"cpu_milli", "memory_mib", "num_gpu"});
  if (y2017.empty()) fmt::print("no azure-2017 trace: its packing rows are left out\n");
  if (y2020.empty()) fmt::print("no azure-2020 trace: its packing rows are left out\n");
  if (huawei.empty()) fmt::print("no huawei-topology requests: their packing rows are left out\n");
  if (openb.empty()) fmt::print("no alibaba-openb pods: their packing rows are left out\n");
  for (const Trace& trace : y2017) {
    const Counter items = at_peak(trace);
    report("azure-2017 " + trace.name + " at its peak", items, 64, 256 * 1024, "64 cores, 256 GiB");
    report("azure-2017 " + trace.name + " at its peak", items, 64, 128 * 1024, "64 cores, 128 GiB");
  }
  for (const Trace& trace : y2020)
    for (const double day : {2.0, 7.0, 12.0})
      report(fmt::format("azure-2020 {}, day {}", trace.name, day), on_day(trace, day), 4800, 384 * 8,
             "48 cores, 384 GiB");
  for (const Table& table : huawei) {
    Counter items;
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      items.add(std::llround(table.number(i, "flavor_vcpus")), std::llround(table.number(i, "flavor_ram")));
    report("huawei " + table.name, items, 96, 192, "96 cores, 192 GiB");
  }
  for (const Table& table : openb) {
    Counter items;
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      items.add(std::llround(table.number(i, "cpu_milli")), std::llround(table.number(i, "memory_mib")));
    report("openb " + table.name, items, 128'000, 768 * 1024, "128 cores, 768 GiB");
  }
}

}  // namespace causeway::bench
