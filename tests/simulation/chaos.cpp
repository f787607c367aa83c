// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/chaos.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "tests/simulation/world.h"

namespace causeway::simulation {
namespace {

constexpr Duration kChaos = 3min;
constexpr Duration kRest =
    8min;  // the longest wait between two tries, some guests that don't listen, a drain

class Chaos {
 public:
  explicit Chaos(World& world) : world_(world), random_(world.random()) {}

  void begin() {
    auto& weather = world_.network().weather;
    weather.lost = rate(0.2);
    weather.repeated = rate(0.2);
    weather.slow = rate(0.1);
    world_.driver_faults = {rate(0.03), rate(0.1), rate(0.1), rate(0.02)};
    world_.scheduler_faults = {rate(0.01), rate(0.02), {}};
    plan_work();
    plan_fault();
  }
  void end() { ended_ = true; }
  // What an operator switched off on the way is switched on again, so that everything placed can run.
  void put_right() {
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
    if (random_.chance(0.5)) entries["db"] = test::EntryBuilder(department).memory(to_mib(2_GiB));
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

  std::string some_workload() {
    const auto all = world_.scheduler().all<model::Workload>();
    return all.empty() ? "d1/app1d1/web-1" : all[random_.below(all.size())].id.str();
  }
  std::string some_application() { return model::application_of(WorkloadId(some_workload())).str(); }
  std::string some_host() { return random_.one_of(world_.hosts()); }

  void work() {
    switch (random_.below(15)) {
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
        world_.ask(model::GrantAddRequest{some_application(), some_application() + "/http",
                                          world_.now() + random_.between(1s, 2min), false});
        break;
      case 10:
        world_.ask(model::GrantRevokeRequest{some_application(), some_application() + "/http", false});
        break;
      default: world_.apply(some_wave()); break;
    }
  }

  void fault() {
    const auto host = some_host();
    const HostId id(host);
    switch (random_.below(11)) {
      case 0:
        world_.kill(host);
        later(200ms, 20s, [this, host] { world_.start(host); });
        break;
      case 1:
        world_.kill("s1");
        later(200ms, 10s, [this] { world_.start("s1"); });
        break;
      case 2:
        world_.cut(host);
        later(1s, 1min, [this, host] { world_.mend(host); });
        break;
      case 3:  // one direction only
        world_.network().cut("s1", host);
        later(1s, 1min, [this, host] { world_.mend(host); });
        break;
      case 4:
        world_.lose_power(host);
        later(5s, 40s, [this, host] { world_.return_power(host); });
        break;
      case 5:
        world_.site().cluster()->set_reachable(id, false);
        later(1s, 30s, [this, id] { world_.site().cluster()->set_reachable(id, true); });
        break;
      case 6:
        world_.site().hypervisor(id)->set_answering(false);
        later(1s, 30s, [this, id] { world_.site().hypervisor(id)->set_answering(true); });
        break;
      case 7:
        world_.site().fabric()->set_answering(id, false);
        later(1s, 30s, [this, id] { world_.site().fabric()->set_answering(id, true); });
        break;
      case 8: world_.site().hypervisor(id)->crash(WorkloadId(some_workload())); break;
      case 9:
        world_.site().hypervisor(id)->set_listens(WorkloadId(some_workload()), random_.chance(0.3));
        break;
      case 10: world_.site().hypervisor(id)->restart_daemon(); break;
      default: break;
    }
  }

  World& world_;
  Random& random_;
  bool ended_ = false;
};

}  // namespace

RunResult run_seed(const RunOptions& options) {
  World world(options.seed, 4);
  world.record().show(options.trace);
  world.site().cluster()->set_import_steps(static_cast<int>(1 + world.random().below(4)));
  world.boot();
  Chaos chaos(world);
  const Instant began = world.now();
  const auto left = [&] { return options.until ? began + *options.until - world.now() : kChaos + kRest; };
  chaos.begin();
  world.run_for(std::min(kChaos, left()));
  chaos.end();
  RunResult result;
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

}  // namespace causeway::simulation
