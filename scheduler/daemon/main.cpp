// SPDX-License-Identifier: Apache-2.0
// causeway-scheduler: places workloads, tells hosts what they shall run, and answers operators.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/config/daemon_config.h"
#include "common/core/run_program.h"
#include "common/process/service.h"
#include "common/transport/transport.h"
#include "scheduler/core/tables.h"
#include "scheduler/daemon/fencer.h"
#include "scheduler/daemon/loop.h"
#include "scheduler/daemon/standby.h"
#include "scheduler/fence/ceph.h"
#include "scheduler/fence/fence_agents.h"
#include "scheduler/leadership/ceph.h"
#include "scheduler/store/sqlite_store.h"

namespace {

using namespace causeway;

int refuse(std::string_view what, const Error& error) {
  process::log_event(what, {{"why", error.what}});
  return 1;
}

std::map<std::string, fence::Bmc> bmcs_of(const config::SchedulerConfig& config) {
  std::map<std::string, fence::Bmc> bmcs;
  for (const auto& [hosts, bmc] : config.bmc)
    bmcs[hosts] = {bmc.agent, bmc.address, bmc.user, bmc.password_file, bmc.options};
  return bmcs;
}

// What the configuration refers to, as far as it can be looked at without changing anything.
int check(const config::SchedulerConfig& config) {
  auto problems = fence::problems_of(bmcs_of(config));
  if (const auto keys = transport::read_keys(config.key_file); !keys) problems.push_back(keys.error().what);
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", problem);
  if (!problems.empty()) return 1;
  fmt::print("the configuration of scheduler {} is sound\n", config.name);
  return 0;
}

int verify_log(const config::SchedulerConfig& config) {
  if (config.state_ceph) {
    fmt::print(stderr,
               "the state is in Ceph: use `causeway state check`, which asks the scheduler that leads\n");
    return 1;
  }
  auto store = store::open_sqlite(config.state_file);
  const auto chain = store ? store.value()->verify_chain() : std::unexpected(store.error());
  if (!chain) {
    fmt::print(stderr, "{}\n", chain.error().what);
    return 1;
  }
  fmt::print("the audit log is whole: {} events, the newest has the hash {}\n", chain->events, chain->head);
  return 0;
}

// From the state on: reads it, begins the epoch, answers until a signal or the first error.
int serve(const config::SchedulerConfig& config, store::Store& store, process::Signals& signals,
          const std::function<Result<>()>& may_go_on) {
  auto keys = transport::read_keys(config.key_file);
  if (!keys) return refuse("could not start", keys.error());
  auto records = store.load(scheduler::kEventsHeld);
  if (!records) return refuse("could not start", records.error());

  SystemClock clock;
  scheduler::Options options;
  options.name = config.name;
  options.operators = config.operators;
  options.fences = config.fencing.has_value();
  for (const auto& [hosts, bmc] : config.bmc)
    options.power[hosts] =
        bmc.proof == config::SchedulerConfig::Bmc::Proof::power ? fence::Proof::power : fence::Proof::storage;
  scheduler::Core core(std::move(*records), std::move(options));
  scheduler::Loop loop(core, store, clock);
  loop.only_while(may_go_on);
  std::unique_ptr<fence::Fence> fence;
  std::unique_ptr<fence::Power> power;
  std::optional<scheduler::Fencer> fencer;
  if (!config.bmc.empty()) power = fence::make_agent_power(bmcs_of(config));
  for (const auto& problem : fence::problems_of(bmcs_of(config)))
    process::log_event("no host can be switched off there", {{"why", problem}});
  if (config.fencing) {
    fence = fence::make_ceph_fence({{config.fencing->conf, config.fencing->client, config.fencing->keyring}});
    loop.fence_with(fencer.emplace(*fence, power.get()));
  }
  if (const auto begun = loop.begin(); !begun) return refuse("could not start", begun.error());
  auto server = transport::serve({.keys = std::move(*keys),
                                  .endpoints = {config.listen_clients, config.listen_agents},
                                  .allowed = core.peer_keys()});
  if (!server) return refuse("could not start", server.error());
  loop.serve(**server);

  process::notify_ready(fmt::format("epoch {}", core.epoch()));
  process::log_event("serves", {{"clients", config.listen_clients},
                                {"agents", config.listen_agents},
                                {"epoch", fmt::format("{}", core.epoch())},
                                {"version", CAUSEWAY_VERSION}});
  while (!signals.wait(Duration{})) {
    if (const auto turned = loop.turn(); !turned) return refuse("ends", turned.error());
    process::notify_alive();
  }
  process::notify_stopping();
  process::log_event("ends", {{"why", "a signal"}});
  return 0;
}

int serve_alone(const config::SchedulerConfig& config) {
  process::Signals signals;
  auto store = store::open_sqlite(config.state_file);
  if (!store) return refuse("could not start", store.error());
  return serve(config, **store, signals, [] { return Result<>{}; });
}

// Stands by until it leads. Nothing listens meanwhile: clients and agents go to the one that does.
int serve_in_turn(const config::SchedulerConfig& config, const config::SchedulerConfig::Ceph& ceph) {
  process::Signals signals;
  auto leadership =
      leadership::ceph_leadership({ceph.conf, ceph.pool, ceph.ns, ceph.client, ceph.keyring}, config.name);
  if (!leadership) return refuse("could not start", leadership.error());
  process::notify_ready("stands by");
  auto store = scheduler::wait_to_lead(**leadership, signals);
  if (!store) return refuse("could not lead", store.error());
  if (*store == nullptr) return 0;
  const int exit_code = serve(config, **store, signals, [&] { return (*leadership)->stay(); });
  // The database's lock is given back before the leadership is.
  store->reset();
  (*leadership)->leave();
  return exit_code;
}

int run(int argc, char** argv) {
  CLI::App app{"Places the workloads of a site and tells its hosts what they shall run."};
  app.set_version_flag("--version", CAUSEWAY_VERSION);
  std::string file;
  bool check_only = false;
  bool verify_only = false;
  app.add_option("--config", file, "scheduler.yaml")->required();
  app.add_flag("--check", check_only, "read the configuration, say what is wrong with it, and end");
  app.add_flag("--verify-log", verify_only,
               "check the chain of the audit log while no scheduler runs, and end");
  CLI11_PARSE(app, argc, argv);

  const auto config = config::load_scheduler_config(file);
  if (!config) {
    for (const auto& problem : config.error()) fmt::print(stderr, "{}\n", config::to_string(problem));
    return 1;
  }
  if (check_only) return check(*config);
  if (verify_only) return verify_log(*config);
  return config->state_ceph ? serve_in_turn(*config, *config->state_ceph) : serve_alone(*config);
}

}  // namespace

int main(int argc, char** argv) {
  return causeway::run_program("causeway-scheduler", [&] { return run(argc, argv); });
}
