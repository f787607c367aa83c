// SPDX-License-Identifier: Apache-2.0
// What an agent costs while nothing changes: build/release/bin/bench_agent
//   - a pass over 300 unchanged workloads, the three looks included, on simulated drivers and with libvirt's
//     test driver as the hypervisor; it writes nothing and orders nothing;
//   - the resident memory of a causeway-agent with 50 workloads (simulated drivers; --pid N: of that
//   process).
// Ends with 1 if a figure misses its goal.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/compute/libvirt.h"
#include "agent/core/core.h"
#include "agent/core/limits.h"
#include "agent/daemon/simulated_site.h"
#include "agent/daemon/work.h"
#include "common/transport/transport.h"
#include "common/wire/codec.h"
#include "tests/folders.h"
#include "tests/support/assignments.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/virtual_clock.h"

namespace {

using namespace causeway;
using agent::Core;

constexpr int kWorkloads = 300;
constexpr int kPasses = 50;
constexpr double kPassGoalMs = 20;
constexpr int kResident = 50;
constexpr double kResidentGoalMib = 40;

model::Assignment assignment_of(int workloads) {
  auto made = test::assignment(1);
  for (int i = 0; i < workloads; ++i) {
    model::AssignedWorkload one = test::workload(fmt::format("d/app-{}/web", i)).port("eth0");
    one.ports[0].mac = model::Mac{
        {0x52, 0x54, 0, 0, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250)}};
    one.ports[0].addresses = {test::ip(fmt::format("10.52.{}.{}", i / 250, i % 250 + 1))};
    made = std::move(made).with(std::move(one));
  }
  return made;
}

// An agent's core, its orders carried out at once.
class Bench {
 public:
  Bench(agent::Drivers drivers, test::VirtualClock& clock)
      : drivers_(drivers), clock_(clock), core_({test::extranet_host(), {}, 1}, {}, clock.at) {}

  int actions = 0;

  // Steps until nobody has anything to do.
  void settle(std::vector<agent::Input> inputs) {
    do {
      auto outcome = core_.step(inputs, clock_.at);
      inputs.clear();
      for (const auto& order : outcome.orders) {
        if (std::holds_alternative<agent::Action>(order.work)) ++actions;
        inputs.emplace_back(
            agent::Done{order.id, agent::carry_out(order.work, drivers_, [](auto&) { return true; })});
      }
    } while (!inputs.empty());
  }

  // The worst of several passes, each when all looks are due.
  double worst_pass_ms() {
    double worst = 0;
    for (int i = 0; i < kPasses; ++i) {
      clock_.at += agent::kPoolLookInterval;
      const auto begin = std::chrono::steady_clock::now();
      settle({});
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
      worst = std::max(worst, took.count());
    }
    return worst;
  }

 private:
  agent::Drivers drivers_;
  test::VirtualClock& clock_;
  Core core_;
};

bool show(const std::string& measure, double value, const std::string& unit, double goal) {
  fmt::print("{:<72} {:>8.2f} {}  (goal {} {}) {}\n", measure, value, unit, goal, unit,
             value < goal ? "ok" : "MISSED");
  return value < goal;
}

bool bench_pass(const std::string& name, agent::Compute& compute,
                const std::shared_ptr<test::VirtualClock>& clock) {
  agent::SimulatedSite site;
  agent::SimulatedSwitch network(site.fabric(), HostId("h1"));
  agent::SimulatedStorage storage(site.cluster(), HostId("h1"), {test::kExtranet});
  Bench bench({compute, network, storage}, *clock);
  bench.settle({model::ToAgent(assignment_of(kWorkloads))});
  clock->at += agent::kPoolLookInterval;
  bench.settle({});
  bench.actions = 0;
  const auto writes = site.fabric()->writes(HostId("h1"));
  const double worst = bench.worst_pass_ms();
  const bool quiet = bench.actions == 0 && site.fabric()->writes(HostId("h1")) == writes;
  if (!quiet) fmt::print("{}: a pass over unchanged workloads did something\n", name);
  return show(fmt::format("a pass over {} unchanged workloads, {}, worst of {}", kWorkloads, name, kPasses),
              worst, "ms", kPassGoalMs) &&
         quiet;
}

bool bench_simulated() {
  auto clock = std::make_shared<test::VirtualClock>();
  agent::SimulatedCompute compute(std::make_shared<agent::SimulatedHypervisor>(), clock);
  return bench_pass("simulated drivers", compute, clock);
}

bool bench_test_driver() {
  const test::TemporaryFolder folder;
  agent::LibvirtCompute compute({.uri = "test:///default",
                                 .domains = {.virtualization = agent::Virtualization::test,
                                             .offloads = true,
                                             .state_dir = folder.path()}},
                                std::make_shared<SystemClock>());
  // That driver has no secrets and no disks, so its workloads run before the agent comes, which adopts them.
  for (const auto& workload : assignment_of(kWorkloads).workloads) {
    agent::DomainSpec domain{
        .id = workload.id, .generation = workload.generation, .zone = workload.zone, .memory = 64_MiB};
    if (!compute.define(domain) || !compute.start(workload.id)) return false;
  }
  return bench_pass("libvirt's test driver", compute, std::make_shared<test::VirtualClock>());
}

double resident_mib(pid_t process) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

// A scheduler of one host, until the agent reports that all of it runs.
void serve_until_all_run(transport::Server& server) {
  const auto assignment = wire::encode(model::ToAgent(assignment_of(kResident)));
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < end) {
    for (const auto& incoming : server.poll(Duration(100))) {
      const auto message = wire::decode_as<model::FromAgent>(incoming.bytes);
      server.send(incoming.route, assignment);
      const auto* report = message ? std::get_if<model::Report>(&*message) : nullptr;
      if (report && std::ranges::count(report->workloads, model::Phase::running,
                                       &model::WorkloadStatus::phase) == kResident) {
        return;
      }
    }
  }
}

bool bench_resident() {
  const test::TemporaryFolder folder;
  auto scheduler_keys = transport::generate_keys().value();
  const auto agent_keys = transport::generate_keys().value();
  if (!transport::write_keys(agent_keys, folder.path() / "agent.key")) return false;
  const auto endpoint = "ipc://" + (folder.path() / "agents.sock").string();
  const auto config = (folder.path() / "agent.yaml").string();
  std::ofstream(config) << fmt::format(
      "api: causeway/v1\nkind: Agent\nhost: h1\nschedulers: {{main: {{address: \"{}\", key: \"{}\"}}}}\n"
      "key_file: agent.key\nstate_dir: state\ndrivers: simulated\n"
      "zones: {{extranet: {{underlay: 10.98.0.1, tunnel_port: 4789, pool: extranet}}}}\n",
      endpoint, scheduler_keys.public_key);
  auto server = transport::serve({std::move(scheduler_keys), {endpoint}, {agent_keys.public_key}}).value();
  std::string program = std::string(CAUSEWAY_BINARY_DIR) + "/bin/causeway-agent";
  std::string option = "--config";
  std::string value = config;
  char* arguments[] = {program.data(), option.data(), value.data(), nullptr};
  pid_t process = 0;
  if (posix_spawn(&process, program.c_str(), nullptr, nullptr, arguments, environ) != 0) return false;
  serve_until_all_run(*server);
  const double resident = resident_mib(process);
  ::kill(process, SIGTERM);
  ::waitpid(process, nullptr, 0);
  return show(
      fmt::format("resident memory of causeway-agent with {} workloads, simulated drivers", kResident),
      resident, "MiB", kResidentGoalMib);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--pid") {
    return show("resident memory of that causeway-agent", resident_mib(std::stoi(argv[2])), "MiB",
                kResidentGoalMib)
               ? 0
               : 1;
  }
  bool reached = bench_simulated();
  reached = bench_test_driver() && reached;
  reached = bench_resident() && reached;
  return reached ? 0 : 1;
}
