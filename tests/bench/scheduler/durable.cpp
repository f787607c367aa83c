// SPDX-License-Identifier: Apache-2.0
// What durability costs, on a real disk with synchronous=FULL: committing workloads against raw SQLite
// inserts of the same bytes, whole waves through the real API, and the start from a large state.
//   build/bench/bin/bench_durable [FOLDER [ROW]]    (a folder on the disk to measure; commit, api, large or
//   start)
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/wire/codec.h"
#include "scheduler/core/tables.h"
#include "scheduler/daemon/loop.h"
#include "scheduler/store/sqlite_store.h"
#include "tests/support/scheduler_world.h"

namespace {

using namespace causeway;
namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double resident_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

constexpr int kDepartments = 52;

std::string department_name(int number) { return fmt::format("department-{}", number % kDepartments); }
std::string network_name(int number) {
  return fmt::format("{}-n{}", department_name(number), number / kDepartments);
}

model::Workload workload(int number, int hosts) {
  model::Workload made;
  made.id = WorkloadId(
      fmt::format("{}/application-{}/web-{}", department_name(number / 1000), number / 10, number % 10));
  made.entry = "web";
  made.wave = WaveId(fmt::format("wave-{}", number / 1000));
  made.zone = test::kZone;
  made.host = HostId(fmt::format("h{}", number / 30 % hosts));
  made.vcpus = 4;
  made.memory = 8192_MiB;
  made.disks = {{"root", 40_GiB, ImageId("debian-12"), ""}};
  model::Port port;
  port.name = "eth0";
  port.network = NetworkId(network_name(number / 1000));
  port.addresses = {
      model::IpAddress{false,
                       {10, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
                        static_cast<std::uint8_t>(number)}}};
  made.ports = {port};
  made.generation = Generation{1};
  return made;
}

// Keys and values in a table of SQLite's own, in transactions of `batch`: what no store can be faster than.
double raw_rate(const fs::path& file, const std::vector<std::pair<std::string, std::string>>& rows,
                int batch) {
  sqlite3* database = nullptr;
  sqlite3_open(file.c_str(), &database);
  for (const auto* sql :
       {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
        "CREATE TABLE t (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID"})
    sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT OR REPLACE INTO t VALUES (?1, ?2)", -1, &insert, nullptr);
  const auto start = Steady::now();
  for (std::size_t i = 0; i < rows.size();) {
    sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    for (int n = 0; n < batch && i < rows.size(); ++n, ++i) {
      sqlite3_bind_text64(insert, 1, rows[i].first.data(), rows[i].first.size(), SQLITE_STATIC, SQLITE_UTF8);
      sqlite3_bind_blob64(insert, 2, rows[i].second.data(), rows[i].second.size(), SQLITE_STATIC);
      sqlite3_step(insert);
      sqlite3_reset(insert);
    }
    sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
  }
  const double rate = static_cast<double>(rows.size()) / seconds_since(start);
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return rate;
}

void bench_commits(const fs::path& folder) {
  constexpr int kCount = 100'000;
  for (const int batch : {100, 1000}) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (int i = 0; i < kCount; ++i) {
      const model::Record record = workload(i, 1000);
      rows.emplace_back(model::key_of(record).key, wire::encode_record(record));
    }
    const double raw = raw_rate(folder / fmt::format("raw-{}.db", batch), rows, batch);
    auto store = store::open_sqlite(folder / fmt::format("store-{}.db", batch)).value();
    std::vector<double> waits;
    const auto start = Steady::now();
    for (int i = 0; i < kCount;) {
      std::vector<model::Change> changes;
      for (int n = 0; n < batch; ++n, ++i) changes.emplace_back(model::Record(workload(i, 1000)));
      const auto begun = Steady::now();
      if (!store->commit(changes)) fmt::print(stderr, "a commit failed\n");
      waits.push_back(seconds_since(begun) * 1000);
    }
    const double rate = kCount / seconds_since(start);
    std::ranges::sort(waits);
    fmt::print(
        "| workloads committed, synchronous=FULL | {} a transaction | {:.0f}k/s; p99 of a commit {:.1f} ms; "
        "{:.2f} of raw SQLite inserts of the same bytes ({:.0f}k/s) |\n",
        batch, rate / 1000, waits[waits.size() * 99 / 100], rate / raw, raw / 1000);
  }
}

// A site of hosts of 128 vCPUs and 1 TiB, and departments with room for everything and a network of up to
// 1,021 addresses for each thousand workloads.
std::vector<model::Manifest> base(int hosts, int networks) {
  std::map<HostId, model::HostSpec> made;
  for (int i = 0; i < hosts; ++i)
    made.insert(test::host(fmt::format("h{}", i), 128, to_mib(1024_GiB), fmt::format("a{}", i / 40)));
  auto site = test::site(std::move(made));
  for (auto& [id, host] : site.hosts) host.shape.overcommit = 4;
  site.zones[test::kZone].capacity = GiB{1'000'000'000};
  std::map<DepartmentId, model::Department> departments;
  for (int i = 0; i < kDepartments; ++i) {
    auto department = test::department(department_name(i));
    department.second.quotas[test::kZone] = {1'000'000, to_mib(GiB{60'000'000}), GiB{100'000'000}};
    department.second.networks.clear();
    departments.insert(std::move(department));
  }
  for (int i = 0; i < networks; ++i) {
    model::Network network;
    network.department = DepartmentId(department_name(i));
    network.zone = test::kZone;
    network.subnet = model::Subnet::parse(fmt::format("10.{}.{}.0/22", i / 64, i % 64 * 4)).value();
    departments.at(network.department).networks[NetworkId(network_name(i))] = network;
  }
  return {site, test::departments(std::move(departments))};
}

struct Api {
  std::atomic<bool> ends{false};
  std::thread thread;
  std::unique_ptr<transport::Connection> connection;

  [[nodiscard]] model::Response ask(const model::Request& request) const {
    while (!connection->send(wire::encode(request))) connection->poll(Duration{10});
    while (true)
      for (const auto& message : connection->poll(Duration{100}))
        if (auto response = wire::decode_as<model::Response>(message); response && response->id == request.id)
          return std::move(*response);
  }
};

void must(const model::Response& response) {
  const auto* error = std::get_if<model::ErrorResponse>(&response.body);
  const auto* plan = std::get_if<model::PlanResponse>(&response.body);
  if (error == nullptr && (plan == nullptr || plan->applied)) return;
  if (error != nullptr) fmt::print(stderr, "{}\n", error->error.what);
  if (error != nullptr)
    for (const auto& one : error->findings)
      fmt::print(stderr, "  {} {}\n", one.finding.path, one.finding.what);
  if (plan != nullptr && !plan->unplaced.empty())
    for (const auto& reason : plan->unplaced.front().reasons) fmt::print(stderr, "  {}\n", reason);
  std::exit(1);
}

double percentile(std::vector<double>& sorted, std::size_t percent) {
  std::ranges::sort(sorted);
  return sorted[sorted.size() * percent / 100];
}

// Waves of one application each through ZeroMQ with CURVE, at `rate` workloads a second (0: as fast as they
// are answered, `outstanding` at a time), from one client after the other.
void bench_api(const fs::path& folder, int hosts, int wave_size, int total, double rate, int outstanding) {
  const auto file = folder / fmt::format("api-{}-{}-{}.db", hosts, wave_size, rate);
  auto store = store::open_sqlite(file).value();
  auto server_keys = transport::generate_keys().value();
  auto client_keys = transport::generate_keys().value();
  const std::string server_key = server_keys.public_key;
  const auto address = "ipc://" + (folder / "api.sock").string();
  scheduler::Options options;
  options.operators["admin"] = client_keys.public_key;
  options.unreachable_after = std::chrono::hours(24);
  const int waves = total / wave_size;
  const int networks = total / 1000 + kDepartments;
  Api api;
  std::atomic<bool> serves = false;
  api.thread = std::thread([&] {
    SystemClock clock;
    scheduler::Core core({}, options);
    scheduler::Loop loop(core, *store, clock);
    if (!loop.begin()) return;
    auto server = transport::serve(
                      {.keys = std::move(server_keys), .endpoints = {address}, .allowed = core.peer_keys()})
                      .value();
    loop.serve(*server);
    serves = true;
    serves.notify_one();
    while (!api.ends)
      if (!loop.turn()) return;
  });
  serves.wait(false);
  api.connection =
      transport::connect({.keys = std::move(client_keys), .schedulers = {{"s", {address, server_key}}}})
          .value();
  std::uint64_t id = 1;
  for (const auto& manifest : base(hosts, networks))
    must(api.ask({id++, "set up", model::ApplyRequest{{manifest}, "", false}}));
  for (int i = 0; i < hosts; ++i)
    must(api.ask({id++, "set up",
                  model::HostRequest{model::HostVerb::add, HostId(fmt::format("h{}", i)),
                                     fmt::format("{:040}", i), false}}));

  std::map<std::uint64_t, Steady::time_point> waiting;
  std::vector<double> waits;
  int sent = 0;
  const auto start = Steady::now();
  const auto due = [&](int wave) {
    return start + std::chrono::duration_cast<Steady::duration>(
                       std::chrono::duration<double>(rate == 0 ? 0 : wave * wave_size / rate));
  };
  const auto cpu = cpu_seconds();
  while (static_cast<int>(waits.size()) < waves) {
    while (sent < waves && (rate == 0 ? std::ssize(waiting) < outstanding : Steady::now() >= due(sent))) {
      const int network = sent * wave_size / 1000;
      const auto name = fmt::format("w{}", sent);
      auto spec = model::WorkloadSpec(test::EntryBuilder("").count(wave_size).vcpus(4).memory(8192_MiB));
      spec.ports["eth0"].network = NetworkId(network_name(network));
      const auto wave =
          test::wave(name, {{name, test::application(department_name(network), {{"web", spec}})}});
      // What waits longer than it should counts from when it was due.
      waiting[id] = rate == 0 ? Steady::now() : due(sent);
      api.connection->send(wire::encode(model::Request{id, "bench", model::ApplyRequest{{wave}, "", false}}));
      ++sent;
      ++id;
    }
    const auto pause = rate == 0 || sent == waves
                           ? Duration{100}
                           : std::clamp(std::chrono::duration_cast<Duration>(due(sent) - Steady::now()),
                                        Duration{0}, Duration{100});
    for (const auto& message : api.connection->poll(pause)) {
      const auto response = wire::decode_as<model::Response>(message);
      const auto begun = response ? waiting.find(response->id) : waiting.end();
      if (begun == waiting.end()) continue;
      waits.push_back(seconds_since(begun->second) * 1000);
      waiting.erase(begun);
      must(*response);
    }
  }
  const double took = seconds_since(start);
  fmt::print(
      "| placed and acknowledged through the API | {} hosts, waves of {}, {}, {} workloads in the end | "
      "{:.1f}k workloads/s; p50 {:.0f} ms, p99 {:.0f} ms a wave; {:.2f} cores with the client |\n",
      hosts, wave_size, rate == 0 ? fmt::format("{} outstanding", outstanding) : fmt::format("{}/s", rate),
      waves * wave_size, waves * wave_size / took / 1000, percentile(waits, 50), percentile(waits, 99),
      (cpu_seconds() - cpu) / took);
  std::fflush(stdout);
  api.ends = true;
  api.thread.join();
  store.reset();
  fs::remove(file);
}

void bench_start(const fs::path& folder) {
  constexpr int kHosts = 10'000;
  constexpr int kWorkloads = 300'000;
  const auto file = folder / "large.db";
  {
    auto store = store::open_sqlite(file).value();
    static_cast<void>(store->load(0));
    std::vector<model::Change> changes{model::Record(std::get<model::Site>(base(kHosts, 300)[0]))};
    for (int i = 0; i < kHosts; ++i) {
      model::HostRecord host;
      host.id = HostId(fmt::format("h{}", i));
      host.key = fmt::format("{:040}", i);
      changes.emplace_back(model::Record(host));
    }
    const auto manifests = base(kHosts, 300);
    for (const auto& [id, spec] : std::get<model::Departments>(manifests[1]).departments) {
      auto networks = spec;
      networks.networks.clear();
      changes.emplace_back(model::Record(model::DepartmentRecord{id, networks}));
      for (const auto& [name, network] : spec.networks)
        changes.emplace_back(model::Record(
            model::NetworkRecord{name, network, static_cast<std::uint32_t>(4096 + changes.size())}));
    }
    if (!store->commit(changes)) fmt::print(stderr, "a commit failed\n");
    for (int i = 0; i < kWorkloads;) {
      changes.clear();
      for (int n = 0; n < 10'000; ++n, ++i) changes.emplace_back(model::Record(workload(i, kHosts)));
      if (!store->commit(changes)) fmt::print(stderr, "a commit failed\n");
    }
  }
  const auto start = Steady::now();
  const double cpu = cpu_seconds();
  auto store = store::open_sqlite(file).value();
  auto records = store->load(scheduler::kEventsHeld).value();
  const double read = seconds_since(start);
  SystemClock clock;
  scheduler::Options options;
  options.operators["admin"] = test::kOperatorKey;
  scheduler::Core core(std::move(records), options);
  const double indexed = seconds_since(start);
  scheduler::Loop loop(core, *store, clock);
  if (!loop.begin()) fmt::print(stderr, "the epoch did not begin\n");
  fmt::print(
      "| start until it serves | {} hosts, {} workloads, {} MiB on disk | {:.1f} s ({:.1f} s of CPU): "
      "reading {:.1f} s, "
      "tables {:.1f} s, placement's snapshot and the epoch {:.1f} s; {:.0f} MiB resident |\n",
      kHosts, kWorkloads, fs::file_size(file) >> 20, seconds_since(start), cpu_seconds() - cpu, read,
      indexed - read, seconds_since(start) - indexed, resident_mib());
}

// Which rows; all without an argument.
bool wanted(int argc, char** argv, std::string_view row) {
  return argc < 3 || std::string_view(argv[2]) == row;
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder =
      ((argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path()) / "causeway-durable-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    fmt::print(stderr, "{}: {}\n", folder, std::strerror(errno));
    return 1;
  }
  if (wanted(argc, argv, "commit")) bench_commits(folder);
  if (wanted(argc, argv, "api")) {
    bench_api(folder, 1000, 100, 100'000, 0, 16);
    bench_api(folder, 1000, 100, 100'000, 20'000, 0);
    bench_api(folder, 1000, 10, 50'000, 10'000, 0);
  }
  if (wanted(argc, argv, "large")) bench_api(folder, 10'000, 100, 300'000, 20'000, 0);
  if (wanted(argc, argv, "start")) bench_start(folder);
  fs::remove_all(folder);
  return 0;
}
