// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/chaos.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "common/wire/codec.h"
#include "tests/simulation/world.h"

namespace causeway::simulation {
namespace {

constexpr Duration kChaos = 3min;
constexpr Duration kRest =
    8min;  // the longest wait between two tries, some guests that don't listen, a drain

class Chaos {
 public:
  Chaos(World& world, const RunOptions& options, RunResult& result)
      : world_(world), random_(world.random()), options_(options), result_(result) {}

  void begin() {
    auto& weather = world_.network().weather;
    weather.lost = rate(0.2);
    weather.repeated = rate(0.2);
    weather.slow = rate(0.1);
    world_.driver_faults = {rate(0.03), rate(0.1), rate(0.1), rate(0.02)};
    world_.scheduler_faults = {.fence_fails = rate(0.3),
                               .fence_lost = rate(0.2),
                               .fence_slow = rate(0.2),
                               .bad_commit = rate(0.01),
                               .mute = rate(0.02),
                               .planted = {}};
    if (options_.without.contains("weather")) world_.network().weather = {};
    if (options_.without.contains("drivers")) world_.driver_faults = {};
    if (options_.without.contains("commits")) world_.scheduler_faults = {};
    plan_work();
    plan_fault();
  }
  void end() { ended_ = true; }
  // What an operator switched off on the way is switched on again, so that everything placed can run.
  void put_right() {
    // An order that was under way may hit a host that is just back; somebody comes again.
    world_.scheduler().power().on_switched_off = [this](const HostId& host) {
      world_.lose_power(host.str());
      world_.timeline().after(1min, [this, host] { world_.return_power(host.str()); });
    };
    for (const auto& host : world_.hosts()) {
      world_.ask(model::HostRequest{model::HostVerb::uncordon, HostId(host), "", false});
    }
    for (const auto& workload : world_.scheduler().all<model::Workload>()) {
      if (workload.power == model::Power::stopped) {
        world_.ask(model::PowerRequest{model::PowerVerb::start, workload.id.str(), false});
      }
    }
  }

 private:
  // Every kind of fault is absent from half of the seeds, so that each is also met alone.
  double rate(double most) {
    return random_.chance(0.5) ? 0 : most * static_cast<double>(random_.below(101)) / 100;
  }

  void plan_work() {
    world_.timeline().after(random_.between(500ms, 10s), [this] {
      if (ended_) return;
      if (!world_.client().busy()) work();
      plan_work();
    });
  }
  void plan_fault() {
    world_.timeline().after(random_.between(500ms, 15s), [this] {
      if (ended_) return;
      fault();
      plan_fault();
    });
  }
  void later(Duration least, Duration most, std::function<void()> event) {
    world_.timeline().after(random_.between(least, most), [this, event = std::move(event)] {
      if (!ended_) event();
    });
  }

  model::Wave some_wave() {
    const auto number = std::to_string(1 + random_.below(5));
    const auto department = "d" + std::to_string(1 + random_.below(3));
    std::map<std::string, model::WorkloadSpec> entries;
    entries["web"] = test::EntryBuilder(department)
                         .count(static_cast<int>(1 + random_.below(3)))
                         .vcpus(static_cast<int>(1 + random_.below(2)))
                         .root(GiB{static_cast<std::int64_t>(10 + random_.below(3))});
    entries["web"].offers["http"] = {model::Protocol::tcp, 80};
    if (random_.chance(0.3)) entries["web"].offers["media"] = {model::Protocol::udp, 10000, 10100};
    if (random_.chance(0.2)) entries["web"].offers["clock"] = {model::Protocol::icmp, model::kTimestampType};
    if (world_.exchanges() && random_.chance(0.6)) add_gateway(department, entries);
    if (random_.chance(0.3)) entries["web"].ports["eth0"].bandwidth = MbitPerSecond{200};
    if (random_.chance(0.5)) entries["db"] = test::EntryBuilder(department).memory(to_mib(2_GiB));
    if (random_.chance(0.2)) entries["web"].is_protected = false;
    if (random_.chance(0.2)) entries["web"].disks["old"] = {10_GiB, "old.qcow2"};
    std::map<std::string, model::Application> applications;
    const auto first = "app" + number + department;
    applications[first] = test::application(department, std::move(entries));
    if (random_.chance(0.3)) {
      applications["late" + number + department] =
          test::application(department, {{"job", test::EntryBuilder(department)}}, {first});
    }
    return test::wave("wave-" + number + department, std::move(applications));
  }

  // Most are as they must be; the others are refused, and whoever lets one through breaks a law.
  void add_gateway(const std::string& department, std::map<std::string, model::WorkloadSpec>& entries) {
    model::WorkloadSpec gateway = test::EntryBuilder(department);
    gateway.ports["eth1"].network = NetworkId(department + "-inner");
    gateway.offers["files"] = {model::Protocol::tcp, 8443};
    if (random_.chance(0.1)) {
      entries["relay"] = std::move(gateway);
      return;
    }
    gateway.exchange_gateway = ZoneId("intranet");
    entries[kGatewayEntry] = std::move(gateway);
  }

  std::string some_workload() {
    const auto all = world_.scheduler().all<model::Workload>();
    return all.empty() ? "d1/app1d1/web-1" : all[random_.below(all.size())].id.str();
  }
  std::string some_service() {
    return some_application() + (random_.chance(0.3) ? "/media" : random_.chance(0.2) ? "/clock" : "/http");
  }
  // Mostly one that stands.
  void revoke() {
    const auto grants = world_.scheduler().all<model::GrantRecord>();
    if (grants.empty() || random_.chance(0.2)) {
      world_.ask(model::GrantRevokeRequest{some_application(), some_service(), false});
      return;
    }
    const auto& grant = grants[random_.below(grants.size())];
    world_.ask(model::GrantRevokeRequest{grant.application.str(), grant.service.str(), false});
  }
  std::string some_application() { return model::application_of(WorkloadId(some_workload())).str(); }
  std::string some_host() { return random_.one_of(world_.hosts()); }

  void work() {
    switch (random_.below(16)) {
      case 0: world_.ask(model::DeleteRequest{"workload", some_workload(), false}); break;
      case 1:
        world_.ask(model::DeleteRequest{"application",
                                        model::application_of(WorkloadId(some_workload())).str(), false});
        break;
      case 2: world_.ask(model::PowerRequest{model::PowerVerb::stop, some_workload(), false}); break;
      case 3: world_.ask(model::PowerRequest{model::PowerVerb::start, some_workload(), false}); break;
      case 4: world_.ask(model::PowerRequest{model::PowerVerb::restart, some_workload(), false}); break;
      case 5: world_.ask(model::HostRequest{model::HostVerb::drain, HostId(some_host()), "", false}); break;
      case 6:
      case 7:
        world_.ask(model::HostRequest{model::HostVerb::uncordon, HostId(some_host()), "", false});
        break;
      case 8:
      case 9:
        world_.ask(model::GrantAddRequest{some_application(), some_service(),
                                          world_.now() + random_.between(1s, 2min), false});
        break;
      case 10: revoke(); break;
      case 11:
        world_.ask(model::HaRequest{random_.chance(0.3) ? model::HaVerb::disarm : model::HaVerb::arm, 1min});
        break;
      default: world_.apply(some_wave()); break;
    }
  }

  void fault() {
    const auto host = some_host();
    const auto kind = random_.below(std::size(kFaults));
    const auto name = std::string(kFaults[kind].name);
    if (options_.without.contains(name)) return;
    ++result_.faults[name];
    (this->*kFaults[kind].happen)(host);
  }

  void agent_killed(const std::string& host) {
    world_.kill(host);
    later(200ms, 25s, [this, host] { world_.start(host); });
  }
  void agent_changed(const std::string& host) {
    world_.kill(host);
    world_.agent(host).change(!world_.agent(host).older());
    later(200ms, 25s, [this, host] { world_.start(host); });
  }
  void scheduler_killed(const std::string&) {
    world_.kill("s1");
    later(200ms, 10s, [this] { world_.start("s1"); });
  }
  void scheduler_suspended(const std::string&) {
    world_.scheduler().suspend();
    later(200ms, 10s, [this] { world_.start("s1"); });
    later(11s, 2min, [this] { world_.scheduler().wake(); });
  }
  void management_cut(const std::string& host) {
    world_.cut(host);
    later(1s, 1min, [this, host] { world_.mend(host); });
  }
  void management_one_way(const std::string& host) {
    if (random_.chance(0.5))
      world_.network().cut("s1", host);
    else
      world_.network().cut(host, "s1");
    later(1s, 1min, [this, host] { world_.mend(host); });
  }
  void storage_cut(const std::string& host) {
    world_.cut_storage(host);
    later(1s, 1min, [this, host] { world_.mend_storage(host); });
  }
  void host_cut(const std::string& host) {
    world_.cut_all(host);
    later(5s, 90s, [this, host] { world_.mend_storage(host); });
    later(5s, 90s, [this, host] { world_.mend(host); });
  }
  void storage_away(const std::string&) {
    world_.site().cluster()->set_answering(false);
    later(1s, 30s, [this] { world_.site().cluster()->set_answering(true); });
  }
  void scheduler_without_storage(const std::string&) {
    world_.site().cluster()->set_reachable(HostId("s1"), false);
    later(1s, 1min, [this] { world_.site().cluster()->set_reachable(HostId("s1"), true); });
  }
  void power_lost(const std::string& host) {
    world_.lose_power(host);
    later(5s, 90s, [this, host] { world_.return_power(host); });
  }
  void agent_frozen(const std::string& host) {
    world_.freeze(host);
    later(1s, 1min, [this, host] { world_.thaw(host); });
  }
  void hypervisor_away(const std::string& host) {
    const HostId id(host);
    world_.site().hypervisor(id)->set_answering(false);
    later(1s, 30s, [this, id] { world_.site().hypervisor(id)->set_answering(true); });
  }
  void switch_away(const std::string& host) {
    const HostId id(host);
    world_.site().fabric()->set_answering(id, false);
    later(1s, 30s, [this, id] { world_.site().fabric()->set_answering(id, true); });
  }
  void guest_crash(const std::string& host) {
    world_.site().hypervisor(HostId(host))->crash(WorkloadId(some_workload()));
  }
  void guest_deaf(const std::string& host) {
    world_.site().hypervisor(HostId(host))->set_listens(WorkloadId(some_workload()), random_.chance(0.3));
  }
  void hypervisor_restart(const std::string& host) {
    world_.site().hypervisor(HostId(host))->restart_daemon();
  }
  // It says of another host that nothing is left there.
  void forged_report(const std::string& host) {
    model::Report forged;
    forged.host = HostId(some_host());
    if (forged.host.str() == host) return;
    for (const auto& record : world_.scheduler().all<model::HostRecord>())
      if (record.id == forged.host) forged.applied = record.generation;
    for (const auto& state : world_.scheduler().all<model::StateRecord>()) forged.epoch = state.epoch;
    for (const auto& workload : world_.scheduler().all<model::Workload>())
      forged.workloads.push_back({workload.id, workload.generation, workload.restart, model::Phase::absent,
                                  100, std::nullopt, world_.now()});
    world_.network().send(host + "#0", "s1", wire::encode(model::FromAgent(forged)));
  }

  struct Kind {
    std::string_view name;
    void (Chaos::*happen)(const std::string& host);
  };
  static constexpr Kind kFaults[] = {
      {"agent-killed", &Chaos::agent_killed},
      {"agent-changed", &Chaos::agent_changed},
      {"scheduler-killed", &Chaos::scheduler_killed},
      {"scheduler-suspended", &Chaos::scheduler_suspended},
      {"management-cut", &Chaos::management_cut},
      {"management-one-way", &Chaos::management_one_way},
      {"storage-cut", &Chaos::storage_cut},
      {"host-cut", &Chaos::host_cut},
      {"storage-away", &Chaos::storage_away},
      {"scheduler-without-storage", &Chaos::scheduler_without_storage},
      {"power-lost", &Chaos::power_lost},
      {"agent-frozen", &Chaos::agent_frozen},
      {"hypervisor-away", &Chaos::hypervisor_away},
      {"switch-away", &Chaos::switch_away},
      {"guest-crash", &Chaos::guest_crash},
      {"guest-deaf", &Chaos::guest_deaf},
      {"hypervisor-restart", &Chaos::hypervisor_restart},
      {"forged-report", &Chaos::forged_report},
  };
  friend std::vector<std::string> causeway::simulation::fault_kinds();

  World& world_;
  Random& random_;
  const RunOptions& options_;
  RunResult& result_;
  bool ended_ = false;
};

// One seed in four has hosts with BMCs, of which each does as it likes.
void give_bmcs(World& world, std::uint64_t seed) {
  using Mood = test::SimulatedPower::Mood;
  constexpr std::array kMoods{Mood::works, Mood::lies, Mood::silent, Mood::works};
  if (seed % 4 != 3) return;
  world.give_bmcs(seed % 8 == 3 ? fence::Proof::storage : fence::Proof::power, Mood::works);
  auto which = seed / 8;
  for (const auto& host : world.hosts()) world.set_bmc(host, kMoods.at(which++ % kMoods.size()));
}

}  // namespace

std::vector<std::string> fault_kinds() {
  std::vector<std::string> names{"weather", "drivers", "commits"};
  for (const auto& kind : Chaos::kFaults) names.emplace_back(kind.name);
  return names;
}

RunResult run_seed(const RunOptions& options) {
  // One seed in five has exchange hosts beside the others.
  const int exchange_hosts = options.seed % 5 == 2 ? 2 : 0;
  World world(options.seed, 4 + exchange_hosts, options.planted, exchange_hosts);
  RunResult result;
  world.record().show(options.trace);
  world.site().cluster()->set_import_steps(static_cast<int>(1 + world.random().below(4)));
  give_bmcs(world, options.seed);
  world.boot();
  Chaos chaos(world, options, result);
  const Instant began = world.now();
  const auto left = [&] { return options.until ? began + *options.until - world.now() : kChaos + kRest; };
  chaos.begin();
  world.run_for(std::min(kChaos, left()));
  chaos.end();
  result.seed = options.seed;
  if (!options.until && !world.violation()) {
    world.heal();
    chaos.put_right();
    const Instant healed = world.now();
    if (!world.settles_within(kRest) && !world.violation())
      result.failure = "does not settle: " + world.unsettled();
    result.settled_after = world.now() - healed;
  }
  if (world.violation()) result.failure = *world.violation();
  result.digest = world.record().digest();
  result.events = world.record().events();
  result.acknowledged = world.client().acknowledged();
  result.refused = world.client().refused();
  return result;
}

RunResult shrink(RunOptions& options) {
  auto smallest = run_seed(options);
  const auto keep_if_it_fails = [&](const RunOptions& tried) {
    auto result = run_seed(tried);
    if (result.failure.empty()) return;
    options = tried;
    smallest = std::move(result);
  };
  for (const auto& kind : fault_kinds()) {
    auto tried = options;
    tried.without.insert(kind);
    keep_if_it_fails(tried);
  }
  // What fails at a moment needs nothing that comes after it; what never comes to rest needs its whole time.
  for (Duration until = kChaos / 2; until >= 1s; until /= 2) {
    auto tried = options;
    tried.until = options.until.value_or(kChaos) - until;
    if (*tried.until > Duration{}) keep_if_it_fails(tried);
  }
  return smallest;
}

}  // namespace causeway::simulation
