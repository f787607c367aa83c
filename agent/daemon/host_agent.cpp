// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/host_agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "agent/daemon/state_file.h"
#include "common/process/service.h"
#include "common/wire/codec.h"

namespace causeway::agent {
namespace {

// The longest sleep of the loop: a sign of life for the watchdog, and how soon a lost connection is noticed.
constexpr Duration kSleepMax{1000};
constexpr Duration kSleepUnconnected{100};

Options options_of(const config::AgentConfig& config) {
  return {setup_of(config), facts_of(config), std::random_device{}()};
}

}  // namespace

Result<std::unique_ptr<HostAgent>> HostAgent::start(const config::AgentConfig& config,
                                                    SimulatedSite& simulated) {
  std::error_code error;
  std::filesystem::create_directories(config.state_dir, error);
  if (error) {
    return fail(Errc::unavailable, fmt::format("making {}: {}", config.state_dir.string(), error.message()));
  }
  auto keys = transport::read_keys(config.key_file);
  if (!keys) return std::unexpected(std::move(keys).error());
  auto saved = load_state(config.state_dir / "agent.state");
  if (!saved) return std::unexpected(std::move(saved).error());
  transport::ConnectionOptions options{std::move(*keys), {}, transport::kAmongMany, nullptr};
  for (const auto& [name, scheduler] : config.schedulers) {
    options.schedulers.emplace(name, transport::Endpoint{scheduler.address, scheduler.key});
  }
  auto connection = transport::connect(options);
  if (!connection) return std::unexpected(std::move(connection).error());
  return std::unique_ptr<HostAgent>(
      new HostAgent(config, simulated, std::move(*saved), std::move(*connection)));
}

HostAgent::HostAgent(const config::AgentConfig& config, SimulatedSite& simulated, Saved saved,
                     std::unique_ptr<transport::Connection> connection)
    : config_(config),
      state_file_(config.state_dir / "agent.state"),
      clock_(std::make_shared<SystemClock>()),
      connection_(std::move(connection)),
      core_(options_of(config), std::move(saved), clock_->now()),
      workers_(make_workers(config, simulated, std::make_shared<SystemClock>(),
                            [this](Input input) { put(std::move(input)); })),
      thread_([this] { run(); }) {}

HostAgent::~HostAgent() {
  ending_ = true;
  connection_->wake();
  thread_.join();
  workers_.reset();
}

bool HostAgent::came_round() {
  if (answered_ != probe_) return false;
  put(Probe{++probe_});
  return true;
}

std::optional<Error> HostAgent::failure() const {
  const std::scoped_lock lock(mutex_);
  return failure_;
}

void HostAgent::put(Input input) {
  {
    const std::scoped_lock lock(mutex_);
    inbox_.push_back(std::move(input));
  }
  connection_->wake();
}

void HostAgent::take_messages(Duration wait) {
  for (const auto& bytes : connection_->poll(wait)) {
    auto message = wire::decode_as<model::ToAgent>(bytes);
    if (!message) {
      process::log_event("refused a message", {{"host", config_.host.str()}, {"why", message.error().what}});
      continue;
    }
    const std::scoped_lock lock(mutex_);
    inbox_.emplace_back(std::move(*message));
  }
  const auto problem = connection_->problem();
  if (connected_ == !problem) return;
  connected_ = !problem;
  process::log_event(connected_ ? "connected" : "not connected",
                     {{"host", config_.host.str()}, {"why", problem ? problem->what : "to a scheduler"}});
  const std::scoped_lock lock(mutex_);
  if (connected_) inbox_.emplace_back(Connected{});
}

Result<> HostAgent::let_out(Outcome outcome) {
  if (outcome.save) CAUSEWAY_TRY(save_state(state_file_, core_.saved()));
  for (const auto& note : outcome.notes) process::log_event(note, {{"host", config_.host.str()}});
  for (auto& order : outcome.orders) workers_->submit(std::move(order));
  for (const auto id : outcome.cancels) workers_->cancel(id);
  for (const auto& message : outcome.messages) connection_->send(wire::encode(message));
  return {};
}

void HostAgent::run() {
  Duration wait{0};
  while (!ending_) {
    take_messages(wait);
    std::vector<Input> inputs;
    {
      const std::scoped_lock lock(mutex_);
      inputs.swap(inbox_);
    }
    auto change = workers_->advance(clock_->now());
    auto outcome = core_.step(inputs, clock_->now());
    Instant next = outcome.next_step;
    const auto probed = outcome.probed;
    if (auto out = let_out(std::move(outcome)); !out) {
      process::log_event("ends", {{"host", config_.host.str()}, {"why", out.error().what}});
      const std::scoped_lock lock(mutex_);
      failure_ = out.error();
      return;
    }
    if (probed != 0) answered_ = probed;
    if (change) next = std::min(next, *change);
    wait = std::clamp(next - clock_->now(), Duration(0), connected_ ? kSleepMax : kSleepUnconnected);
  }
}

}  // namespace causeway::agent
