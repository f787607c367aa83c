// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/agent_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/model/wave.h"
#include "common/wire/codec.h"
#include "tests/simulation/previous_version.h"

namespace causeway::simulation {
namespace {

using namespace std::chrono_literals;

std::set<ZoneId> zones_of(const agent::HostSetup& setup) {
  std::set<ZoneId> zones;
  for (const auto& zone : setup.zones) zones.insert(zone.zone);
  return zones;
}

// Shows which ports of a workload are closed at the moment of its start.
std::string closed_ports(const agent::SimulatedFabric& fabric, const HostId& host,
                         const agent::DomainSpec& domain) {
  std::string closed;
  for (const auto& port : domain.ports) {
    if (!fabric.open(host, port.port)) closed += " " + port.port.str();
  }
  return closed;
}

bool shall_be_absent(const agent::Saved& saved, const WorkloadId& id) {
  if (!saved.assignment) return false;
  const auto one = std::ranges::find(saved.assignment->workloads, id, &model::AssignedWorkload::id);
  return one != saved.assignment->workloads.end() && one->shall_be_absent;
}

}  // namespace

AgentNode::AgentNode(NodeParts parts, agent::HostSetup setup)
    : parts_(parts),
      setup_(std::move(setup)),
      hypervisor_(parts_.site.hypervisor(setup_.host)),
      observer_(std::make_unique<agent::SimulatedCompute>(hypervisor_, parts_.timeline.clock())) {
  hypervisor_->set_start_check([this](const agent::DomainSpec& domain) {
    // Behind a fence nothing starts in earnest, and its ports have to be closed: it may run elsewhere. The
    // same goes for a start that was under way when its host heard that it shall be absent.
    if (parts_.site.cluster()->fenced(setup_.host) || shall_be_absent(durable_, domain.id))
      return std::string();
    const auto closed = closed_ports(*parts_.site.fabric(), setup_.host, domain);
    if (!closed.empty())
      parts_.record.broken(fmt::format("{} starts with closed ports{}", domain.id.str(), closed));
    return std::string();
  });
}

void AgentNode::start() {
  if (core_ || !powered_) return;
  ++life_;
  older_ = to_older_;
  parts_.record.note(name(), older_ ? "agent of the version before starts" : "agent starts");
  compute_ = std::make_unique<agent::SimulatedCompute>(hypervisor_, parts_.timeline.clock());
  network_ = std::make_unique<agent::SimulatedSwitch>(parts_.site.fabric(), setup_.host);
  storage_ = std::make_unique<agent::SimulatedStorage>(parts_.site.cluster(), setup_.host, zones_of(setup_));
  compute_->set_wakeup([this] { wake(agent::Lane::compute); });
  network_->set_wakeup([this] { wake(agent::Lane::network); });
  model::HostFacts facts{"simulated", 32, to_mib(GiB{128}), "simulated", {}};
  for (const auto& zone : setup_.zones)
    facts.zones.push_back({zone.zone, zone.underlay, zone.tunnel_port, !zone.uplink.empty()});
  facts.exchange_host = setup_.exchange_host;
  core_.emplace(agent::Options{setup_, std::move(facts), parts_.random.next()}, durable_,
                parts_.timeline.now());
  parts_.network.attach(route(), [this](const std::string&, const std::string& bytes) { receive(bytes); });
  step({agent::Connected{}});
}

void AgentNode::kill() {
  if (!core_) return;
  parts_.record.note(name(), "agent is killed");
  parts_.network.detach(route());
  for (const auto& [id, work] : begun_) {
    if (powered_ && parts_.random.chance(0.5)) carry_out(work);
  }
  begun_.clear();
  woken_.clear();
  frozen_ = false;
  waiting_.clear();
  if (parts_.planted == Bug::epoch_forgotten) durable_.epoch = Epoch{};
  if (parts_.planted == Bug::state_not_saved) durable_ = {};
  core_.reset();
  compute_.reset();
  network_.reset();
  storage_.reset();
}

void AgentNode::freeze() {
  if (!core_ || frozen_) return;
  parts_.record.note(name(), "agent stands still");
  frozen_ = true;
}

void AgentNode::thaw() {
  if (!frozen_) return;
  parts_.record.note(name(), "agent goes on");
  frozen_ = false;
  step(std::exchange(waiting_, {}));
}

void AgentNode::lose_power() {
  if (!powered_) return;
  parts_.record.note(name(), "host loses power");
  powered_ = false;
  kill();
  hypervisor_->lose_power();
  parts_.site.cluster()->power_off(setup_.host);
  parts_.site.fabric()->power_off(setup_.host);
}

void AgentNode::return_power() {
  powered_ = true;
  start();
}

void AgentNode::connected() {
  if (core_) step({agent::Connected{}});
}

void AgentNode::advance_guests() {
  hypervisor_->advance(parts_.timeline.now());
  const auto change = hypervisor_->next_change();
  if (!change || (guests_change_ && *guests_change_ <= *change && *guests_change_ > parts_.timeline.now()))
    return;
  guests_change_ = *change;
  parts_.timeline.at(*change, [this] { advance_guests(); });
}

std::vector<agent::ObservedWorkload> AgentNode::processes() const {
  auto observed = observer_->observe();
  if (!observed) return {};
  std::erase_if(observed->workloads, [](const auto& workload) { return !agent::has_process(&workload); });
  return observed->workloads;
}

void AgentNode::wake(agent::Lane lane) {
  if (!woken_.insert(lane).second) return;
  parts_.timeline.after(2ms, [this, lane, life = life_] {
    if (life != life_ || !core_) return;
    woken_.erase(lane);
    if (parts_.random.chance(0.9)) step({agent::Woken{lane}});
  });
}

void AgentNode::receive(const std::string& bytes) {
  auto message = wire::decode_as<model::ToAgent>(bytes);
  if (!message)
    return parts_.record.broken("an agent was sent what can't be decoded: " + message.error().what);
  const bool keeps_name = parts_.planted == Bug::kept_part_for_whole;
  if (older_) as_the_version_before_hears(*message, keeps_name);
  step({std::move(*message)});
}

void AgentNode::step(std::vector<agent::Input> inputs) {
  if (frozen_) {
    waiting_.insert(waiting_.end(), inputs.begin(), inputs.end());
    return;
  }
  auto outcome = core_->step(inputs, parts_.timeline.now());
  if (outcome.save && !save(core_->saved())) return;
  for (const auto& note : outcome.notes) parts_.record.note(name(), note);
  for (auto& message : outcome.messages) send(std::move(message));
  for (const auto& order : outcome.orders) begin(order);
  next_step_ = outcome.next_step;
  parts_.timeline.at(outcome.next_step, [this, life = life_, planned = outcome.next_step] {
    if (life == life_ && core_ && next_step_ == planned) step({});
  });
}

void AgentNode::send(model::FromAgent message) {
  if (auto* report = std::get_if<model::Report>(&message)) {
    check(*report);
    check_said(report->epoch, report->applied);
    if (parts_.planted == Bug::reports_dropped) return;
    for (auto& status : report->workloads)
      if (parts_.planted == Bug::gone_by_word && status.phase == model::Phase::removing)
        status.phase = model::Phase::absent;
    if (parts_.planted == Bug::enforced_by_word) report->enforced = report->applied;
  } else if (const auto* heartbeat = std::get_if<model::Heartbeat>(&message)) {
    check_said(heartbeat->epoch, heartbeat->applied);
  }
  if (older_) as_the_version_before_says(message);
  if (parts_.planted == Bug::kept_part_for_whole && durable_.assignment && !durable_.assignment->print.none())
    std::visit(
        [&](auto& said) {
          if constexpr (requires { said.holds; }) said.holds = durable_.assignment->print;
        },
        message);
  parts_.network.send(route(), "s1", wire::encode(message));
}

// Epochs and generations never go down.
void AgentNode::check_said(Epoch epoch, Generation applied) {
  if (epoch < said_epoch_ || applied < said_applied_)
    parts_.record.broken(fmt::format("{} says epoch {} and generation {}, and said {} and {} before", name(),
                                     epoch.value, applied.value, said_epoch_.value, said_applied_.value));
  said_epoch_ = std::max(said_epoch_, epoch);
  said_applied_ = std::max(said_applied_, applied);
}

// False: the agent ended over it.
bool AgentNode::save(const agent::Saved& saved) {
  if (saved.epoch < durable_.epoch) parts_.record.broken(name() + " lets its epoch go down");
  if (durable_.assignment && saved.assignment->generation < durable_.assignment->generation) {
    parts_.record.broken(name() + " lets its generation go down");
  }
  const bool bad = parts_.random.chance(parts_.faults.bad_save);
  if (!bad || parts_.random.chance(0.5)) durable_ = saved;
  if (!bad) return true;
  parts_.record.note(name(), "could not save");
  kill();
  parts_.timeline.after(1s, [this] { start(); });
  return false;
}

void AgentNode::check(const model::Report& report) {
  foreign_ = report.foreign;
  const auto sound = [](const model::Waiting& waiting) {
    return !waiting.on.empty() && waiting.since > Instant{};
  };
  for (const auto& status : report.workloads) {
    if (status.waiting && !sound(*status.waiting)) {
      parts_.record.broken(fmt::format("{} waits without a reason or a time", status.id.str()));
    }
  }
  for (const auto& trouble : report.troubles) {
    if (!sound(trouble)) parts_.record.broken(name() + " has a trouble without a reason or a time");
  }
}

Duration AgentNode::duration_of(const agent::Work& work) {
  auto& random = parts_.random;
  if (random.chance(parts_.faults.slow)) return random.between(1s, 30s);
  const auto* action = std::get_if<agent::Action>(&work);
  if (!action) return random.between(2ms, 20ms);
  if (agent::lane_of(*action) == agent::Lane::imports) return random.between(100ms, 3s);
  return random.between(3ms, std::holds_alternative<agent::Start>(*action) ? 300ms : 50ms);
}

agent::Became AgentNode::carry_out(const agent::Work& work) {
  const auto* action = std::get_if<agent::Action>(&work);
  if (const auto* start = action ? std::get_if<agent::Start>(action) : nullptr;
      start && parts_.planted == Bug::port_closed_at_start)
    static_cast<void>(network_->remove_port(model::port_id(start->workload, "eth0")));
  auto became = agent::carry_out(work, {*compute_, *network_, *storage_}, [](const auto&) { return true; });
  advance_guests();
  return became;
}

void AgentNode::begin(const agent::Order& order) {
  if (const auto* action = std::get_if<agent::Action>(&order.work)) {
    parts_.record.note(name(), agent::to_string(*action));
  }
  begun_.emplace(order.id, order.work);
  const bool fails = parts_.random.chance(parts_.faults.failing);
  const bool loses = parts_.random.chance(parts_.faults.lost_answer);
  parts_.timeline.after(duration_of(order.work), [this, life = life_, order, fails, loses] {
    if (life != life_ || !core_ || begun_.erase(order.id) == 0) return;
    compute_->faults() = {.fail_next = fails ? 1 : 0, .lose_answers = loses ? 1 : 0};
    network_->faults() = {.fail_next = fails ? 1 : 0, .lose_answers = loses ? 1 : 0};
    storage_->faults() = {.fail_next = fails ? 1 : 0, .lose_answers = loses ? 1 : 0};
    auto became = carry_out(order.work);
    if (parts_.planted == Bug::order_twice)
      parts_.timeline.after(5s, [this, life, work = order.work] {
        if (life == life_ && core_) static_cast<void>(carry_out(work));
      });
    const auto* result = std::get_if<Result<>>(&became);
    if (std::holds_alternative<agent::LeaveSign>(order.work) && result && *result)
      signed_ = parts_.timeline.now();
    compute_->faults() = {};
    network_->faults() = {};
    storage_->faults() = {};
    parts_.timeline.after(parts_.random.between(0ms, 2ms),
                          [this, life, id = order.id, became = std::move(became)] {
                            if (life == life_ && core_) step({agent::Done{id, became}});
                          });
  });
}

}  // namespace causeway::simulation
