// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/scheduler/agents/cloud.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <fstream>

#include "common/core/check.h"
#include "scheduler/store/sqlite_store.h"
#include "tests/support/scheduler_world.h"

namespace causeway::bench {
namespace {

constexpr int kDepartments = 52;
constexpr int kWorkloadsInNetwork = 250;
constexpr int kNetworksOfChanges = 100;
constexpr std::string_view kChange = "d0/change-";

// The agents connect from 127.0.0.1: while the scheduler is away none of their connections can take this
// port, as the kernel would let them on the same address.
std::string free_address() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  CAUSEWAY_CHECK(::bind(descriptor, raw, size) == 0 && ::getsockname(descriptor, raw, &size) == 0);
  ::close(descriptor);
  return fmt::format("tcp://127.0.0.2:{}", ntohs(address.sin_port));
}

model::NetworkRecord network(const std::string& name, int department, int number) {
  model::NetworkRecord made;
  made.id = NetworkId(name);
  made.spec.department = DepartmentId(fmt::format("d{}", department));
  made.spec.zone = test::kZone;
  made.spec.subnet = model::Subnet::parse(fmt::format("10.{}.{}.0/24", number / 256, number % 256)).value();
  made.vni = static_cast<std::uint32_t>(4096 + number);
  return made;
}

// Applications of ten workloads, in a row on the hosts.
model::Workload workload(int number, int host) {
  const int in_network = number / kWorkloadsInNetwork;
  const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
  model::Workload made;
  made.id = WorkloadId(fmt::format("d{}/app-{}/web-{}", in_network % kDepartments, number / 10, number % 10));
  made.entry = "web";
  made.wave = WaveId(fmt::format("w{}", in_network));
  made.zone = test::kZone;
  made.host = host_name(host);
  made.vcpus = 2;
  made.memory = 4096_MiB;
  made.disks = {{"root", 40_GiB, ImageId("debian-12"), ""}};
  model::Port port;
  port.name = "eth0";
  port.network = NetworkId(fmt::format("n{}", in_network));
  port.mac = model::Mac{{0x52, 0x54, 0, byte(number >> 16), byte(number >> 8), byte(number)}};
  port.addresses = {
      {false, {10, byte(in_network / 256), byte(in_network % 256), byte(number % kWorkloadsInNetwork + 2)}}};
  made.ports = {port};
  made.generation = Generation{1};
  return made;
}

std::vector<model::Change> records(const Cloud& cloud, int workloads_per_host) {
  const int hosts = static_cast<int>(cloud.agents.size());
  const int workloads = hosts * workloads_per_host;
  std::map<HostId, model::HostSpec> specs;
  for (int i = 0; i < hosts; ++i)
    specs.insert(test::host(host_name(i).str(), 128, to_mib(1024_GiB), fmt::format("a{}", i / 40)));
  auto site = test::site(std::move(specs));
  site.zones[test::kZone].capacity = GiB{1'000'000'000};
  std::vector<model::Change> made{model::Record(std::move(site))};
  for (int i = 0; i < hosts; ++i) {
    model::HostRecord host;
    host.id = host_name(i);
    host.key = cloud.agents[static_cast<std::size_t>(i)].public_key;
    host.generation = Generation{1};
    host.underlays[test::kZone] = underlay(i);
    made.emplace_back(model::Record(host));
  }
  for (int i = 0; i < kDepartments; ++i) {
    auto [id, spec] = test::department(fmt::format("d{}", i));
    spec.quotas[test::kZone] = {10'000'000, to_mib(GiB{60'000'000}), GiB{100'000'000}};
    spec.networks.clear();
    made.emplace_back(model::Record(model::DepartmentRecord{id, spec}));
  }
  const int networks = workloads / kWorkloadsInNetwork + 1;
  for (int i = 0; i < networks; ++i)
    made.emplace_back(model::Record(network(fmt::format("n{}", i), i % kDepartments, i)));
  for (int i = 0; i < kNetworksOfChanges; ++i)
    made.emplace_back(model::Record(network(fmt::format("changes-{}", i), 0, networks + i)));
  for (int i = 0; i < workloads; ++i) made.emplace_back(model::Record(workload(i, i / workloads_per_host)));
  return made;
}

}  // namespace

HostId host_name(int number) { return HostId(fmt::format("h{}", number)); }

model::IpAddress underlay(int number) {
  return {false, {10, 200, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)}};
}

void make_cloud(const std::filesystem::path& folder, int agents, int workloads_per_host) {
  auto scheduler = transport::generate_keys().value();
  CAUSEWAY_CHECK(transport::write_keys(scheduler, folder / "scheduler.key").has_value());
  std::ofstream keys(folder / "keys");
  const auto write = [&](const transport::KeyPair& pair) {
    keys << pair.public_key << ' ' << pair.secret_key.reveal() << '\n';
  };
  write(scheduler);
  for (int i = 0; i < agents + 1; ++i) write(transport::generate_keys().value());
  keys.close();
  std::ofstream(folder / "addresses") << free_address() << " ipc://" << (folder / "clients.sock").string();

  const auto cloud = read_cloud(folder);
  std::ofstream(cloud.config()) << fmt::format(
      "api: causeway/v1\nkind: Scheduler\nname: s1\nlisten: {{clients: \"{}\", agents: \"{}\"}}\n"
      "key_file: {}\nstate: {{file: {}}}\noperators: {{admin: \"{}\"}}\n",
      cloud.clients_address, cloud.agents_address, (folder / "scheduler.key").string(),
      (folder / "state.db").string(), cloud.admin.public_key);
  auto store = store::open_sqlite(folder / "state.db").value();
  CAUSEWAY_CHECK(store->load(0).has_value());
  CAUSEWAY_CHECK(store->commit(records(cloud, workloads_per_host)).has_value());
}

Cloud read_cloud(const std::filesystem::path& folder) {
  Cloud cloud;
  cloud.folder = folder;
  std::ifstream(folder / "addresses") >> cloud.agents_address >> cloud.clients_address;
  std::ifstream keys(folder / "keys");
  const auto read = [&](Keys& one) { return static_cast<bool>(keys >> one.public_key >> one.secret_key); };
  CAUSEWAY_CHECK(read(cloud.scheduler) && read(cloud.admin));
  for (Keys one; read(one);) cloud.agents.push_back(one);
  return cloud;
}

model::ApplyRequest change(int number) {
  auto spec = model::WorkloadSpec(test::EntryBuilder("").vcpus(100));
  spec.ports["eth0"].network = NetworkId(fmt::format("changes-{}", number % kNetworksOfChanges));
  const auto name = fmt::format("change-{}", number);
  return {{test::wave(name, {{name, test::application("d0", {{"web", spec}})}})}, "", false};
}

int change_of(const WorkloadId& id) {
  const auto& text = id.str();
  int number = -1;
  if (text.starts_with(kChange))
    std::from_chars(text.data() + kChange.size(), text.data() + text.size(), number);
  return number;
}

}  // namespace causeway::bench
