// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/scheduler/agents/load.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "agent/core/core.h"
#include "agent/core/limits.h"
#include "agent/daemon/drivers.h"
#include "common/core/check.h"
#include "common/transport/transport.h"
#include "common/wire/codec.h"
#include "tests/support/scheduler_world.h"

namespace causeway::bench {
namespace {

constexpr Duration kLookAgain{2000};  // whether a connection was lost, which wakes nobody

config::AgentConfig config_of(int number) {
  config::AgentConfig config;
  config.host = host_name(number);
  config.drivers = config::AgentConfig::Drivers::simulated;
  auto& zone = config.zones[test::kZone];
  zone.pool = test::kZone.str();
  zone.underlay = underlay(number);
  zone.tunnel_port = 4789;
  return config;
}

class Agent {
 public:
  Agent(int number, const Cloud& cloud, const std::shared_ptr<transport::Shared>& shared, Board& board)
      : board_(board),
        seen_(board.agents[static_cast<std::size_t>(number)]),
        config_(config_of(number)),
        workers_(agent::make_workers(config_, site_, std::make_shared<SystemClock>(),
                                     [this](agent::Input input) { inbox_.push_back(std::move(input)); })),
        core_({agent::setup_of(config_), agent::facts_of(config_), static_cast<std::uint64_t>(number)}, {},
              clock_.now()),
        connection_(
            transport::connect({.keys = cloud.agents[static_cast<std::size_t>(number)].pair(),
                                .schedulers = {{"s1", {cloud.agents_address, cloud.scheduler.public_key}}},
                                .pace = transport::kAmongMany,
                                .shared = shared})
                .value()) {}

  [[nodiscard]] transport::Connection& connection() { return *connection_; }

  // Takes what came, thinks, says what there is to say; when it wants to think again. Goes on until there was
  // nothing to say, because saying something may take the sign away that something came.
  Instant turn() {
    while (true) {
      take_messages();
      const auto now = clock_.now();
      if (inbox_.empty() && now < next_) return next_;
      const auto change = workers_->advance(now);
      const auto inputs = std::exchange(inbox_, {});
      auto outcome = core_.step(inputs, now);
      for (auto& order : outcome.orders) workers_->submit(std::move(order));
      for (const auto& message : outcome.messages) say(message);
      next_ = change ? std::min(*change, outcome.next_step) : outcome.next_step;
    }
  }

 private:
  void take_messages() {
    for (const auto& bytes : connection_->poll(Duration{0})) {
      auto message = wire::decode_as<model::ToAgent>(bytes);
      CAUSEWAY_CHECK(message.has_value());
      if (const auto* assignment = std::get_if<model::Assignment>(&*message)) note(*assignment);
      inbox_.emplace_back(std::move(*message));
    }
    const bool connected = !connection_->problem();
    if (connected && !std::exchange(connected_, connected)) {
      ++board_.connects;
      seen_.connected = nanoseconds_now();
      inbox_.emplace_back(agent::Connected{});
    }
    connected_ = connected;
    if (board_.whole_reports && clock_.now() >= whole_report_) {
      whole_report_ = clock_.now() + agent::kHeartbeatInterval;
      inbox_.emplace_back(model::ToAgent(model::Ack{.epoch = core_.saved().epoch, .want_report = true}));
    }
  }

  void note(const model::Assignment& assignment) {
    ++board_.assignments;
    for (const auto& workload : assignment.workloads) {
      const int number = change_of(workload.id);
      if (number < 0 || number >= kChangesMax) continue;
      std::int64_t never = 0;
      board_.changes[static_cast<std::size_t>(number)].compare_exchange_strong(never, nanoseconds_now());
    }
  }

  void say(const model::FromAgent& message) {
    connection_->send(wire::encode(message));
    if (std::holds_alternative<model::Heartbeat>(message)) ++board_.heartbeats;
    const auto* report = std::get_if<model::Report>(&message);
    if (report == nullptr) return;
    ++board_.reports;
    const bool all_run = std::ranges::all_of(report->workloads, [](const model::WorkloadStatus& status) {
      return status.phase == model::Phase::running;
    });
    // One that has no assignment runs all of nothing.
    if (all_run && !report->holds.none()) seen_.epoch = report->epoch.value;
  }

  Board& board_;
  Board::Agent& seen_;
  SystemClock clock_;
  const config::AgentConfig config_;
  agent::SimulatedSite site_;  // nothing of one host hangs on another's
  std::vector<agent::Input> inbox_;
  std::unique_ptr<agent::Workers> workers_;
  agent::Core core_;
  std::unique_ptr<transport::Connection> connection_;
  bool connected_ = false;
  Instant next_;
  Instant whole_report_;
};

}  // namespace

int run_agents(const Cloud& cloud, Board& board, int first, int count) {
  const auto parent = ::getppid();
  const auto shared = transport::share(count);
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  CAUSEWAY_CHECK(poll >= 0);
  SystemClock clock;
  std::vector<std::unique_ptr<Agent>> agents;
  std::multimap<Instant, std::size_t> due;
  std::vector<decltype(due)::iterator> when;
  for (int i = 0; i < count; ++i) {
    agents.push_back(std::make_unique<Agent>(first + i, cloud, shared, board));
    for (const int descriptor : agents.back()->connection().descriptors()) {
      epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = static_cast<std::uint64_t>(i)}};
      CAUSEWAY_CHECK(::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0);
    }
    when.push_back(due.emplace(clock.now(), static_cast<std::size_t>(i)));
  }
  const auto turn = [&](std::size_t i) {
    due.erase(when[i]);
    const auto next = std::min(agents[i]->turn(), clock.now() + kLookAgain);
    when[i] = due.emplace(next, i);
  };
  while (::getppid() == parent) {
    std::array<epoll_event, 256> events{};
    const auto wait = std::clamp<std::int64_t>((due.begin()->first - clock.now()).count(), 0, 1000);
    const int ready = ::epoll_wait(poll, events.data(), events.size(), static_cast<int>(wait));
    for (int i = 0; i < ready; ++i) turn(events[static_cast<std::size_t>(i)].data.u64);
    // Each at most once a round, so that none keeps the others from what arrived.
    std::vector<std::size_t> now;
    for (auto one = due.begin(); one != due.end() && one->first <= clock.now(); ++one)
      now.push_back(one->second);
    for (const auto i : now) turn(i);
  }
  return 0;
}

}  // namespace causeway::bench
