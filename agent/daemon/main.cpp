// SPDX-License-Identifier: Apache-2.0
// causeway-agent: runs what the scheduler assigns to a host. Several --config make several hosts of one
// process, which is of use with simulated drivers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "agent/daemon/footprint.h"
#include "agent/daemon/host_agent.h"
#include "agent/daemon/state_file.h"
#include "common/config/daemon_config.h"
#include "common/core/run_program.h"
#include "common/process/service.h"

namespace {

using namespace causeway;

constexpr Duration kCheckEvery{1000};
constexpr std::chrono::seconds kStarted{10};  // the drivers have connected and looked by then
constexpr std::chrono::minutes kShedEvery{1};

// All findings of all files.
bool load(const std::vector<std::string>& files, std::vector<config::AgentConfig>& configs) {
  bool sound = true;
  for (const auto& file : files) {
    auto loaded = config::load_agent_config(file);
    if (loaded) {
      configs.push_back(std::move(*loaded));
      continue;
    }
    sound = false;
    for (const auto& problem : loaded.error()) fmt::print(stderr, "{}\n", config::to_string(problem));
  }
  return sound;
}

// What a configuration refers to, as far as it can be looked at without changing or starting anything.
bool check(const std::vector<config::AgentConfig>& configs) {
  bool sound = true;
  for (const auto& config : configs) {
    const auto complain = [&](const Error& error) {
      fmt::print(stderr, "host {}: {}\n", config.host.str(), error.what);
      sound = false;
    };
    if (auto keys = transport::read_keys(config.key_file); !keys) complain(keys.error());
    if (auto saved = agent::load_state(config.state_dir / "agent.state"); !saved) complain(saved.error());
  }
  if (sound) fmt::print("{} configuration{} sound\n", configs.size(), configs.size() == 1 ? " is" : "s are");
  return sound;
}

int serve(const std::vector<config::AgentConfig>& configs) {
  process::Signals signals;
  agent::SimulatedSite simulated;
  std::vector<std::unique_ptr<agent::HostAgent>> agents;
  for (const auto& config : configs) {
    auto started = agent::HostAgent::start(config, simulated);
    if (!started) {
      process::log_event("could not start", {{"host", config.host.str()}, {"why", started.error().what}});
      return 1;
    }
    agents.push_back(std::move(*started));
  }
  process::notify_ready(fmt::format("{} host(s)", agents.size()));
  process::log_event("serves", {{"hosts", std::to_string(agents.size())}, {"version", CAUSEWAY_VERSION}});
  const auto watchdog = process::watchdog_interval();
  const Duration patience = watchdog ? std::min(kCheckEvery, *watchdog / 3) : kCheckEvery;
  auto shed_next = std::chrono::steady_clock::now() + kStarted;
  while (!signals.wait(patience)) {
    if (const auto now = std::chrono::steady_clock::now(); now >= shed_next) {
      agent::shed_idle_pages();
      shed_next = now + kShedEvery;
    }
    if (std::ranges::any_of(agents, [](const auto& agent) { return agent->failure().has_value(); })) return 1;
    // Each one is asked, also behind one that does not answer.
    if (std::ranges::count_if(agents, [](const auto& agent) { return !agent->came_round(); }) == 0)
      process::notify_alive();
  }
  process::notify_stopping();
  process::log_event("ends", {{"why", "a signal"}});
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app{"Runs on this host what the scheduler assigns to it."};
  app.set_version_flag("--version", CAUSEWAY_VERSION);
  std::vector<std::string> files;
  bool check_only = false;
  app.add_option("--config", files, "agent.yaml; given several times, this process is several hosts")
      ->required();
  app.add_flag("--check", check_only, "read the configuration, say what is wrong with it, and end");
  CLI11_PARSE(app, argc, argv);

  std::vector<config::AgentConfig> configs;
  if (!load(files, configs)) return 1;
  if (check_only) return check(configs) ? 0 : 1;
  agent::limit_arenas();
  return serve(configs);
}

}  // namespace

int main(int argc, char** argv) {
  return causeway::run_program("causeway-agent", [&] { return run(argc, argv); });
}
