// SPDX-License-Identifier: Apache-2.0
// A scheduler's core between a store of records and hosts that do what they are told, without any network:
//   World world;
//   world.apply({site({host("h1")}), departments({department("civil-affairs")})});
//   world.host_up("h1");
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/core/core.h"

namespace causeway::test {

inline const std::string kOperatorKey(40, 'o');

inline std::string key_of_host(const std::string& host) {
  std::string key = "host" + host;
  key.resize(40, 'h');
  return key;
}

// --- builders ---

inline const ZoneId kZone{"extranet"};

inline std::pair<HostId, model::HostSpec> host(const std::string& id, int vcpus = 32,
                                               MiB memory = to_mib(128_GiB), const std::string& rack = "a1",
                                               const std::string& zone = "extranet") {
  model::HostSpec spec;
  spec.hall = HallId("hall-1");
  spec.rack = RackId(rack);
  spec.class_name = "standard";
  spec.shape.vcpus = vcpus;
  spec.shape.memory = memory;
  spec.zones = {ZoneId(zone)};
  return {HostId(id), spec};
}

inline model::Site site(std::map<HostId, model::HostSpec> hosts) {
  model::Site made;
  made.name = "test";
  made.title = "测试";
  for (const std::string zone : {"extranet", "intranet"}) {
    auto& spec = made.zones[ZoneId(zone)];
    spec.title = zone;
    spec.mlps = 3;
    spec.pool = zone;
    spec.capacity = 100000_GiB;
  }
  made.hosts = std::move(hosts);
  auto& image = made.images[ImageId("debian-12")];
  image.title = "Debian 12";
  image.file = "debian-12.raw";
  image.sha256 = std::string(64, '0');
  image.size = 1_GiB;
  return made;
}

// With a quota and a network ID-web, 10.N.0.0/24, in the extranet.
inline std::pair<DepartmentId, model::Department> department(const std::string& id, int number = 1) {
  model::Department made;
  made.title = id;
  made.english = id;
  made.quotas[kZone] = {1000, to_mib(4000_GiB), 20000_GiB};
  model::Network network;
  network.department = DepartmentId(id);
  network.zone = kZone;
  network.subnet = model::Subnet::parse("10." + std::to_string(number) + ".0.0/24").value();
  made.networks[NetworkId(id + "-web")] = network;
  return {DepartmentId(id), made};
}

inline model::Departments departments(std::map<DepartmentId, model::Department> all) {
  return {std::move(all)};
}

class EntryBuilder {
 public:
  explicit EntryBuilder(const std::string& department) {
    built_.vcpus = 1;
    built_.memory = 1024_MiB;
    built_.image = ImageId("debian-12");
    built_.disks["root"] = {10_GiB, ""};
    built_.ports["eth0"].network = NetworkId(department + "-web");
  }
  EntryBuilder count(int n) && { return built_.count = n, std::move(*this); }
  EntryBuilder vcpus(int n) && { return built_.vcpus = n, std::move(*this); }
  EntryBuilder memory(MiB amount) && { return built_.memory = amount, std::move(*this); }
  EntryBuilder root(GiB size) && { return built_.disks["root"].size = size, std::move(*this); }
  EntryBuilder apart(model::Scope scope) && {
    built_.demands.rules.push_back({model::PlacementRule::Kind::keep_apart, scope, 1, 0});
    return std::move(*this);
  }
  EntryBuilder together(model::Scope scope) && {
    built_.demands.rules.push_back({model::PlacementRule::Kind::keep_together, scope, 1, 0});
    return std::move(*this);
  }
  EntryBuilder group(const std::string& id) && {
    built_.demands.groups.insert(GroupId(id));
    return std::move(*this);
  }
  EntryBuilder numa(int nodes) && { return built_.demands.numa_nodes = nodes, std::move(*this); }
  EntryBuilder address(const std::string& text) && {
    built_.ports["eth0"].address = model::IpAddress::parse(text).value();
    return std::move(*this);
  }
  operator model::WorkloadSpec() && { return std::move(built_); }  // NOLINT: a builder ends as what it builds

 private:
  model::WorkloadSpec built_;
};

inline model::Application application(const std::string& department,
                                      std::map<std::string, model::WorkloadSpec> entries,
                                      std::vector<std::string> depends_on = {}) {
  model::Application made;
  made.title = department;
  made.department = DepartmentId(department);
  made.zone = kZone;
  made.workloads = std::move(entries);
  made.depends_on = std::move(depends_on);
  return made;
}

inline model::Wave wave(const std::string& id, std::map<std::string, model::Application> applications) {
  return {WaveId(id), id, std::move(applications)};
}

// --- the world ---

// An agent that carries out every assignment at once.
struct SimpleHost {
  HostId id;
  model::Assignment assignment;  // newest that was received
  int received = 0;              // assignments
  bool says_what_it_holds = true;
  model::Fingerprint holds{};  // as it was told
  Epoch epoch;
  std::uint64_t revision = 0;
  std::uint8_t number = 0;  // last byte of its tunnel ends
  std::set<ZoneId> zones{kZone};
  std::set<ZoneId> uplinks{};  // in these of its zones
  std::string hypervisor = "simulated";
  std::vector<model::NodeFacts> nodes{};
  bool exchange_host = false;
  bool up = true;

  [[nodiscard]] model::Report report(Instant now) const {
    model::Report made;
    made.host = id;
    made.epoch = epoch;
    made.applied = assignment.generation;
    if (says_what_it_holds) made.holds = holds;
    made.enforced = assignment.generation;
    made.revision = revision;
    made.facts.vcpus = 32;
    made.facts.memory = to_mib(GiB{128});
    made.facts.hypervisor = hypervisor;
    made.facts.nodes = nodes;
    made.facts.exchange_host = exchange_host;
    for (const auto& zone : zones)
      made.facts.zones.push_back(
          {zone, model::IpAddress{false, {10, 98, 0, number}}, 4789, uplinks.contains(zone)});
    for (const auto& workload : assignment.workloads) {
      model::WorkloadStatus status;
      status.id = workload.id;
      status.generation = workload.generation;
      status.restart = workload.restart;
      status.percent = 100;
      status.since = now;
      status.phase = workload.shall_be_absent                  ? model::Phase::absent
                     : workload.power == model::Power::running ? model::Phase::running
                                                               : model::Phase::stopped;
      made.workloads.push_back(std::move(status));
    }
    return made;
  }
};

class World {
 public:
  explicit World(scheduler::Options options = {}) : options_(std::move(options)) {
    options_.operators["admin"] = kOperatorKey;
    restart();
  }

  // The process ended; a new one reads what the store holds.
  void restart() {
    std::vector<model::Record> records;
    for (const auto& [key, record] : store) records.push_back(record);
    core = std::make_unique<scheduler::Core>(std::move(records), options_);
  }

  // The same, with other settings.
  void restart_with(const std::function<void(scheduler::Options&)>& change) {
    change(options_);
    restart();
  }

  scheduler::Outcome step(std::vector<scheduler::Input> inputs) {
    auto outcome = core->step(inputs, now);
    for (const auto& change : outcome.changes) {
      if (const auto* record = std::get_if<model::Record>(&change))
        store.insert_or_assign(model::key_of(*record), *record);
      else
        store.erase(std::get<model::RecordKey>(change));
    }
    for (const auto& send : outcome.messages) deliver(send);
    fences.insert(fences.end(), outcome.fences.begin(), outcome.fences.end());
    return outcome;
  }

  model::ResponseBody ask(model::RequestBody body, const std::string& key = kOperatorKey) {
    return ask_again({++last_id_, "test", std::move(body)}, key);
  }
  model::ResponseBody ask_again(const model::Request& request, const std::string& key = kOperatorKey) {
    auto outcome = step({scheduler::Message{key, "client", request}});
    changes = outcome.changes;
    for (auto& reply : outcome.replies)
      if (reply.route == "client") return reply.response.body;
    return model::TextResponse{"no answer yet"};
  }

  model::ResponseBody plan(std::vector<model::Manifest> manifests) {
    return ask(model::PlanRequest{std::move(manifests)});
  }
  model::ResponseBody apply(std::vector<model::Manifest> manifests, const std::string& token = "") {
    return ask(model::ApplyRequest{std::move(manifests), token, false});
  }

  // Allows the host's agent and lets it report for the first time.
  void host_up(const std::string& id) {
    ask(model::HostRequest{model::HostVerb::add, HostId(id), key_of_host(id), false});
    auto& added = hosts[HostId(id)];
    added.id = HostId(id);
    added.number = static_cast<std::uint8_t>(hosts.size());
    const auto site = store.find(model::key_of(model::Site{}));
    if (site != store.end()) {
      const auto& spec = std::get<model::Site>(site->second).hosts.at(HostId(id));
      added.zones = spec.zones;
      added.exchange_host = spec.exchange_host;
    }
    report(HostId(id));
  }

  void report(const HostId& id) {
    auto& host = hosts.at(id);
    if (!host.up) return;
    ++host.revision;
    reports.push_back(host.report(now));
    hear(reports.back());
  }
  // The report arrives, whenever it was sent.
  void hear(const model::Report& report) {
    const auto& id = report.host.str();
    step({scheduler::Message{key_of_host(id), "route-" + id, model::FromAgent(report)}});
  }

  // A second passes and every host reports, until nothing changes any more.
  void settle(int rounds = 12) {
    for (int i = 0; i < rounds; ++i) {
      now += std::chrono::seconds(1);
      for (const auto& [id, host] : hosts) report(id);
      step({scheduler::Tick{}});
    }
  }

  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& [key, record] : store)
      if (const auto* one = std::get_if<T>(&record)) found.push_back(*one);
    return found;
  }
  [[nodiscard]] model::Workload workload(const std::string& id) const {
    return std::get<model::Workload>(store.at(model::key_of(model::Workload{.id = WorkloadId(id)})));
  }
  [[nodiscard]] bool exists(const std::string& workload_id) const {
    return store.contains(model::key_of(model::Workload{.id = WorkloadId(workload_id)}));
  }
  // What the host was told last about the workload; nullptr: nothing.
  [[nodiscard]] const model::AssignedWorkload* told(const std::string& host,
                                                    const std::string& workload_id) const {
    const auto& workloads = hosts.at(HostId(host)).assignment.workloads;
    const auto found = std::ranges::find(workloads, WorkloadId(workload_id), &model::AssignedWorkload::id);
    return found == workloads.end() ? nullptr : &*found;
  }

  std::map<model::RecordKey, model::Record> store;
  std::unique_ptr<scheduler::Core> core;
  std::map<HostId, SimpleHost> hosts;
  std::vector<model::Report> reports;         // all that were ever sent
  std::function<bool()> loses_assignment;     // asked for each one on its way to a host
  std::vector<model::Change> changes;         // of the last request
  std::vector<scheduler::FenceOrder> fences;  // all that were given, until somebody takes them out
  Instant now{std::chrono::hours(24 * 365 * 57)};

 private:
  void deliver(const scheduler::Send& send) {
    for (auto& [id, host] : hosts) {
      if (send.route != "route-" + id.str() || !host.up) continue;
      if (const auto* assignment = std::get_if<model::Assignment>(&send.message)) {
        if (loses_assignment && loses_assignment()) continue;
        host.assignment = *assignment;
        host.holds = assignment->print;
        host.epoch = std::max(host.epoch, assignment->epoch);
        ++host.received;
      } else if (const auto* ack = std::get_if<model::Ack>(&send.message)) {
        host.epoch = std::max(host.epoch, ack->epoch);
      }
    }
  }

  scheduler::Options options_;
  std::uint64_t last_id_ = 0;
};

}  // namespace causeway::test
