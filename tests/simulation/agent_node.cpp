// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/agent_node.h"

#include <fmt/format.h>

#include <utility>

#include "common/wire/codec.h"

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

}  // namespace

AgentNode::AgentNode(NodeParts parts, agent::HostSetup setup)
    : parts_(parts),
      setup_(std::move(setup)),
      hypervisor_(parts_.site.hypervisor(setup_.host)),
      observer_(std::make_unique<agent::SimulatedCompute>(hypervisor_, parts_.timeline.clock())) {
  hypervisor_->set_start_check([this](const agent::DomainSpec& domain) {
    const auto closed = closed_ports(*parts_.site.fabric(), setup_.host, domain);
    if (!closed.empty())
      parts_.record.broken(fmt::format("{} starts with closed ports{}", domain.id.str(), closed));
    return std::string();
  });
}

void AgentNode::start() {
  if (core_ || !powered_) return;
  ++life_;
  parts_.record.note(name(), "agent starts");
  compute_ = std::make_unique<agent::SimulatedCompute>(hypervisor_, parts_.timeline.clock());
  network_ = std::make_unique<agent::SimulatedSwitch>(parts_.site.fabric(), setup_.host);
  storage_ = std::make_unique<agent::SimulatedStorage>(parts_.site.cluster(), setup_.host, zones_of(setup_));
  compute_->set_wakeup([this] { wake(agent::Lane::compute); });
  network_->set_wakeup([this] { wake(agent::Lane::network); });
  model::HostFacts facts{"simulated", 32, to_mib(GiB{128}), "simulated", {}};
  for (const auto& zone : setup_.zones) facts.zones.push_back({zone.zone, zone.underlay, zone.tunnel_port});
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
  core_.reset();
  compute_.reset();
  network_.reset();
  storage_.reset();
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
  step({std::move(*message)});
}

void AgentNode::step(std::vector<agent::Input> inputs) {
  auto outcome = core_->step(inputs, parts_.timeline.now());
  if (outcome.save && !save(*outcome.save)) return;
  for (const auto& note : outcome.notes) parts_.record.note(name(), note);
  for (const auto& message : outcome.messages) {
    if (const auto* report = std::get_if<model::Report>(&message)) check(*report);
    parts_.network.send(route(), "s1", wire::encode(message));
  }
  for (const auto& order : outcome.orders) begin(order);
  next_step_ = outcome.next_step;
  parts_.timeline.at(outcome.next_step, [this, life = life_, planned = outcome.next_step] {
    if (life == life_ && core_ && next_step_ == planned) step({});
  });
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
