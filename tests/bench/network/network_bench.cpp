// SPDX-License-Identifier: Apache-2.0
// What programming a host's switch costs, at 500 ports with 20 rules each (root): tests/bench/run --only
// network
//   - all flows on an empty bridge, beside `ovs-ofctl --bundle replace-flows` with the same flows from a
//   ready
//     file, turn by turn on the same ovs-vswitchd;
//   - one rule's change and one port's, through the driver that the agent has;
//   - a pass that finds nothing changed, and how much the process holds after all that.
// Ends with 1 if a figure misses its goal.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "agent/network/openflow.h"
#include "agent/network/ovs.h"
#include "tests/contract/ovs_host.h"
#include "tests/support/temporary_folder.h"

namespace causeway::agent {
namespace {

constexpr std::uint32_t kPorts = 500;
constexpr std::uint32_t kNetworks = 20;
constexpr std::uint32_t kRules = 20;  // of each port
constexpr std::uint32_t kRemotes = 2000;
constexpr int kRounds = 3;
constexpr int kChanges = 9;
constexpr int kPasses = 64;  // as many as there are parts that are read back

double milliseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

[[noreturn]] void fail_hard(const std::string& what) {
  fmt::print(stderr, "error: {}\n", what);
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result) fail_hard(result.error().what);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

bool report(const std::string& what, double value, double goal, const char* unit) {
  fmt::print("{:<70} {:>8.2f} {:<3} (goal {:.2f}) {}\n", what, value, unit, goal,
             value <= goal ? "ok" : "MISSED");
  return value <= goal;
}

model::Mac mac(std::uint32_t number) {
  return {
      {0x52, 0x54, 0, 0, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number & 0xffU)}};
}

std::vector<model::IpAddress> addresses(std::uint32_t number) {
  return {*model::IpAddress::parse(fmt::format("10.52.{}.{}", number / 256, number % 256)),
          *model::IpAddress::parse(fmt::format("fd52::{:x}", number + 1))};
}

model::IpAddress gateway(std::uint32_t network) {
  return *model::IpAddress::parse(fmt::format("10.53.{}.1", network));
}

std::string guard_of(std::uint32_t number) { return fmt::format("guard-{}", number % kPorts); }

// Each port is an application of its own, of which every one serves some others.
void add_rules(ZonePolicy& policy) {
  for (std::uint32_t i = 0; i < kPorts; ++i) {
    model::AddressSet set{fmt::format("application-{}", i), {}};
    for (std::uint32_t who = i; who < kPorts + kRemotes; who += kPorts)
      for (const model::IpAddress& address : addresses(who))
        set.members.push_back({address, address.v6 ? 128 : 32});
    policy.address_sets.push_back(std::move(set));
    model::Guard guard{guard_of(i), {}};
    for (std::uint32_t rule = 0; rule < kRules; ++rule)
      guard.rules.push_back({fmt::format("application-{}", (i + rule * 7) % kPorts), model::RuleProtocol::tcp,
                             static_cast<std::uint16_t>(1024 + rule),
                             static_cast<std::uint16_t>(1024 + rule)});
    policy.guards.push_back(std::move(guard));
  }
}

ZonePolicy city() {
  ZonePolicy policy{ZoneId("extranet"), Generation{1}, {}, {}};
  for (std::uint32_t i = 0; i < kNetworks; ++i)
    policy.segments.push_back({NetworkId(fmt::format("network-{}", i)), 100 + i, {}, {gateway(i)}});
  for (std::uint32_t i = 0; i < kPorts; ++i) {
    PortWiring port;
    port.port = PortId(fmt::format("department/application/web-{}/eth0", i));
    port.network = policy.segments[i % kNetworks].network;
    port.mac = mac(i);
    port.workload = WorkloadId(fmt::format("department/application/web-{}", i));
    port.zone = policy.zone;
    port.addresses = addresses(i);
    port.subnets = {{port.addresses[0], 16}, {port.addresses[1], 64}};
    port.guard = guard_of(i);
    policy.ports.push_back(port);
  }
  for (std::uint32_t i = 0; i < kRemotes; ++i)
    policy.segments[i % kNetworks].remote.push_back(
        {mac(kPorts + i), addresses(kPorts + i),
         *model::IpAddress::parse(fmt::format("10.98.0.{}", 2 + i % 60)), guard_of(i)});
  add_rules(policy);
  return policy;
}

PortNumbers numbers_of(const ZonePolicy& policy) {
  PortNumbers numbers{1, {}};
  for (const PortWiring& port : policy.ports)
    numbers.ports[port.port] = static_cast<std::uint32_t>(100 + numbers.ports.size());
  return numbers;
}

// Of this process.
double cpu_milliseconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024.0 * 1024.0);
}

class Bench {
 public:
  explicit Bench(OvsHost& host) : host_(host) {}

  void make_bridge(const std::string& name) const {
    host_.vsctl({"--if-exists", "del-br", name, "--", "add-br", name, "--", "set", "bridge", name,
                 "datapath_type=netdev", "fail_mode=secure", "protocols=OpenFlow15"});
  }

  void remove_bridge(const std::string& name) const { host_.vsctl({"del-br", name}); }

  // From the policy to the switch: generated, sent, read back.
  void program(const std::string& bridge, const ZonePolicy& policy) const {
    FlowSet flows = must(FlowSet::parse(must(make_flows(policy, numbers_of(policy)))));
    flows.set_meters(make_meters(policy, numbers_of(policy)));
    static_cast<void>(must(connect(bridge).replace(flows, 1)));
  }

  // A ready file can't hold them, and flows that name them need them.
  void make_meters_of(const std::string& bridge, const ZonePolicy& policy) const {
    FlowSet only_meters;
    only_meters.set_meters(make_meters(policy, numbers_of(policy)));
    static_cast<void>(must(connect(bridge).replace(only_meters, 1)));
  }

  void replace_by_tool(const std::string& bridge, const std::string& file) const {
    static_cast<void>(host_.run({"ovs-ofctl", "-OOpenFlow15", "--bundle", "replace-flows",
                                 fmt::format("unix:{}/{}.mgmt", host_.run_dir(), bridge), file}));
  }

  [[nodiscard]] OpenFlow connect(const std::string& bridge) const {
    return must(OpenFlow::connect(fmt::format("{}/{}.mgmt", host_.run_dir(), bridge), Duration(30000)));
  }

 private:
  OvsHost& host_;
};

void write_flows(const std::string& file, const std::vector<Flow>& flows) {
  std::ofstream out(file);
  for (const Flow& flow : flows)
    out << fmt::format("table={},priority={},{}{}actions={}\n", flow.table, flow.priority, flow.match,
                       flow.match.empty() ? "" : ",", flow.actions);
}

// Everything at once, turn by turn with the tool.
bool program_all(const std::string& folder, const ZonePolicy& policy) {
  OvsHost host(folder);
  Bench bench(host);
  const auto flows = must(make_flows(policy, numbers_of(policy)));
  const std::string file = host.run_dir() + "/flows";
  write_flows(file, flows);
  fmt::print("{} flows for {} ports with {} rules each, {} ports elsewhere, {} networks\n", flows.size(),
             kPorts, kRules, kRemotes, kNetworks);
  std::vector<double> ours;
  std::vector<double> tools;
  for (int i = 0; i < kRounds; ++i) {
    bench.make_bridge("ours");
    ours.push_back(milliseconds([&] { bench.program("ours", policy); }));
    bench.remove_bridge("ours");
    bench.make_bridge("theirs");
    bench.make_meters_of("theirs", policy);
    tools.push_back(milliseconds([&] { bench.replace_by_tool("theirs", file); }));
    bench.remove_bridge("theirs");
  }
  fmt::print("{:<70} {:>8.2f} ms\n", "ovs-ofctl --bundle replace-flows, all flows on an empty bridge",
             median(tools));
  fmt::print("{:<70} {:>8.2f} ms\n", "the same from the policy, generated, sent and read back", median(ours));
  return report("ratio", median(ours) / median(tools), 1.3, "");
}

// As the agent does it: the driver, its database, a tap for each port.
bool change_one(const std::string& folder, ZonePolicy policy) {
  OvsHost host(folder);
  bool good = true;
  const double before = resident_mib();
  host.inside([&] {
    const auto agent = make_ovs_switch({host.run_dir(), "netdev"});
    agent->set_wakeup([] {});
    must(agent->ensure_bridge({policy.zone, *model::IpAddress::parse("127.0.0.1"), 4789}));
    fmt::print("{:<70} {:>8.2f} ms\n", "all ports made", milliseconds([&] {
                 for (const PortWiring& port : policy.ports) must(agent->ensure_port(port));
               }));
    fmt::print("{:<70} {:>8.2f} ms\n", "all of them programmed",
               milliseconds([&] { must(agent->program(policy)); }));

    std::vector<double> rules;
    std::vector<double> ports;
    const double used = cpu_milliseconds();
    for (int i = 0; i < kChanges; ++i) {
      policy.guards[7].rules[3].first_port = policy.guards[7].rules[3].last_port =
          static_cast<std::uint16_t>(5000 + i);
      rules.push_back(milliseconds([&] { must(agent->program(policy)); }));
    }
    const double used_for_rules = (cpu_milliseconds() - used) / kChanges;
    for (int i = 0; i < kChanges; ++i) {
      policy.ports[0].addresses[0] = *model::IpAddress::parse(fmt::format("10.60.0.{}", i + 1));
      ports.push_back(milliseconds([&] { must(agent->program(policy)); }));
    }
    good &= report("one rule's change, generated, sent, read back and followed", median(rules), 20, "ms");
    fmt::print("{:<70} {:>8.2f} ms\n", "of which this process computes", used_for_rules);
    fmt::print("{:<70} {:>8.2f} ms\n", "the quickest of them", *std::ranges::min_element(rules));
    fmt::print("{:<70} {:>8.2f} ms\n", "one port's change", median(ports));

    std::vector<double> passes;
    for (int i = 0; i < kPasses; ++i)
      passes.push_back(milliseconds([&] {
        const auto seen = must(agent->observe());
        if (seen.bridges.at(0).programmed != digest(policy)) fail_hard("the bridge lost its policy");
      }));
    good &= report("a pass that finds nothing changed", median(passes), 50, "ms");
    good &= report("the slowest of them", *std::ranges::max_element(passes), 50, "ms");
    good &= report("resident memory of this process with all of that", resident_mib(), 60, "MiB");
    fmt::print("of which before: {:.1f} MiB\n", before);
  });
  return good;
}

}  // namespace
}  // namespace causeway::agent

int main() {
  if (const std::string why = causeway::agent::OvsHost::why_not(); !why.empty()) {
    fmt::print(stderr, "error: {}\n", why);
    return 1;
  }
  const causeway::test::TemporaryFolder folder;
  const auto policy = causeway::agent::city();
  const bool quick = causeway::agent::change_one((folder.path() / "agent").string(), policy);
  return causeway::agent::program_all((folder.path() / "tool").string(), policy) && quick ? 0 : 1;
}
