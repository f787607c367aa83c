// SPDX-License-Identifier: Apache-2.0
// What programming a host's switch costs (root): build/release/bin/bench_network, or
// build/dev/bin/bench_network
//   - all flows of 500 ports in 20 networks on an empty bridge, beside `ovs-ofctl --bundle replace-flows`
//   with the same
//     flows from a ready file;
//   - one port's change; a pass that finds nothing changed; the process's memory after that.
// Ends with 1 if a figure misses its goal.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "agent/network/openflow.h"
#include "tests/contract/ovs_host.h"
#include "tests/support/temporary_folder.h"

namespace causeway::agent {
namespace {

constexpr std::uint32_t kPorts = 500;
constexpr std::uint32_t kNetworks = 20;
constexpr std::uint32_t kRemotes = 2000;
constexpr int kRounds = 7;

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

ZonePolicy city() {
  ZonePolicy policy{ZoneId("extranet"), Generation{1}, {}, {}};
  for (std::uint32_t i = 0; i < kNetworks; ++i)
    policy.segments.push_back({NetworkId(fmt::format("network-{}", i)), 100 + i, {}});
  for (std::uint32_t i = 0; i < kPorts; ++i) {
    PortWiring port;
    port.port = PortId(fmt::format("department/application/web-{}/eth0", i));
    port.network = policy.segments[i % kNetworks].network;
    port.mac = mac(i);
    port.addresses = addresses(i);
    policy.ports.push_back(port);
  }
  for (std::uint32_t i = 0; i < kRemotes; ++i)
    policy.segments[i % kNetworks].remote.push_back(
        {mac(kPorts + i), addresses(kPorts + i),
         *model::IpAddress::parse(fmt::format("10.98.0.{}", 2 + i % 60))});
  return policy;
}

PortNumbers numbers_of(const ZonePolicy& policy) {
  PortNumbers numbers{1, {}};
  for (const PortWiring& port : policy.ports)
    numbers.ports[port.port] = static_cast<std::uint32_t>(100 + numbers.ports.size());
  return numbers;
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

  // From the policy to the switch: generated, sent, read back.
  FlowSet program(const std::string& bridge, const ZonePolicy& policy, const FlowSet* before) {
    FlowSet flows =
        must(FlowSet::parse(must(make_flows(policy, numbers_of(policy))), before ? *before : FlowSet()));
    flows.set_meters(make_meters(policy, numbers_of(policy)));
    OpenFlow connection = connect(bridge);
    ++cookie_;
    static_cast<void>(
        must(before ? connection.update(*before, flows, cookie_) : connection.replace(flows, cookie_)));
    return flows;
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
    return must(OpenFlow::connect(fmt::format("{}/{}.mgmt", host_.run_dir(), bridge), Duration(2000)));
  }

 private:
  OvsHost& host_;
  std::uint64_t cookie_ = 0;
};

bool run(const std::string& folder) {
  OvsHost host(folder + "/host");
  Bench bench(host);
  ZonePolicy policy = city();
  const auto flows = must(make_flows(policy, numbers_of(policy)));
  const std::string file = folder + "/flows";
  {
    std::ofstream out(file);
    for (const Flow& flow : flows)
      out << fmt::format("table={},priority={},{}{}actions={}\n", flow.table, flow.priority, flow.match,
                         flow.match.empty() ? "" : ",", flow.actions);
  }
  fmt::print("{} flows for {} ports here and {} elsewhere, in {} networks\n", flows.size(), kPorts, kRemotes,
             kNetworks);

  std::vector<double> ours;
  std::vector<double> tools;
  for (int i = 0; i < kRounds; ++i) {
    bench.make_bridge("ours");
    bench.make_bridge("theirs");
    ours.push_back(milliseconds([&] { bench.program("ours", policy, nullptr); }));
    bench.make_meters_of("theirs", policy);
    tools.push_back(milliseconds([&] { bench.replace_by_tool("theirs", file); }));
  }
  fmt::print("{:<70} {:>8.2f} ms\n", "ovs-ofctl --bundle replace-flows, all flows on an empty bridge",
             median(tools));
  fmt::print("{:<70} {:>8.2f} ms\n", "the same from the policy, generated, sent and read back", median(ours));
  bool good = report("ratio", median(ours) / median(tools), 1.3, "");

  FlowSet set = must(FlowSet::parse(flows));
  set.set_meters(make_meters(policy, numbers_of(policy)));
  std::vector<double> changes;
  for (int i = 0; i < kRounds; ++i) {
    policy.ports[0].addresses[0] = *model::IpAddress::parse(fmt::format("10.60.0.{}", i + 1));
    changes.push_back(milliseconds([&] { set = bench.program("ours", policy, &set); }));
  }
  good &= report("one port's change, generated, sent and read back", median(changes), 20, "ms");

  std::vector<double> passes;
  for (int i = 0; i < kRounds; ++i)
    passes.push_back(milliseconds([&] {
      OpenFlow connection = bench.connect("ours");
      if (!must(connection.compare(set)).empty()) std::exit(1);
    }));
  good &= report("a pass that finds nothing changed", median(passes), 50, "ms");
  good &= report("resident memory of this process", resident_mib(), 60, "MiB");
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
  return causeway::agent::run(folder.path()) ? 0 : 1;
}
