// SPDX-License-Identifier: Apache-2.0
// How long the scheduler thinks about the whole example city, and how much memory it takes with it:
//   build/release/bin/bench_scheduler [FOLDER]     (packaging/examples/zhoushan)
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <string>

#include "common/config/manifest.h"
#include "tests/support/scheduler_world.h"

namespace {

using namespace causeway;

template <class Work>
double milliseconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double resident_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

void show(std::string_view measure, double value, std::string_view unit) {
  fmt::print("{:<60} {:>10.1f} {}\n", measure, value, unit);
}

// The worst of several, because it is the worst that people notice.
template <class Work>
void show_worst(std::string_view measure, Work work) {
  double worst = 0;
  for (int i = 0; i < 5; ++i) worst = std::max(worst, milliseconds(work));
  show(measure, worst, "ms");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "packaging/examples/zhoushan";
  const auto loaded = config::load_manifests({folder});
  if (!loaded.problems.empty()) {
    for (const auto& problem : loaded.problems) fmt::print(stderr, "{}\n", config::to_string(problem));
    return 1;
  }
  std::vector<model::Manifest> base;
  std::vector<model::Manifest> waves;
  std::size_t applications = 0;
  for (const auto& file : loaded.files) {
    const auto* wave = std::get_if<model::Wave>(&file.manifest);
    if (wave != nullptr) applications += wave->applications.size();
    (wave != nullptr ? waves : base).push_back(file.manifest);
  }
  test::World world;
  const auto prepared = world.apply(base);
  if (!std::holds_alternative<model::PlanResponse>(prepared)) {
    fmt::print(stderr, "the site does not apply: {}\n", std::get<model::ErrorResponse>(prepared).error.what);
    return 1;
  }
  for (const auto& record : world.all<model::HostRecord>()) world.host_up(record.id.str());

  model::ResponseBody plan;
  show_worst("plan of all waves", [&] { plan = world.plan(waves); });
  const auto* planned = std::get_if<model::PlanResponse>(&plan);
  if (planned == nullptr || !planned->unplaced.empty()) {
    fmt::print(stderr, "the waves can't be placed\n");
    if (planned != nullptr)
      for (const auto& reason : planned->unplaced.front().reasons) fmt::print(stderr, "  {}\n", reason);
    return 1;
  }
  show("apply of all waves", milliseconds([&] { world.apply(waves); }), "ms");
  world.settle(4);
  show_worst("apply of all waves again, when nothing changes", [&] { world.apply(waves); });
  show_worst("status of the site", [&] { world.ask(model::StatusRequest{}); });
  show_worst("get workloads", [&] { world.ask(model::GetRequest{"workloads", {}}); });
  show_worst("a tick without news", [&] { world.step({scheduler::Tick{}}); });
  show("resident memory, the hosts' side included", resident_mib(), "MiB");
  fmt::print("{} applications, {} workloads, {} hosts\n", applications, world.all<model::Workload>().size(),
             world.hosts.size());
  return 0;
}
