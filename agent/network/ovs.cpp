// SPDX-License-Identifier: Apache-2.0
#include "agent/network/ovs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "agent/network/bridge_flows.h"
#include "agent/network/cuts.h"
#include "agent/network/flow_rules.h"
#include "agent/network/flows.h"
#include "agent/network/ovs_answers.h"
#include "agent/network/ovs_conntrack.h"
#include "agent/network/ovs_control.h"
#include "agent/network/ovs_database.h"
#include "agent/network/ovs_trace.h"
#include "agent/network/ovs_watcher.h"
#include "agent/network/probe.h"
#include "agent/network/tap.h"

namespace causeway::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration kConnectWithin = 2s;
constexpr Duration kAnswerWithin = 5s;
// Counting what was cut may take one part of the time, and leaves so many for everything else.
constexpr int kCountPause = 9;
// Bundles, OpenFlow 1.5 and updates of single set members: all there since.
constexpr std::pair kOldestVersion{2, 17};
// Workload ports are numbered from here, so that no number of the bridge's own ports is ever asked for.
constexpr std::int64_t kFirstPortNumber = 100;

constexpr auto kPortMark = "causeway-port";

std::string tunnel_name(const ZoneId& zone) { return "cwt-" + zone.str().substr(0, 8); }

struct SeenPort {
  std::string bridge;
  std::string name;
  std::optional<PortId> port;
  std::string error;
  std::int64_t number = 0;
  std::uint16_t mtu = 0;
  std::string local_ip;  // of a tunnel
  std::string udp_port;
  std::optional<ZoneId> zone;  // of a tunnel or an uplink of ours
};

struct SeenBridge {
  std::string name;
  std::optional<ZoneId> zone;
};

// The database as values, so that nothing below depends on how long its rows live.
struct Seen {
  std::vector<SeenBridge> bridges;
  std::vector<SeenPort> ports;
  bool waits_for_flows = false;

  [[nodiscard]] const SeenBridge* bridge(const std::string& name) const {
    const auto found = std::ranges::find(bridges, name, &SeenBridge::name);
    return found == bridges.end() ? nullptr : &*found;
  }
  [[nodiscard]] const SeenBridge* bridge(const ZoneId& zone) const {
    const auto found = std::ranges::find(bridges, zone, &SeenBridge::zone);
    return found == bridges.end() ? nullptr : &*found;
  }
  [[nodiscard]] const SeenPort* port(const std::string& name) const {
    const auto found = std::ranges::find(ports, name, &SeenPort::name);
    return found == ports.end() ? nullptr : &*found;
  }
  [[nodiscard]] const SeenPort* port(const PortId& id) const {
    const auto found = std::ranges::find(ports, id, &SeenPort::port);
    return found == ports.end() ? nullptr : &*found;
  }
  [[nodiscard]] const SeenPort* uplink(const ZoneId& of) const {
    const auto is_it = [&](const SeenPort& port) { return port.zone == of && port.name != tunnel_name(of); };
    const auto found = std::ranges::find_if(ports, is_it);
    return found == ports.end() ? nullptr : &*found;
  }
};

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

template <class Id>
std::optional<Id> id_or_none(const char* text) {
  return text == nullptr ? std::nullopt : std::optional(Id(text));
}

class OvsSwitch final : public Switch {
 public:
  explicit OvsSwitch(OvsSettings settings)
      : settings_(std::move(settings)),
        database_(ovs_database_open(database_socket().c_str()), &ovs_database_close),
        answers_(settings_.run_dir) {}

  Result<SwitchState> observe() override;
  Result<> ensure_bridge(const ZoneBridge& bridge) override;
  Result<> ensure_port(const PortWiring& wiring) override;
  Result<> program(const ZonePolicy& policy) override;
  Result<> remove_port(const PortId& port) override;
  Result<> remove_bridge(const ZoneId& zone) override;
  Result<Passage> probe(const model::ProbeRequest& question) override;
  void set_wakeup(std::function<void()> wakeup) override;

 private:
  [[nodiscard]] std::string database_socket() const { return settings_.run_dir + "/db.sock"; }

  Result<Seen> look();
  BridgeFlows& flows_of(const std::string& bridge) {
    return flows_.try_emplace(bridge, settings_.run_dir, bridge).first->second;
  }
  Result<> ensure_uplink(const Seen& seen, const ZoneBridge& bridge);
  // Somebody told the switch to wait for its flows, as ovs-ctl does around a restart, and takes that back
  // when it has put flows there, for bridges that aren't ours too. unavailable: that is so; until then a flow
  // opens nothing and, in the kernel's datapath, closes nothing. Who forgets it is helped.
  Result<> end_wait(const Seen& seen);
  static Result<PortNumbers> numbers_for(const Seen& seen, const ZonePolicy& policy);
  // Counts the connections that changes have cut, and forgets them. That they are cut is the flows' doing, so
  // a failure here costs only the count. A switch lists 25,000 connections in half a second, so that changes
  // that follow each other closely are counted together.
  void count_cuts();
  void count_cuts(const ZonePolicy& before, const ZonePolicy& after);
  // Whether what was programmed stands there still; what doesn't belong goes to `foreign`.
  static Result<bool> still_stands(const Seen& seen, const SeenBridge& bridge, BridgeFlows& flows,
                                   std::vector<Foreign>& foreign);
  // Makes the call; its refusal in our words.
  static Result<> checked(std::string_view activity, const std::function<int(char** why)>& call);

  OvsSettings settings_;
  std::unique_ptr<ovs_database, decltype(&ovs_database_close)> database_;
  std::map<std::string, BridgeFlows> flows_;  // by bridge
  CutBook cuts_;
  std::map<std::string, ZonePolicy> narrowed_;  // by bridge: before changes whose cuts aren't counted yet
  std::chrono::steady_clock::time_point next_count_;
  std::optional<std::chrono::steady_clock::time_point> waits_since_;  // the switch, for its flows
  OvsAnswers answers_;
  std::unique_ptr<OvsWatcher> watcher_;
};

Result<> OvsSwitch::checked(std::string_view activity, const std::function<int(char** why)>& call) {
  char* why = nullptr;
  const int error = call(&why);
  if (error == 0) return {};
  const std::unique_ptr<char, decltype(&free)> owned(why, &free);
  Errc code = Errc::unavailable;
  if (error == ETIMEDOUT) code = Errc::timeout;
  if (error == EAGAIN) code = Errc::busy;
  if (error == EEXIST) code = Errc::conflict;
  if (error == ENOENT) code = Errc::not_found;
  if (error == EPROTO) code = Errc::invalid;
  return while_doing(Error{code, why}, activity);
}

// "3.1.0" and newer; a version that can't be read is no reason to refuse.
bool too_old(std::string_view version) {
  std::pair<int, int> number{};
  const auto major = std::from_chars(version.begin(), version.end(), number.first);
  if (major.ec != std::errc{} || major.ptr == version.end() || *major.ptr != '.') return false;
  if (std::from_chars(major.ptr + 1, version.end(), number.second).ec != std::errc{}) return false;
  return number < kOldestVersion;
}

Result<Seen> OvsSwitch::look() {
  CAUSEWAY_TRY(checked("reading it", [&](char** why) {
    return ovs_database_refresh(database_.get(), kConnectWithin.count(), why);
  }));
  if (const std::string_view version = ovs_database_version(database_.get()); too_old(version))
    return fail(Errc::unavailable,
                fmt::format("Open vSwitch is version {}, and {}.{} or newer is needed: upgrade it", version,
                            kOldestVersion.first, kOldestVersion.second));
  Seen seen;
  ovs_database_bridges(
      database_.get(),
      [](void* context, const ovs_bridge_view* view, const void* row) {
        static_cast<Seen*>(context)->bridges.push_back(
            {view->name, id_or_none<ZoneId>(ovs_bridge_external_id(row, kZoneMark))});
      },
      &seen);
  ovs_database_ports(
      database_.get(),
      [](void* context, const ovs_port_view* view, const void* row) {
        static_cast<Seen*>(context)->ports.push_back(
            {view->bridge, view->name, id_or_none<PortId>(ovs_port_external_id(row, kPortMark)), view->error,
             view->number, static_cast<std::uint16_t>(view->mtu),
             text_or_empty(ovs_port_option(row, "local_ip")), text_or_empty(ovs_port_option(row, "dst_port")),
             id_or_none<ZoneId>(ovs_port_external_id(row, kZoneMark))});
      },
      &seen);
  seen.waits_for_flows = ovs_database_waits_for_flows(database_.get());
  return seen;
}

Result<bool> OvsSwitch::still_stands(const Seen& seen, const SeenBridge& bridge, BridgeFlows& flows,
                                     std::vector<Foreign>& foreign) {
  if (flows.policy() == nullptr) return false;
  const auto numbers = numbers_for(seen, *flows.policy());
  if (!numbers || *numbers != flows.numbers()) return false;
  std::vector<std::string> surplus;
  const auto stand = flows.stand(surplus);
  for (const std::string& flow : surplus)
    foreign.push_back({Foreign::Kind::flow, bridge.name, flow, "no policy of ours has this flow"});
  return stand;
}

Result<SwitchState> OvsSwitch::observe() {
  const auto seen = look();
  if (!seen) return std::unexpected(seen.error());
  SwitchState state;
  for (const SeenBridge& bridge : seen->bridges) {
    if (!bridge.zone) {
      if (bridge.name.starts_with("cw-"))
        state.foreign.push_back({Foreign::Kind::bridge, bridge.name, bridge.name,
                                 "is named like a zone's bridge and has no mark of ours"});
      continue;
    }
    BridgeState& ours = state.bridges.emplace_back();
    ours.name = bridge.name;
    ours.bridge.zone = *bridge.zone;
    if (const SeenPort* tunnel = seen->port(tunnel_name(*bridge.zone))) {
      ours.bridge.underlay = model::IpAddress::parse(tunnel->local_ip).value_or(model::IpAddress{});
      std::from_chars(tunnel->udp_port.data(), tunnel->udp_port.data() + tunnel->udp_port.size(),
                      ours.bridge.tunnel_port);
    }
    if (const SeenPort* uplink = seen->uplink(*bridge.zone)) ours.bridge.uplink = uplink->name;
    if (seen->waits_for_flows) continue;
    BridgeFlows& flows = flows_of(bridge.name);
    const auto stands = still_stands(*seen, bridge, flows, state.foreign);
    if (!stands) return while_doing(stands.error(), "reading the flows of bridge " + bridge.name);
    if (!*stands) continue;
    ours.programmed = flows.digest();
    ours.generation = flows.policy()->generation;
  }
  std::ranges::sort(state.bridges, {}, [](const BridgeState& bridge) { return bridge.bridge.zone; });

  for (const SeenPort& port : seen->ports) {
    const SeenBridge* bridge = seen->bridge(port.bridge);
    if (!bridge->zone || port.name == tunnel_name(*bridge->zone) || port.zone == bridge->zone) continue;
    if (!port.port) {
      state.foreign.push_back(
          {Foreign::Kind::port, port.bridge, port.name, "is on a zone's bridge and not of ours"});
      continue;
    }
    PortState& ours = state.ports.emplace_back();
    ours.port = *port.port;
    ours.zone = *bridge->zone;
    ours.tap = port.name;
    ours.mtu = port.mtu;
    ours.usable = port.number > 0;
    ours.reason = port.error;
    const auto on =
        std::ranges::find(state.bridges, ours.zone, [](const BridgeState& b) { return b.bridge.zone; });
    ours.open = ours.usable && on->programmed && flows_of(port.bridge).numbers().ports.contains(ours.port);
  }
  std::ranges::sort(state.ports, {}, &PortState::port);
  std::ranges::sort(state.foreign, {}, [](const Foreign& f) { return std::tie(f.kind, f.bridge, f.name); });
  count_cuts();
  state.cuts = cuts_.all();
  state.counts_cuts = !narrowed_.empty();
  return state;
}

Result<> OvsSwitch::ensure_bridge(const ZoneBridge& bridge) {
  const std::string name = bridge_name(bridge.zone);
  auto seen = look();
  if (!seen) return std::unexpected(seen.error());
  if (const SeenBridge* there = seen->bridge(name); there != nullptr && there->zone != bridge.zone)
    return fail(Errc::conflict,
                there->zone
                    ? fmt::format("bridge '{}' is that of zone '{}'; rename one of the zones, so that their "
                                  "first eight letters differ",
                                  name, *there->zone)
                    : fmt::format("bridge '{}' is there and isn't ours; remove or rename it", name));
  for (const SeenBridge& other : seen->bridges)
    if (other.zone) CAUSEWAY_TRY(check_conntrack_zones(bridge.zone, *other.zone));
  const ovs_pair mark{kZoneMark, bridge.zone.str().c_str()};
  const ovs_bridge_spec bridge_spec{name.c_str(), settings_.datapath.c_str(), &mark, 1};
  CAUSEWAY_TRY(checked("making bridge " + name, [&](char** why) {
    return ovs_database_put_bridge(database_.get(), &bridge_spec, kAnswerWithin.count(), why);
  }));

  const std::string local = bridge.underlay.str();
  const std::string udp_port = std::to_string(bridge.tunnel_port);
  const ovs_pair options[] = {
      {"remote_ip", "flow"}, {"key", "flow"}, {"local_ip", local.c_str()}, {"dst_port", udp_port.c_str()}};
  const std::string tunnel = tunnel_name(bridge.zone);
  const ovs_port_spec tunnel_spec{name.c_str(), tunnel.c_str(),     "vxlan", 0, 0,
                                  options,      std::size(options), &mark,   1};
  CAUSEWAY_TRY(checked("making tunnel endpoint " + tunnel, [&](char** why) {
    return ovs_database_put_port(database_.get(), &tunnel_spec, kAnswerWithin.count(), why);
  }));
  seen = look();
  if (!seen) return std::unexpected(seen.error());
  const SeenPort* made = seen->port(tunnel);
  if (made == nullptr || made->number <= 0)
    return fail(
        Errc::conflict,
        fmt::format("tunnel endpoint {} port {} of zone '{}': Open vSwitch can't open it: {}; does another "
                    "bridge use the same address and port?",
                    local, udp_port, bridge.zone, made == nullptr ? "it is gone" : made->error));
  return ensure_uplink(*seen, bridge);
}

Result<> OvsSwitch::ensure_uplink(const Seen& seen, const ZoneBridge& bridge) {
  const std::string name = bridge_name(bridge.zone);
  const SeenPort* former = seen.uplink(bridge.zone);
  if (former != nullptr && former->name != bridge.uplink)
    CAUSEWAY_TRY(checked("unplugging uplink " + former->name, [&](char** why) {
      return ovs_database_delete_port(database_.get(), former->name.c_str(), kAnswerWithin.count(), why);
    }));
  if (bridge.uplink.empty()) return {};
  // Whose port it is already would meet this zone by it.
  if (const SeenPort* there = seen.port(bridge.uplink); there != nullptr && there->zone != bridge.zone)
    return fail(Errc::conflict, fmt::format("uplink {} of zone '{}': it is on bridge '{}' and isn't ours",
                                            bridge.uplink, bridge.zone, there->bridge));
  const ovs_pair mark{kZoneMark, bridge.zone.str().c_str()};
  const ovs_port_spec spec{name.c_str(), bridge.uplink.c_str(), "", 0, 0, nullptr, 0, &mark, 1};
  CAUSEWAY_TRY(checked("plugging uplink " + bridge.uplink, [&](char** why) {
    return ovs_database_put_port(database_.get(), &spec, kAnswerWithin.count(), why);
  }));
  const auto after = look();
  if (!after) return std::unexpected(after.error());
  const SeenPort* made = after->port(bridge.uplink);
  if (made == nullptr || made->number <= 0)
    return fail(Errc::unavailable,
                fmt::format("uplink {} of zone '{}': Open vSwitch can't open it: {}", bridge.uplink,
                            bridge.zone, made == nullptr ? "it is gone" : made->error));
  return {};
}

Result<> OvsSwitch::ensure_port(const PortWiring& wiring) {
  const auto seen = look();
  if (!seen) return std::unexpected(seen.error());
  const SeenBridge* bridge = seen->bridge(wiring.zone);
  if (bridge == nullptr)
    return fail(Errc::not_found,
                fmt::format("port '{}': zone '{}' has no bridge on this host", wiring.port, wiring.zone));
  const std::string tap = tap_name(wiring.port);
  const SeenPort* there = seen->port(tap);
  if (there != nullptr && (there->port != wiring.port || there->bridge != bridge->name))
    return fail(Errc::conflict,
                fmt::format("port '{}': a port named '{}' is on bridge '{}' and isn't this one", wiring.port,
                            tap, there->bridge));
  CAUSEWAY_TRY(ensure_tap(tap, wiring.mtu));
  if (there != nullptr && there->number > 0) return {};

  std::int64_t number = kFirstPortNumber;
  if (there == nullptr) {
    std::vector<std::int64_t> taken;
    for (const SeenPort& port : seen->ports)
      if (port.bridge == bridge->name) taken.push_back(port.number);
    while (std::ranges::find(taken, number) != taken.end()) ++number;
    // A port that somebody removed by hand may have left flows that speak of its number.
    CAUSEWAY_TRY(flows_of(bridge->name).forget_port(static_cast<std::uint32_t>(number)));
  }
  const ovs_pair mark{kPortMark, wiring.port.str().c_str()};
  const ovs_port_spec spec{bridge->name.c_str(), tap.c_str(), "", number, 0, nullptr, 0, &mark, 1};
  CAUSEWAY_TRY(checked(
      fmt::format("plugging port {} into bridge {}", wiring.port, bridge->name),
      [&](char** why) { return ovs_database_put_port(database_.get(), &spec, kAnswerWithin.count(), why); }));
  const auto after = look();
  if (!after) return std::unexpected(after.error());
  const SeenPort* made = after->port(tap);
  if (made == nullptr || made->number <= 0)
    return fail(Errc::unavailable, fmt::format("port '{}': Open vSwitch can't open tap '{}': {}", wiring.port,
                                               tap, made == nullptr ? "it is gone" : made->error));
  return {};
}

Result<PortNumbers> OvsSwitch::numbers_for(const Seen& seen, const ZonePolicy& policy) {
  const SeenPort* tunnel = seen.port(tunnel_name(policy.zone));
  if (tunnel == nullptr || tunnel->number <= 0)
    return fail(Errc::not_found, fmt::format("zone '{}' has no working bridge on this host", policy.zone));
  PortNumbers numbers{static_cast<std::uint32_t>(tunnel->number), {}, 0};
  if (const SeenPort* uplink = seen.uplink(policy.zone); uplink != nullptr && uplink->number > 0)
    numbers.uplink = static_cast<std::uint32_t>(uplink->number);
  std::unordered_map<std::string_view, std::uint32_t> made;
  for (const SeenPort& port : seen.ports)
    if (port.port && port.number > 0 && port.bridge == tunnel->bridge)
      made.emplace(port.port->str(), static_cast<std::uint32_t>(port.number));
  for (const PortWiring& wiring : policy.ports)
    if (const auto port = made.find(wiring.port.str()); port != made.end())
      numbers.ports.emplace(wiring.port, port->second);
  return numbers;
}

Leases leases_of(const ZonePolicy& policy, const PortNumbers& numbers) {
  Leases leases;
  for (const PortWiring& port : policy.ports) {
    const Segment* segment = find_segment(policy, port.network);
    if (segment == nullptr) continue;
    GuestLeases guest{lease_for(port, *segment), lease6_for(port, *segment)};
    if (guest.v4 || guest.v6) leases.emplace(numbers.ports.at(port.port), guest);
  }
  return leases;
}

Result<> OvsSwitch::program(const ZonePolicy& policy) {
  const auto seen = look();
  if (!seen) return std::unexpected(seen.error());
  const auto numbers = numbers_for(*seen, policy);
  if (!numbers) return std::unexpected(numbers.error());
  const std::string bridge = bridge_name(policy.zone);
  auto& flows = flows_of(bridge);
  if (flows.policy() != nullptr && takes_away(*flows.policy(), policy))
    narrowed_.try_emplace(bridge, *flows.policy());
  if (auto done = flows.program(policy, *numbers); !done)
    return while_doing(done.error(), "programming bridge " + bridge);
  answers_.set(bridge, leases_of(policy, *numbers));
  CAUSEWAY_TRY(end_wait(*seen));
  // What opens may open a moment later. Whatever closes takes a rule away.
  if (auto done = flows.settle(); !done) return while_doing(done.error(), "programming bridge " + bridge);
  return {};
}

Result<> OvsSwitch::end_wait(const Seen& seen) {
  if (!seen.waits_for_flows) {
    waits_since_.reset();
    return {};
  }
  const auto now = std::chrono::steady_clock::now();
  if (!waits_since_) waits_since_ = now;
  for (auto& [bridge, flows] : flows_) flows.unsettle();
  if (now - *waits_since_ < settings_.restore_patience)
    return fail(
        Errc::unavailable,
        fmt::format("Open vSwitch was told to wait for its flows (other_config:flow-restore-wait) and "
                    "acts on none until that is taken back, which is done here after {}",
                    to_string(settings_.restore_patience)));
  return checked("saying that the flows are there", [&](char** why) {
    return ovs_database_end_wait(database_.get(), kAnswerWithin.count(), why);
  });
}

void OvsSwitch::count_cuts() {
  const auto begun = std::chrono::steady_clock::now();
  if (narrowed_.empty() || begun < next_count_) return;
  for (const auto& [bridge, before] : std::exchange(narrowed_, {})) {
    const auto flows = flows_.find(bridge);
    if (flows != flows_.end() && flows->second.policy() != nullptr)
      count_cuts(before, *flows->second.policy());
  }
  const auto ended = std::chrono::steady_clock::now();
  next_count_ = ended + kCountPause * (ended - begun);
}

void OvsSwitch::count_cuts(const ZonePolicy& before, const ZonePolicy& after) {
  const auto zone = conntrack_zone(after.zone);
  const auto open = connections_in(settings_.run_dir, zone, kAnswerWithin);
  if (!open) return;
  const auto cut = cut_between(before, after, *open);
  cuts_.note(cut, after.generation);
  for (const auto& [why, connections] : cut)
    if (!forget_connections(settings_.run_dir, zone, connections, kAnswerWithin)) return;
}

Result<> OvsSwitch::remove_port(const PortId& port) {
  const auto seen = look();
  if (!seen) return std::unexpected(seen.error());
  const SeenPort* there = seen->port(port);
  if (there != nullptr) {
    const SeenBridge* bridge = seen->bridge(there->bridge);
    // Closed first. A policy that names it is replaced by the same one without it, so that the others miss
    // nothing.
    BridgeFlows& flows = flows_of(bridge->name);
    if (flows.policy() != nullptr && flows.numbers().ports.contains(port)) {
      ZonePolicy without = *flows.policy();
      std::erase_if(without.ports, [&](const PortWiring& wiring) { return wiring.port == port; });
      CAUSEWAY_TRY(program(without));
    } else if (there->number > 0) {
      CAUSEWAY_TRY(flows.forget_port(static_cast<std::uint32_t>(there->number)));
      CAUSEWAY_TRY(flows.settle());
    }
    CAUSEWAY_TRY(checked(fmt::format("unplugging port {}", port), [&](char** why) {
      return ovs_database_delete_port(database_.get(), there->name.c_str(), kAnswerWithin.count(), why);
    }));
  }
  const std::string tap = tap_name(port);
  // A port of another owner that has our name keeps its device.
  if (const SeenPort* other = seen->port(tap); other != nullptr && other->port != port) return {};
  return remove_tap(tap);
}

Result<> OvsSwitch::remove_bridge(const ZoneId& zone) {
  const auto seen = look();
  if (!seen) return std::unexpected(seen.error());
  const SeenBridge* bridge = seen->bridge(zone);
  if (bridge == nullptr) return {};
  for (const SeenPort& port : seen->ports)
    if (port.bridge == bridge->name && port.name != tunnel_name(zone) && port.zone != zone)
      return fail(Errc::conflict, fmt::format("bridge '{}' of zone '{}' still has port '{}'", bridge->name,
                                              zone, port.port ? port.port->str() : port.name));
  CAUSEWAY_TRY(checked("removing bridge " + bridge->name, [&](char** why) {
    return ovs_database_delete_bridge(database_.get(), bridge->name.c_str(), kAnswerWithin.count(), why);
  }));
  flows_.erase(bridge->name);
  answers_.set(bridge->name, {});
  return {};
}

Result<Passage> OvsSwitch::probe(const model::ProbeRequest& question) {
  const auto found = flows_.find(bridge_name(question.zone));
  if (found == flows_.end() || found->second.policy() == nullptr)
    return Passage{false, "nothing is programmed"};
  const auto& policy = *found->second.policy();
  const auto& numbers = found->second.numbers();
  const auto packet = packet_of(question);
  std::string flow;
  if (question.arriving) {
    const auto vni = arrives_in(policy, question);
    if (!vni) return std::unexpected(vni.error());
    const auto vlan = vlan_of(policy, question);
    flow = vlan ? notation(numbers.uplink, packet) + fmt::format(",dl_vlan={}", *vlan)
                : tunnelled(*vni, question.from.underlay) + notation(numbers.tunnel, packet);
  } else {
    const auto port = numbers.ports.find(question.from.port);
    if (port == numbers.ports.end())
      return Passage{false, fmt::format("port {} is closed", question.from.port)};
    flow = notation(port->second, packet);
  }
  if (guarded(policy)) flow += beginning_of(packet);
  const auto text = ask_ovs(settings_.run_dir, "ofproto/trace",
                            {bridge_name(question.zone), flow, "--ct-next", kBegins}, kAnswerWithin);
  if (!text) return while_doing(text.error(), "tracing a packet");
  const auto traced = read_trace(*text, numbers.tunnel);
  const auto receiver = numbers.ports.find(question.to.port);
  if (receiver != numbers.ports.end() && traced.ports.contains(receiver->second))
    return to_the_port(question);
  if (!question.arriving && traced.hosts.contains(question.to.underlay.str()))
    return into_the_tunnel(question);
  if (const auto vlan = vlan_of(policy, question);
      !question.arriving && vlan && traced.ports.contains(numbers.uplink))
    return to_the_uplink(*vlan);
  return Passage{false, fmt::format("is dropped in table {} of bridge {}", traced.last_table,
                                    bridge_name(question.zone))};
}

void OvsSwitch::set_wakeup(std::function<void()> wakeup) {
  watcher_ = std::make_unique<OvsWatcher>(settings_.run_dir, std::move(wakeup));
}

}  // namespace

std::unique_ptr<Switch> make_ovs_switch(OvsSettings settings) {
  return std::make_unique<OvsSwitch>(std::move(settings));
}

}  // namespace causeway::agent
