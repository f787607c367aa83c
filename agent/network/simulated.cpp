// SPDX-License-Identifier: Apache-2.0
#include "agent/network/simulated.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "agent/network/evaluate.h"
#include "agent/network/flow_rules.h"
#include "agent/network/flows.h"
#include "agent/network/probe.h"

namespace causeway::agent {

void SimulatedFabric::wake(const HostId& host) {
  std::function<void()> wakeup;
  {
    const std::lock_guard lock(mutex_);
    wakeup = hosts_[host].wakeup;
  }
  if (wakeup) wakeup();
}

void SimulatedFabric::restart_switch(const HostId& host) {
  {
    const std::lock_guard lock(mutex_);
    Host& restarted = hosts_[host];
    ++restarted.starts;
    for (auto& [zone, bridge] : restarted.bridges) {
      bridge.policy.reset();
      bridge.connections.clear();
      bridge.foreign_flows.clear();
    }
  }
  wake(host);
}

void SimulatedFabric::set_answering(const HostId& host, bool answering) {
  {
    const std::lock_guard lock(mutex_);
    hosts_[host].answering = answering;
  }
  wake(host);
}

void SimulatedFabric::set_connected(const HostId& host, bool connected) {
  const std::lock_guard lock(mutex_);
  hosts_[host].connected = connected;
}

void SimulatedFabric::power_off(const HostId& host) {
  const std::lock_guard lock(mutex_);
  const int starts = hosts_[host].starts;
  hosts_[host] = Host{};
  hosts_[host].starts = starts + 1;
}

void SimulatedFabric::add_foreign_flow(const HostId& host, const ZoneId& zone, const std::string& flow) {
  {
    const std::lock_guard lock(mutex_);
    hosts_[host].bridges.at(zone).foreign_flows.push_back(flow);
  }
  wake(host);
}

void SimulatedFabric::add_foreign_port(const HostId& host, const ZoneId& zone, const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    hosts_[host].bridges.at(zone).foreign_ports.push_back(name);
  }
  wake(host);
}

void SimulatedFabric::add_foreign_bridge(const HostId& host, const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    hosts_[host].foreign_bridges.insert(name);
  }
  wake(host);
}

Verdict SimulatedFabric::judge(const HostId& host, const PortId& from, const Packet& packet) const {
  const auto here = hosts_.find(host);
  if (here == hosts_.end()) return {};
  const auto port = here->second.ports.find(from);
  if (port == here->second.ports.end()) return {};
  const Bridge& bridge = here->second.bridges.at(port->second.zone);
  if (!bridge.policy) return {};
  Verdict verdict = judge_from_port(*bridge.policy, from, packet, bridge.connections.look(packet));
  if (verdict.begins) bridge.connections.note(beginning(packet).connection);
  return verdict;
}

std::optional<Packet> SimulatedFabric::answer(const HostId& host, const PortId& from,
                                              const Packet& packet) const {
  const std::lock_guard lock(mutex_);
  return judge(host, from, packet).answer;
}

std::optional<Packet> SimulatedFabric::passed_on(const HostId& host, const PortId& from,
                                                 const Packet& packet) const {
  const std::lock_guard lock(mutex_);
  return judge(host, from, packet).passed_on;
}

std::vector<PortId> SimulatedFabric::forward(const HostId& from_host, const PortId& from,
                                             const Packet& packet) const {
  const Verdict verdict = judge(from_host, from, packet);
  if (verdict.ports.empty() && verdict.hosts.empty() && !verdict.vlan) return {};
  const auto here = hosts_.find(from_host);
  const Bridge& bridge = here->second.bridges.at(here->second.ports.at(from).zone);
  std::vector<PortId> arrived = verdict.ports;
  for (const auto& [id, host] : hosts_) {
    if (id == from_host || !here->second.connected || !host.connected) continue;
    for (const auto& [zone, other] : host.bridges) {
      if (!other.policy) continue;
      const Packet& arriving = verdict.passed_on ? *verdict.passed_on : packet;
      const Tracked tracked = other.connections.look(arriving);
      const bool tunnelled = other.bridge.tunnel_port == bridge.bridge.tunnel_port &&
                             std::ranges::find(verdict.hosts, other.bridge.underlay) != verdict.hosts.end();
      // One zone's uplinks lead to one another, and to those of no other zone.
      const bool on_vlan = verdict.vlan && zone == bridge.bridge.zone && !other.bridge.uplink.empty();
      Verdict there;
      if (tunnelled)
        there = judge_from_tunnel(*other.policy, verdict.vni, bridge.bridge.underlay, arriving, tracked);
      else if (on_vlan)
        there = judge_from_uplink(*other.policy, *verdict.vlan, arriving, tracked);
      if (there.begins) other.connections.note(beginning(arriving).connection);
      arrived.insert(arrived.end(), there.ports.begin(), there.ports.end());
    }
  }
  std::ranges::sort(arrived);
  return arrived;
}

std::vector<PortId> SimulatedFabric::send(const HostId& host, const PortId& from,
                                          const Packet& packet) const {
  const std::lock_guard lock(mutex_);
  return forward(host, from, packet);
}

std::optional<Packet> SimulatedFabric::leaves(const HostId& host, const PortId& from,
                                              const Packet& packet) const {
  const std::lock_guard lock(mutex_);
  const Verdict verdict = judge(host, from, packet);
  const auto port = verdict.out ? hosts_.at(host).ports.at(from) : PortWiring{};
  if (!verdict.out || hosts_.at(host).bridges.at(port.zone).bridge.uplink.empty()) return std::nullopt;
  return verdict.passed_on.value_or(packet);
}

SimulatedFabric::Entered SimulatedFabric::enters(const ZoneId& zone, const Packet& packet) const {
  const std::lock_guard lock(mutex_);
  Entered entered;
  for (const auto& [id, host] : hosts_) {
    const auto bridge = host.bridges.find(zone);
    if (bridge == host.bridges.end() || bridge->second.bridge.uplink.empty()) continue;
    const auto& policy = bridge->second.policy;
    if (!policy || !policy->way_out) continue;
    const Verdict verdict =
        judge_from_uplink(*policy, policy->way_out->vlan, packet, bridge->second.connections.look(packet));
    if (verdict.begins) bridge->second.connections.note(beginning(packet).connection);
    entered.ports.insert(entered.ports.end(), verdict.ports.begin(), verdict.ports.end());
    if (verdict.answer) entered.answers.push_back(*verdict.answer);
  }
  return entered;
}

std::vector<SimulatedFabric::Place> SimulatedFabric::places(const PortId& port) const {
  std::vector<Place> found;
  for (const auto& [id, host] : hosts_)
    if (const auto there = host.ports.find(port); there != host.ports.end())
      found.push_back({id, &there->second});
  return found;
}

// Whether the guest is told the other's MAC when it asks who has the address.
bool SimulatedFabric::learns(const Place& from, const Place& to, const model::IpAddress& source,
                             const model::IpAddress& target) const {
  Packet question;
  question.source = from.wiring->mac;
  question.destination.bytes.fill(0xff);
  question.ether_type = source.v6 ? kEtherIpv6 : kEtherArp;
  question.from = source;
  question.to = target;
  question.sender = from.wiring->mac;
  question.operation = 1;
  question.protocol = kIcmpv6;
  question.hop_limit = 255;
  question.from_port = kNeighbourSolicitation;
  question.target = target;
  const auto said = judge(from.host, from.wiring->port, question).answer;
  return said && said->sender == to.wiring->mac;
}

bool SimulatedFabric::echoes(const Place& from, const Place& to, bool answer) const {
  for (const model::IpAddress& source : from.wiring->addresses) {
    const auto target = std::ranges::find(to.wiring->addresses, source.v6, &model::IpAddress::v6);
    if (target == to.wiring->addresses.end()) continue;
    Packet packet;
    packet.source = from.wiring->mac;
    packet.destination = to.wiring->mac;
    packet.ether_type = source.v6 ? kEtherIpv6 : kEtherIpv4;
    packet.from = source;
    packet.to = *target;
    packet.protocol = source.v6 ? kIcmpv6 : kIcmp;
    packet.from_port = source.v6 ? kEcho6Request : kEchoRequest;
    if (answer) packet.from_port = source.v6 ? kEcho6Request + 1 : 0;
    if (!learns(from, to, source, *target)) continue;
    const auto arrived = forward(from.host, from.wiring->port, packet);
    if (std::ranges::find(arrived, to.wiring->port) != arrived.end()) return true;
  }
  return false;
}

bool SimulatedFabric::reaches(const PortId& from, const PortId& to) const {
  const std::lock_guard lock(mutex_);
  const auto from_places = places(from);
  const auto to_places = places(to);
  return std::ranges::any_of(from_places, [&](const Place& here) {
    return std::ranges::any_of(to_places, [&](const Place& there) {
      return echoes(here, there, false) && echoes(there, here, true);
    });
  });
}

bool SimulatedFabric::open(const HostId& host, const PortId& port) const {
  const std::lock_guard lock(mutex_);
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return false;
  const auto wiring = found->second.ports.find(port);
  if (wiring == found->second.ports.end()) return false;
  const auto& policy = found->second.bridges.at(wiring->second.zone).policy;
  return policy && std::ranges::find(policy->ports, port, &PortWiring::port) != policy->ports.end();
}

std::map<PortId, ZoneId> SimulatedFabric::zones_of_ports(const HostId& host) const {
  const std::lock_guard lock(mutex_);
  std::map<PortId, ZoneId> zones;
  if (const auto here = hosts_.find(host); here != hosts_.end())
    for (const auto& [port, wiring] : here->second.ports) zones.emplace(port, wiring.zone);
  return zones;
}

std::set<std::string> SimulatedFabric::reasons(const HostId& host) const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> reasons;
  const auto here = hosts_.find(host);
  if (here == hosts_.end()) return reasons;
  for (const auto& [zone, bridge] : here->second.bridges)
    if (bridge.policy)
      for (const auto& guard : bridge.policy->guards)
        for (const auto& rule : guard.rules) reasons.insert(rule.why);
  return reasons;
}

std::size_t SimulatedFabric::writes(const HostId& host) const {
  const std::lock_guard lock(mutex_);
  const auto found = hosts_.find(host);
  return found == hosts_.end() ? 0 : found->second.writes;
}

SimulatedSwitch::SimulatedSwitch(std::shared_ptr<SimulatedFabric> fabric, HostId host)
    : fabric_(std::move(fabric)), host_(std::move(host)) {}

SimulatedSwitch::~SimulatedSwitch() { set_wakeup({}); }

template <class Work>
auto SimulatedSwitch::call(Work work) -> decltype(work(std::declval<Host&>())) {
  const std::lock_guard lock(fabric_->mutex_);
  Host& host = fabric_->hosts_[host_];
  if (faults_.fail_next > 0) {
    --faults_.fail_next;
    return fail(faults_.fail_code, "the switch was told to fail");
  }
  if (faults_.hung || !host.answering) return fail(Errc::unavailable, "the switch does not answer");
  auto answer = work(host);
  if (faults_.lose_answers > 0) {
    --faults_.lose_answers;
    return fail(Errc::timeout, "the switch's answer was lost");
  }
  return answer;
}

Result<SwitchState> SimulatedSwitch::observe() {
  return call([&](Host& host) -> Result<SwitchState> {
    SwitchState state;
    for (const auto& [zone, bridge] : host.bridges) {
      BridgeState& ours = state.bridges.emplace_back();
      ours.bridge = bridge.bridge;
      ours.name = bridge_name(zone);
      const auto known = known_.find(zone);
      if (known != known_.end() && known->second.start == host.starts && bridge.foreign_flows.empty() &&
          bridge.policy && bridge.digest == known->second.digest) {
        ours.programmed = known->second.digest;
        ours.generation = known->second.generation;
      }
      for (const std::string& flow : bridge.foreign_flows)
        state.foreign.push_back({Foreign::Kind::flow, ours.name, flow, "no policy of ours has this flow"});
      for (const std::string& port : bridge.foreign_ports)
        state.foreign.push_back(
            {Foreign::Kind::port, ours.name, port, "is on a zone's bridge and not of ours"});
    }
    for (const auto& [id, wiring] : host.ports) {
      const auto& bridge = host.bridges.at(wiring.zone);
      const bool named = bridge.policy && std::ranges::find(bridge.policy->ports, id, &PortWiring::port) !=
                                              bridge.policy->ports.end();
      const auto ours =
          std::ranges::find(state.bridges, wiring.zone, [](const BridgeState& b) { return b.bridge.zone; });
      state.ports.push_back(
          {id, wiring.zone, tap_name(id), wiring.mtu, true, named && ours->programmed.has_value(), ""});
    }
    for (const std::string& name : host.foreign_bridges)
      state.foreign.push_back(
          {Foreign::Kind::bridge, name, name, "is named like a zone's bridge and has no mark of ours"});
    std::ranges::sort(state.foreign, {}, [](const Foreign& f) { return std::tie(f.kind, f.bridge, f.name); });
    state.cuts = cuts_.all();
    return state;
  });
}

Result<> SimulatedSwitch::ensure_bridge(const ZoneBridge& bridge) {
  return call([&](Host& host) -> Result<> {
    const std::string name = bridge_name(bridge.zone);
    if (host.foreign_bridges.contains(name))
      return fail(Errc::conflict,
                  fmt::format("bridge '{}' is there and isn't ours; remove or rename it", name));
    for (const auto& [zone, other] : host.bridges) {
      if (zone == bridge.zone) continue;
      CAUSEWAY_TRY(check_conntrack_zones(bridge.zone, zone));
      if (bridge_name(zone) == name)
        return fail(Errc::conflict,
                    fmt::format("bridge '{}' is that of zone '{}'; rename one of the zones, so that "
                                "their first eight letters differ",
                                name, zone));
      if (other.bridge.underlay == bridge.underlay && other.bridge.tunnel_port == bridge.tunnel_port)
        return fail(Errc::conflict,
                    fmt::format("tunnel endpoint {} port {} of zone '{}': zone '{}' has it",
                                bridge.underlay.str(), bridge.tunnel_port, bridge.zone, zone));
      if (!bridge.uplink.empty() && other.bridge.uplink == bridge.uplink)
        return fail(Errc::conflict, fmt::format("uplink {} of zone '{}': bridge '{}' of zone '{}' has it",
                                                bridge.uplink, bridge.zone, bridge_name(zone), zone));
    }
    auto& there = host.bridges[bridge.zone];
    if (there.bridge == bridge) return {};
    there.bridge = bridge;
    ++host.writes;
    return {};
  });
}

Result<> SimulatedSwitch::ensure_port(const PortWiring& wiring) {
  return call([&](Host& host) -> Result<> {
    if (!host.bridges.contains(wiring.zone))
      return fail(Errc::not_found,
                  fmt::format("port '{}': zone '{}' has no bridge on this host", wiring.port, wiring.zone));
    const auto there = host.ports.find(wiring.port);
    if (there != host.ports.end() && there->second.zone != wiring.zone)
      return fail(Errc::conflict,
                  fmt::format("port '{}' is on the bridge of zone '{}'", wiring.port, there->second.zone));
    if (there != host.ports.end() && there->second == wiring) return {};
    host.ports[wiring.port] = wiring;
    ++host.writes;
    return {};
  });
}

Result<> SimulatedSwitch::program(const ZonePolicy& policy) {
  return call([&](Host& host) { return program_on(host, policy); });
}

Result<> SimulatedSwitch::program_on(Host& host, const ZonePolicy& policy) {
  const auto bridge = host.bridges.find(policy.zone);
  if (bridge == host.bridges.end())
    return fail(Errc::not_found, fmt::format("zone '{}' has no working bridge on this host", policy.zone));
  // The flows are made only to refuse what can't be made flows of.
  PortNumbers numbers{1, {}};
  for (const auto& [id, wiring] : host.ports)
    if (wiring.zone == policy.zone) numbers.ports[id] = static_cast<std::uint32_t>(numbers.ports.size() + 3);
  if (!bridge->second.bridge.uplink.empty()) numbers.uplink = 2;
  if (const auto flows = make_flows(policy, numbers); !flows) return std::unexpected(flows.error());
  auto& there = bridge->second;
  const auto wanted = digest(policy);
  if (!there.policy || there.digest != wanted || !there.foreign_flows.empty()) {
    if (there.policy && takes_away(*there.policy, policy)) {
      const auto& open = there.connections.all();
      const auto cut = cut_between(*there.policy, policy, {open.begin(), open.end()});
      for (const auto& [why, connections] : cut)
        for (const Connection& connection : connections) there.connections.forget(connection);
      cuts_.note(cut, policy.generation);
    }
    there.policy = policy;
    there.digest = wanted;
    there.foreign_flows.clear();
    ++host.writes;
  }
  known_[policy.zone] = {wanted, policy.generation, host.starts};
  return {};
}

Result<> SimulatedSwitch::remove_port(const PortId& port) {
  return call([&](Host& host) -> Result<> {
    const auto there = host.ports.find(port);
    if (there == host.ports.end()) return {};
    auto& bridge = host.bridges.at(there->second.zone);
    if (bridge.policy && std::erase_if(bridge.policy->ports,
                                       [&](const PortWiring& wiring) { return wiring.port == port; }) != 0) {
      bridge.digest = digest(*bridge.policy);
      if (const auto known = known_.find(bridge.policy->zone); known != known_.end())
        known->second.digest = bridge.digest;
    }
    host.ports.erase(there);
    ++host.writes;
    return {};
  });
}

Result<> SimulatedSwitch::remove_bridge(const ZoneId& zone) {
  return call([&](Host& host) -> Result<> {
    const auto there = host.bridges.find(zone);
    if (there == host.bridges.end()) return {};
    std::vector<std::string> holders = there->second.foreign_ports;
    for (const auto& [id, wiring] : host.ports)
      if (wiring.zone == zone) holders.push_back(id.str());
    if (!holders.empty())
      return fail(Errc::conflict, fmt::format("bridge '{}' of zone '{}' still has port '{}'",
                                              bridge_name(zone), zone, holders.front()));
    host.bridges.erase(there);
    known_.erase(zone);
    ++host.writes;
    return {};
  });
}

Result<Passage> SimulatedSwitch::probe(const model::ProbeRequest& question) {
  return call([&](Host& host) -> Result<Passage> {
    const auto bridge = host.bridges.find(question.zone);
    if (bridge == host.bridges.end())
      return fail(Errc::not_found, fmt::format("zone '{}' has no bridge on this host", question.zone));
    if (!bridge->second.policy) return Passage{false, "nothing is programmed"};
    const auto& policy = *bridge->second.policy;
    const auto packet = packet_of(question);
    Verdict verdict;
    if (question.arriving) {
      const auto vni = arrives_in(policy, question);
      if (!vni) return std::unexpected(vni.error());
      const auto vlan = vlan_of(policy, question);
      verdict = vlan ? judge_from_uplink(policy, *vlan, packet, beginning(packet))
                     : judge_from_tunnel(policy, *vni, question.from.underlay, packet, beginning(packet));
    } else {
      verdict = judge_from_port(policy, question.from.port, packet, beginning(packet));
    }
    if (std::ranges::find(verdict.ports, question.to.port) != verdict.ports.end())
      return to_the_port(question);
    if (!question.arriving && std::ranges::find(verdict.hosts, question.to.underlay) != verdict.hosts.end())
      return into_the_tunnel(question);
    if (const auto vlan = verdict.out ? verdict.out : verdict.vlan; !question.arriving && vlan)
      return to_the_uplink(*vlan);
    return Passage{
        false, fmt::format("is dropped: {}", verdict.refused.empty() ? "nobody is there" : verdict.refused)};
  });
}

void SimulatedSwitch::set_wakeup(std::function<void()> wakeup) {
  const std::lock_guard lock(fabric_->mutex_);
  fabric_->hosts_[host_].wakeup = std::move(wakeup);
}

}  // namespace causeway::agent
