// SPDX-License-Identifier: Apache-2.0
// What the libvirt driver costs: build/dev/bin/bench_compute
//   - a look at 300 unchanged domains, on libvirt's test driver and (as root) on a real libvirtd;
//   - (as root) define() and start() of a workload, beside `virsh start` of the same domain.
// Ends with 1 if a figure misses its goal.
#include "tests/contract/compute_bench.h"

#include <fmt/core.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/compute/libvirt.h"
#include "agent/compute/libvirt_handles.h"
#include "tests/contract/libvirtd.h"

namespace causeway::agent {
namespace {

constexpr int kDomains = 300;
constexpr double kLookGoalMs = 20;
constexpr double kStartGoalMs = 500;

double milliseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "error: {}\n", result.error().what);
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

bool report(const std::string& what, double ms, double goal_ms) {
  fmt::print("{:<62} {:>8.2f} ms  (goal {} ms) {}\n", what, ms, goal_ms, ms < goal_ms ? "ok" : "MISSED");
  return ms < goal_ms;
}

DomainSpec spec_of(int number) {
  return {.id = WorkloadId{fmt::format("civil-affairs/portal/web-{}", number)},
          .generation = Generation{1},
          .zone = ZoneId{"extranet"},
          .vcpus = 1,
          .memory = 32_MiB};
}

bool bench_look(Compute& compute, const std::string& on) {
  for (int i = 0; i < kDomains; ++i) must(compute.define(spec_of(i)));
  const double first = milliseconds([&] { must(compute.observe()); });
  fmt::print("{:<62} {:>8.2f} ms\n", fmt::format("the first look at {} domains, {}", kDomains, on), first);
  std::vector<double> looks;
  for (int i = 0; i < 100; ++i) looks.push_back(milliseconds([&] { must(compute.observe()); }));
  return report(fmt::format("a look at {} unchanged domains, {}", kDomains, on), median(looks), kLookGoalMs);
}

void virsh_start(const Libvirtd& libvirtd, const WorkloadId& id) {
  std::vector<std::string> words = {"virsh", "-q", "-c", libvirtd.uri(), "start", domain_name(id)};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  int status = 1;
  if (::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ) == 0) ::waitpid(pid, &status, 0);
  if (status != 0) {
    fmt::print(stderr, "error: virsh start failed\n");
    std::exit(1);
  }
}

bool bench_start(Compute& compute, const Libvirtd& libvirtd) {
  const auto disk = libvirtd.folder() / "web.raw";
  write_tiny_guest(disk);
  auto spec = spec_of(0);
  spec.disks = {{.name = "root", .source = LocalFile{disk.string()}}};
  spec.seed = GuestSeed{.instance_id = "1", .hostname = "web-0"};
  std::vector<double> driver;
  std::vector<double> virsh;
  for (int round = 0; round < 7; ++round) {
    spec.generation = spec.generation.next();
    driver.push_back(milliseconds([&] {
      must(compute.define(spec));
      must(compute.start(spec.id));
    }));
    must(compute.kill(spec.id));
    virsh.push_back(milliseconds([&] { virsh_start(libvirtd, spec.id); }));
    must(compute.kill(spec.id));
  }
  fmt::print("{:<62} {:>8.2f} ms\n", "virsh start", median(virsh));
  fmt::print("{:<62} {:>8.2f} ms\n", "define and start by the driver", median(driver));
  return report("define and start, on top of virsh start", median(driver) - median(virsh), kStartGoalMs);
}

std::unique_ptr<Compute> driver(const std::string& uri, Virtualization virtualization,
                                const std::filesystem::path& state_dir) {
  return std::make_unique<LibvirtCompute>(
      LibvirtSettings{
          .uri = uri,
          .domains = {.virtualization = virtualization, .offloads = false, .state_dir = state_dir}},
      std::make_shared<SystemClock>());
}

int run() {
  std::string name = (std::filesystem::temp_directory_path() / "causeway-bench-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  bool ok = bench_look(*driver("test:///default", Virtualization::test, folder), "libvirt's test driver");
  if (const auto why = Libvirtd::why_not(); !why.empty()) {
    fmt::print("real libvirtd skipped: {}\n", why);
  } else {
    const Libvirtd libvirtd;
    const auto compute = driver(libvirtd.uri(), Virtualization::emulated, libvirtd.folder() / "state");
    wait_until([&] { return compute->observe().has_value(); });
    ok = bench_start(*compute, libvirtd) && ok;
    ok = bench_look(*compute, "a real libvirtd") && ok;
  }
  std::filesystem::remove_all(folder);
  return ok ? 0 : 1;
}

}  // namespace
}  // namespace causeway::agent

int main() { return causeway::agent::run(); }
