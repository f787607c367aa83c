// SPDX-License-Identifier: Apache-2.0
#include "agent/reconcile/desired.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "common/model/wave.h"

namespace causeway::agent {
namespace {

using NetworksById = std::map<NetworkId, const model::AssignedNetwork*>;

Wish wish_of(const model::AssignedWorkload& workload) {
  if (workload.shall_be_absent) return workload.keep_volumes ? Wish::leave : Wish::vanish;
  return workload.power == model::Power::running ? Wish::run : Wish::rest;
}

VolumeSource source_of(const model::AssignedDisk& disk) {
  if (!disk.import.empty()) return FileSource{disk.import};
  if (disk.image) return ImageSource{disk.image_id};
  return EmptySource{};
}

DesiredVolume volume_of(const model::AssignedWorkload& workload, const model::AssignedDisk& disk) {
  DesiredVolume desired;
  desired.volume = {workload.zone, model::volume_id(workload.id, disk.name), disk.size, source_of(disk)};
  if (disk.image && disk.import.empty()) {
    desired.image =
        ImageSpec{workload.zone, disk.image_id, disk.image->file, disk.image->sha256, disk.image->size};
  }
  return desired;
}

// The guest boots from the first disk, and that is the one named root.
std::vector<const model::AssignedDisk*> disks_in_order(const model::AssignedWorkload& workload) {
  std::vector<const model::AssignedDisk*> disks;
  disks.reserve(workload.disks.size());
  for (const auto& disk : workload.disks) disks.push_back(&disk);
  std::ranges::stable_partition(disks, [](const auto* disk) { return disk->name == "root"; });
  return disks;
}

GuestInterface interface_of(const model::AssignedPort& port, int mtu) {
  GuestInterface interface;
  interface.name = port.name;
  interface.mac = port.mac.str();
  interface.mtu = mtu;
  for (std::size_t i = 0; i < port.addresses.size() && i < port.subnets.size(); ++i) {
    interface.addresses.push_back(fmt::format("{}/{}", port.addresses[i].str(), port.subnets[i].length));
  }
  if (port.gateway) interface.gateways.push_back(port.gateway->str());
  return interface;
}

std::string last_part(const std::string& id) { return id.substr(id.rfind('/') + 1); }

// A workload's zones: its own, and the other one of an exchange gateway.
bool is_in(const model::AssignedWorkload& workload, const ZoneId& zone) {
  return zone == workload.zone || (!workload.exchange_gateway.empty() && zone == workload.exchange_gateway);
}

// Why this host doesn't run it, by what the host itself is: zones meet here only in exchange gateways, and
// the assignment's word is not enough for that. Empty: it may.
std::string not_here(const HostSetup& setup, const model::AssignedWorkload& workload) {
  if (!setup.serves(workload.zone))
    return fmt::format("host {} does not serve zone {}", setup.host.str(), workload.zone.str());
  const ZoneId& other = workload.exchange_gateway;
  if (other.empty())
    return setup.exchange_host ? fmt::format("host {} is an exchange host, which runs exchange gateways only",
                                             setup.host.str())
                               : "";
  if (!setup.exchange_host)
    return fmt::format("it is an exchange gateway, and host {} is no exchange host", setup.host.str());
  if (other == workload.zone || !setup.serves(other))
    return fmt::format("it is an exchange gateway between zones {} and {}, and host {} does not serve both",
                       workload.zone.str(), other.str(), setup.host.str());
  return "";
}

void add_port(const HostSetup& setup, const model::AssignedWorkload& workload,
              const model::AssignedPort& port, const NetworksById& networks, DesiredWorkload& desired) {
  const auto network = networks.find(port.network);
  if (network == networks.end() || !is_in(workload, network->second->zone)) {
    if (workload.shall_be_absent) return;  // what goes needs no way to its network any more
    desired.refused = fmt::format("port {}: the assignment does not describe network {} of zone {}",
                                  port.name, port.network.str(), workload.zone.str());
    return;
  }
  const ZoneId& zone = network->second->zone;
  if (network->second->vlan && !setup.has_uplink(zone)) {
    if (workload.shall_be_absent) return;
    desired.refused =
        fmt::format("port {}: network {} is VLAN {}, and host {} has no uplink in zone {}", port.name,
                    port.network.str(), *network->second->vlan, setup.host.str(), zone.str());
    return;
  }
  if (network->second->way_out && !setup.has_uplink(zone)) {
    if (workload.shall_be_absent) return;
    desired.refused = fmt::format("port {}: network {} has a way out, and host {} has no uplink in zone {}",
                                  port.name, port.network.str(), setup.host.str(), zone.str());
    return;
  }
  const int mtu = network->second->mtu;
  PortWiring wiring;
  wiring.port = model::port_id(workload.id, port.name);
  wiring.workload = workload.id;
  wiring.zone = zone;
  wiring.network = port.network;
  wiring.mac = port.mac;
  wiring.addresses = port.addresses;
  wiring.subnets = port.subnets;
  wiring.guard = port.guard;
  wiring.bandwidth = port.bandwidth;
  wiring.mtu = static_cast<std::uint16_t>(mtu);
  desired.domain.ports.push_back({wiring.port, tap_name(wiring.port), port.mac.str(), mtu});
  if (desired.domain.seed) desired.domain.seed->interfaces.push_back(interface_of(port, mtu));
  desired.ports.push_back(std::move(wiring));
}

DesiredWorkload desire(const HostSetup& setup, const model::AssignedWorkload& workload,
                       const NetworksById& networks) {
  DesiredWorkload desired;
  desired.id = workload.id;
  desired.generation = workload.generation;
  desired.restart = workload.restart;
  desired.zone = workload.zone;
  desired.wish = wish_of(workload);
  desired.is_protected = workload.is_protected;
  const auto why_not = not_here(setup, workload);
  // What is to go is taken away, with its ports closed, also where it should never have been.
  if (!why_not.empty() && !(workload.shall_be_absent && setup.serves(workload.zone))) {
    desired.refused = why_not;
    return desired;
  }
  desired.domain.id = workload.id;
  desired.domain.generation = workload.generation;
  desired.domain.zone = workload.zone;
  desired.domain.vcpus = workload.vcpus;
  desired.domain.memory = workload.memory;
  desired.domain.binding = {workload.huge_pages, workload.pinned, workload.on_nodes};
  desired.domain.seed = GuestSeed{.instance_id = workload.id.str(),
                                  .hostname = last_part(workload.id.str()),
                                  .ssh_keys = workload.ssh_keys,
                                  .user_data = {},
                                  .interfaces = {}};
  for (const auto* disk : disks_in_order(workload)) desired.volumes.push_back(volume_of(workload, *disk));
  if (why_not.empty())
    for (const auto& port : workload.ports) add_port(setup, workload, port, networks, desired);
  // A guest that was brought along with its root disk has settings of its own.
  const bool imported =
      !desired.volumes.empty() && std::holds_alternative<FileSource>(desired.volumes.front().volume.source);
  if (imported) desired.domain.seed.reset();
  return desired;
}

// A zone's bridge holds its own guards only, so that another zone's change writes nothing there.
ZoneRules rules_of(const model::Assignment& assignment, const NetworksById& networks, const ZoneId& zone) {
  std::set<std::string> guards;
  for (const auto& workload : assignment.workloads) {
    for (const auto& port : workload.ports) {
      const auto network = networks.find(port.network);
      if (network != networks.end() && network->second->zone == zone) guards.insert(port.guard);
    }
  }
  for (const auto& network : assignment.networks)
    if (network.zone == zone)
      for (const auto& port : network.remote_ports) guards.insert(port.guard);
  for (const auto& way : assignment.ways_out)
    if (way.zone == zone)
      for (const auto& system : way.systems) guards.insert(system.guard);
  ZoneRules rules;
  std::set<std::string> sets;
  for (const auto& guard : assignment.guards) {
    if (!guards.contains(guard.id)) continue;
    rules.guards.push_back(guard);
    for (const auto& rule : guard.rules) sets.insert(rule.from);
  }
  for (const auto& set : assignment.address_sets)
    if (sets.contains(set.id)) rules.address_sets.push_back(set);
  return rules;
}

// A network's gateway, as its ports here are told it: who has no port here asks for none.
std::vector<model::IpAddress> gateways_of(const model::Assignment& assignment, const NetworkId& network) {
  std::set<model::IpAddress> gateways;
  for (const auto& workload : assignment.workloads)
    for (const auto& port : workload.ports)
      if (port.network == network && port.gateway) gateways.insert(*port.gateway);
  return {gateways.begin(), gateways.end()};
}

}  // namespace

bool HostSetup::serves(const ZoneId& zone) const {
  return std::ranges::any_of(zones, [&](const ZoneBridge& bridge) { return bridge.zone == zone; });
}

bool HostSetup::has_uplink(const ZoneId& zone) const {
  return std::ranges::any_of(
      zones, [&](const ZoneBridge& bridge) { return bridge.zone == zone && !bridge.uplink.empty(); });
}

const DesiredWorkload* Desired::find(const WorkloadId& id) const {
  const auto found = std::ranges::lower_bound(workloads, id, {}, &DesiredWorkload::id);
  return found != workloads.end() && found->id == id ? &*found : nullptr;
}

DesiredWorkload* Desired::find(const WorkloadId& id) {
  return const_cast<DesiredWorkload*>(std::as_const(*this).find(id));
}

Desired desire(const HostSetup& setup, const model::Assignment& assignment) {
  Desired desired;
  desired.setup = setup;
  desired.assigned = true;
  desired.generation = assignment.generation;
  NetworksById networks;
  for (const auto& network : assignment.networks) {
    networks.emplace(network.id, &network);
    if (setup.serves(network.zone)) {
      desired.segments[network.zone].push_back({network.id, network.vni, network.remote_ports,
                                                gateways_of(assignment, network.id), network.vlan,
                                                network.way_out});
    }
  }
  for (const auto& network : assignment.networks) {
    for (const auto& other : network.joined) {
      const auto known = networks.find(other);
      if (known != networks.end() && known->second->zone == network.zone)
        desired.joints[network.zone].push_back({network.id, other});
    }
  }
  for (const auto& way : assignment.ways_out)
    if (setup.serves(way.zone)) desired.ways_out.emplace(way.zone, way);
  for (const auto& zone : setup.zones)
    desired.rules.emplace(zone.zone, rules_of(assignment, networks, zone.zone));
  for (const auto& workload : assignment.workloads) {
    desired.workloads.push_back(desire(setup, workload, networks));
  }
  std::ranges::sort(desired.workloads, {}, &DesiredWorkload::id);
  return desired;
}

}  // namespace causeway::agent
