// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "agent/network/gateway.h"
#include "common/model/wave.h"
#include "scheduler/core/assignments.h"

namespace causeway::simulation {
namespace {

scheduler::Options options() {
  scheduler::Options made;
  made.operators["admin"] = test::kOperatorKey;
  made.fences = true;
  return made;
}

const ZoneId kIntranet{"intranet"};

model::Site site_of(int hosts, int exchange_hosts) {
  std::map<HostId, model::HostSpec> specs;
  for (int i = 1; i <= hosts; ++i) {
    auto made = test::host("h" + std::to_string(i), 8, to_mib(16_GiB), "r" + std::to_string(i));
    if (i > hosts - exchange_hosts) {
      made.second.zones.insert(kIntranet);
      made.second.exchange_host = true;
    }
    specs.insert(std::move(made));
  }
  auto site = test::site(std::move(specs));
  if (exchange_hosts > 0) {
    site.zones.at(test::kZone).exchange_with = {kIntranet};
    site.zones.at(kIntranet).exchange_with = {test::kZone};
  }
  return site;
}

// The networks of the intranet have the same addresses as those of the extranet.
void add_inner_networks(model::Departments& departments) {
  for (auto& [id, department] : departments.departments) {
    auto inner = department.networks.at(NetworkId(id.str() + "-web"));
    inner.zone = kIntranet;
    department.networks[NetworkId(id.str() + "-inner")] = inner;
  }
}

}  // namespace

World::World(std::uint64_t seed, int hosts, Planted planted, int exchange_hosts)
    : exchange_hosts_(exchange_hosts), random_(seed), record_(timeline_), network_(timeline_, random_) {
  scheduler_ = std::make_unique<SchedulerNode>(timeline_, random_, network_, record_, scheduler_faults,
                                               options(), site_.cluster(), planted);
  scheduler_->sees([this](const HostId& host) { return agents_.at(host.str())->signed_at(); });
  scheduler_->sees_open([this](const GrantId& grant) {
    std::vector<HostId> open;
    for (const auto& [name, agent] : agents_)
      if (site_.fabric()->reasons(agent->host()).contains(grant.str())) open.push_back(agent->host());
    return open;
  });
  client_ = std::make_unique<Client>(timeline_, network_, record_, *scheduler_);
  scheduler_->knows(kClient, test::kOperatorKey);
  for (int i = 1; i <= hosts; ++i) {
    const auto name = "h" + std::to_string(i);
    const model::IpAddress underlay{false, {10, 98, 0, static_cast<std::uint8_t>(i)}};
    agent::HostSetup setup{HostId(name), {{test::kZone, underlay, 4789}}};
    if (i > hosts - exchange_hosts) {
      setup.zones.push_back({kIntranet, {false, {10, 99, 0, static_cast<std::uint8_t>(i)}}, 4789});
      setup.exchange_host = true;
    }
    agents_.emplace(name, std::make_unique<AgentNode>(
                              NodeParts{timeline_, random_, network_, record_, site_, driver_faults, planted},
                              std::move(setup)));
    scheduler_->knows(name, test::key_of_host(name));
  }
}

World& World::boot() {
  start("s1");
  auto departments =
      test::departments({test::department("d1", 1), test::department("d2", 2), test::department("d3", 3)});
  if (exchanges()) add_inner_networks(departments);
  for (auto& [id, department] : departments.departments)
    for (auto& [name, network] : department.networks) network.gateway = network.subnet->first.plus(254);
  auto site = site_of(static_cast<int>(agents_.size()), exchange_hosts_);
  ask(model::ApplyRequest{{std::move(site), std::move(departments)}, "", false});
  for (const auto& [name, agent] : agents_) {
    ask(model::HostRequest{model::HostVerb::add, HostId(name), test::key_of_host(name), false});
  }
  while (client_->busy() && !violation()) run_for(10ms);
  for (const auto& [name, agent] : agents_) start(name);
  return run_for(10s);
}

World& World::apply(model::Wave wave) { return ask(model::ApplyRequest{{std::move(wave)}, "", false}); }

World& World::ask(model::RequestBody body) {
  client_->ask(std::move(body));
  return *this;
}

World& World::run_for(Duration span) {
  const Instant end = now() + span;
  while (!violation() && timeline_.run_next(end)) check_laws();
  return *this;
}

World& World::kill(const std::string& name) {
  if (name == "s1")
    scheduler_->kill();
  else
    agent(name).kill();
  return *this;
}

World& World::start(const std::string& name) {
  if (name != "s1") {
    agent(name).start();
    return *this;
  }
  scheduler_->start();
  // The agents' connections come back by themselves.
  for (const auto& [host, agent] : agents_) {
    timeline_.after(random_.between(50ms, 500ms), [one = agent.get()] { one->connected(); });
  }
  return *this;
}

World& World::lose_power(const std::string& host) {
  agent(host).lose_power();
  return *this;
}

World& World::return_power(const std::string& host) {
  scheduler_->power().off.erase(HostId(host));
  agent(host).return_power();
  return *this;
}

World& World::give_bmcs(fence::Proof proof, test::SimulatedPower::Mood mood) {
  scheduler_->proves(proof);
  for (const auto& name : hosts()) set_bmc(name, mood);
  scheduler_->power().on_switched_off = [this](const HostId& host) { lose_power(host.str()); };
  return *this;
}

World& World::set_bmc(const std::string& host, test::SimulatedPower::Mood mood) {
  scheduler_->power().moods[HostId(host)] = mood;
  return *this;
}

World& World::cut(const std::string& host) {
  record_.note(host, "is cut off from the scheduler");
  network_.cut(host, "s1");
  network_.cut("s1", host);
  return *this;
}

World& World::mend(const std::string& host) {
  network_.mend(host, "s1");
  network_.mend("s1", host);
  timeline_.after(200ms, [one = &agent(host)] { one->connected(); });
  return *this;
}

World& World::cut_storage(const std::string& host) {
  record_.note(host, "is cut off from the storage");
  site_.cluster()->set_reachable(HostId(host), false);
  return *this;
}

World& World::mend_storage(const std::string& host) {
  site_.cluster()->set_reachable(HostId(host), true);
  return *this;
}

World& World::freeze(const std::string& host) {
  agent(host).freeze();
  return *this;
}

World& World::thaw(const std::string& host) {
  agent(host).thaw();
  return *this;
}

std::optional<model::Outage> World::outage(const std::string& host) const {
  for (const auto& record : scheduler_->all<model::HostRecord>())
    if (record.id.str() == host) return record.outage;
  return std::nullopt;
}

World& World::heal() {
  record_.note("world", "heals");
  network_.weather = {};
  network_.mend_all();
  driver_faults = {};
  scheduler_faults = {};
  site_.cluster()->set_answering(true);
  site_.cluster()->set_reachable(HostId("s1"), true);
  start("s1");
  for (const auto& [name, agent] : agents_) {
    site_.cluster()->set_reachable(agent->host(), true);
    site_.fabric()->set_answering(agent->host(), true);
    site_.hypervisor(agent->host())->set_answering(true);
    agent->thaw();
    if (agent->older()) agent->kill();
    agent->change(false);
    return_power(name);
  }
  return *this;
}

bool World::settles_within(Duration span) {
  const Instant end = now() + span;
  while (!violation() && now() < end) {
    run_for(1s);
    if (unsettled().empty()) return !violation();
  }
  return false;
}

std::vector<std::string> World::hosts() const {
  std::vector<std::string> names;
  for (const auto& [name, agent] : agents_) names.push_back(name);
  return names;
}

std::string World::host_of(const std::string& workload) const {
  for (const auto& [name, agent] : agents_) {
    for (const auto& process : agent->processes()) {
      if (process.id.str() == workload) return name;
    }
  }
  return "";
}

bool World::connects(const std::string& from, const std::string& to, std::uint16_t port) {
  const auto find = [&](const std::string& id) {
    for (const auto& workload : scheduler_->all<model::Workload>())
      if (workload.id.str() == id) return workload.ports.at(0);
    return model::Port{};
  };
  const auto one = find(from);
  const auto other = find(to);
  const auto passes = [&](const model::Port& sender, const std::string& sends, const model::Port& receiver,
                          const std::string& hears, std::uint16_t source, std::uint16_t target) {
    agent::Packet packet;
    packet.source = sender.mac;
    packet.destination = sender.network == receiver.network ? receiver.mac : agent::kGatewayMac;
    packet.from = sender.addresses.at(0);
    packet.to = receiver.addresses.at(0);
    packet.protocol = agent::kTcp;
    packet.from_port = source;
    packet.to_port = target;
    const auto arrived =
        site_.fabric()->send(HostId(host_of(sends)), model::port_id(WorkloadId(sends), sender.name), packet);
    return std::ranges::find(arrived, model::port_id(WorkloadId(hears), receiver.name)) != arrived.end();
  };
  constexpr std::uint16_t kAnyPort = 40000;
  return passes(one, from, other, to, kAnyPort, port) && passes(other, to, one, from, port, kAnyPort);
}

void World::check_laws() {
  if (site_.cluster()->most_writers() > 1) record_.broken("a volume has two writers");
  if (exchanges()) check_zones();
}

// Zones meet in exchange gateways alone: no other workload has taps in two zones, no exchange host has
// anything else, and no other host has a gateway. The hosts' switches and hypervisors are asked, not what
// anybody says of them.
void World::check_zones() {
  if (now() < zones_due_) return;
  zones_due_ = now() + 20ms;
  for (const auto& [name, agent] : agents_) {
    std::map<WorkloadId, std::set<ZoneId>> found;
    for (const auto& [port, zone] : site_.fabric()->zones_of_ports(agent->host()))
      found[WorkloadId(port.str().substr(0, port.str().rfind('/')))].insert(zone);
    for (const auto& process : agent->processes()) found[process.id];
    for (const auto& [workload, zones] : found) {
      if (zones.size() > 1 && !is_gateway(workload))
        record_.broken(fmt::format("{} has ports in two zones on {}", workload.str(), name));
      if (is_gateway(workload) != agent->exchanges())
        record_.broken(fmt::format("{} is on {}, which is {} exchange host", workload.str(), name,
                                   agent->exchanges() ? "an" : "no"));
    }
  }
}

std::string World::unsettled() {
  if (client_->busy()) return "a client waits for an answer";
  if (!scheduler_->up()) return "the scheduler is away";
  for (const auto& [name, agent] : agents_) {
    if (!agent->quiet()) return fmt::format("the agent of {} is not quiet", name);
    if (!agent->foreign().empty()) return fmt::format("{}: {}", name, agent->foreign().front());
  }
  for (const auto& host : scheduler_->all<model::HostRecord>()) {
    if (host.outage) return fmt::format("host {} is not back", host.id.str());
    if (site_.cluster()->fenced(host.id)) return fmt::format("host {} is still fenced", host.id.str());
  }
  bool waits = false;
  for (const auto& workload : scheduler_->all<model::Workload>()) {
    waits = waits || (workload.held && waits_for_stopped(workload));
    if (auto why = unsettled_workload(workload); !why.empty()) return why;
  }
  if (auto why = left_behind(); !why.empty()) return why;
  if (auto why = wrong_reach(); !why.empty()) return why;
  if (auto why = other_assignment(); !why.empty()) return why;
  const auto answer = scheduler_->ask(model::StatusRequest{});
  const auto* status = answer ? std::get_if<model::StatusResponse>(&*answer) : nullptr;
  if (!status) return "the scheduler doesn't say how it is";
  if (status->settled == waits)
    return waits ? "what is held counts as settled" : "the scheduler says that it isn't settled";
  return "";
}

std::string World::unsettled_workload(const model::Workload& workload) const {
  const auto& id = workload.id.str();
  if (workload.deleting) return id + " is not deleted yet";
  if (!workload.leaving.empty()) return id + " moves";
  const auto where = host_of(id);
  if (workload.held) {
    if (!where.empty()) return id + " is held, and runs";
    return waits_for_stopped(workload) ? "" : id + " is held";
  }
  const auto wanted = workload.power == model::Power::running ? workload.host.str() : "";
  if (where != wanted) return fmt::format("{} has a process on '{}', not on '{}'", id, where, wanted);
  return "";
}

// Whether somebody stopped what the workload's application depends on.
bool World::waits_for_stopped(const model::Workload& workload) const {
  const auto application = model::application_of(workload.id);
  const auto records = scheduler_->all<model::ApplicationRecord>();
  const auto record = std::ranges::find(records, application, &model::ApplicationRecord::id);
  if (record == records.end()) return false;
  const auto& needed = record->spec.depends_on;
  return std::ranges::any_of(scheduler_->all<model::Workload>(), [&](const model::Workload& other) {
    return other.power == model::Power::stopped &&
           std::ranges::find(needed, model::application_of(other.id).str()) != needed.end();
  });
}

// What the scheduler doesn't know of: processes and volumes of workloads that were deleted.
std::string World::left_behind() const {
  std::set<std::string> known;
  for (const auto& workload : scheduler_->all<model::Workload>()) known.insert(workload.id.str());
  for (const auto& [name, agent] : agents_) {
    for (const auto& process : agent->processes()) {
      if (!known.contains(process.id.str()))
        return fmt::format("{} runs {}, which is deleted", name, process.id.str());
    }
  }
  agent::SimulatedStorage storage(site_.cluster(), HostId("nobody"), {test::kZone});
  const auto pool = storage.observe(test::kZone);
  if (!pool) return pool.error().what;
  for (const auto& volume : pool->volumes) {
    if (!volume.ready) continue;  // a copy that was cut short, which storage's sweep clears away
    if (!known.contains(model::workload_of(volume.volume).str())) {
      return fmt::format("volume {} of a deleted workload is left", volume.volume.str());
    }
  }
  return "";
}

// An agent that holds something else than what the records make of its host, whatever it says of that.
std::string World::other_assignment() const {
  scheduler::Tables tables;
  for (const auto& [key, record] : scheduler_->durable()) tables.load(record);
  for (const auto& [name, agent] : agents_) {
    const auto& held = agent->assignment();
    if (!held) continue;
    auto wanted = scheduler::build_assignment(tables, agent->host());
    wanted.epoch = held->epoch;
    wanted.generation = held->generation;
    wanted.print = held->print;
    if (*held != wanted) return fmt::format("{} holds another assignment than the newest", name);
  }
  return "";
}

// Who runs gets an echo from all of its own application and from nobody of another one.
std::string World::wrong_reach() const {
  std::vector<model::Workload> running;
  for (const auto& workload : scheduler_->all<model::Workload>()) {
    if (workload.power == model::Power::running && !workload.held) running.push_back(workload);
  }
  for (const auto& from : running) {
    for (const auto& to : running) {
      if (from.id == to.id) continue;
      const bool shall = model::application_of(from.id) == model::application_of(to.id);
      const bool does =
          site_.fabric()->reaches(model::port_id(from.id, "eth0"), model::port_id(to.id, "eth0"));
      if (shall == does) continue;
      return fmt::format("{} {} {}", from.id.str(), does ? "reaches" : "does not reach", to.id.str());
    }
    if (!is_gateway(from.id)) continue;
    // Nothing passes from one side of it to the other.
    const auto inner = model::port_id(from.id, "eth1");
    for (const auto& to : running) {
      const auto outer = model::port_id(to.id, "eth0");
      if (site_.fabric()->reaches(inner, outer) || site_.fabric()->reaches(outer, inner))
        return fmt::format("{} and {} meet", inner.str(), outer.str());
    }
  }
  return "";
}

}  // namespace causeway::simulation
