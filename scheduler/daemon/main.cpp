// SPDX-License-Identifier: Apache-2.0
// causeway-scheduler: places workloads, tells hosts what they shall run, and answers operators.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "common/config/daemon_config.h"
#include "common/process/service.h"
#include "common/transport/transport.h"
#include "scheduler/core/tables.h"
#include "scheduler/daemon/loop.h"
#include "scheduler/store/sqlite_store.h"

namespace {

using namespace causeway;

int refuse(std::string_view what, const Error& error) {
  process::log_event(what, {{"why", error.what}});
  return 1;
}

// What the configuration refers to, as far as it can be looked at without changing anything.
int check(const config::SchedulerConfig& config) {
  if (const auto keys = transport::read_keys(config.key_file); !keys) {
    fmt::print(stderr, "{}\n", keys.error().what);
    return 1;
  }
  fmt::print("the configuration of scheduler {} is sound\n", config.name);
  return 0;
}

int verify_log(const config::SchedulerConfig& config) {
  auto store = store::open_sqlite(config.state_file);
  const auto chain = store ? store.value()->verify_chain() : std::unexpected(store.error());
  if (!chain) {
    fmt::print(stderr, "{}\n", chain.error().what);
    return 1;
  }
  fmt::print("the audit log is whole: {} events, the newest has the hash {}\n", chain->events, chain->head);
  return 0;
}

int serve(const config::SchedulerConfig& config) {
  process::Signals signals;
  auto keys = transport::read_keys(config.key_file);
  if (!keys) return refuse("could not start", keys.error());
  auto store = store::open_sqlite(config.state_file);
  if (!store) return refuse("could not start", store.error());
  auto records = store.value()->load(scheduler::kEventsHeld);
  if (!records) return refuse("could not start", records.error());

  SystemClock clock;
  scheduler::Options options;
  options.name = config.name;
  options.operators = config.operators;
  scheduler::Core core(std::move(*records), std::move(options));
  scheduler::Loop loop(core, **store, clock);
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

}  // namespace

int main(int argc, char** argv) {
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
  return verify_only ? verify_log(*config) : serve(*config);
}
