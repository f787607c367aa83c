// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/assignments.h"

#include <algorithm>
#include <set>

#include "common/model/fingerprint.h"
#include "scheduler/core/ahead.h"
#include "scheduler/core/grants.h"
#include "scheduler/core/joints.h"
#include "scheduler/core/rules.h"

namespace causeway::scheduler {
namespace {

model::AssignedDisk assigned(const model::Site& site, const model::Disk& disk) {
  model::AssignedDisk made{disk.name, disk.size, std::nullopt, disk.image, disk.import};
  if (const auto image = site.images.find(disk.image); image != site.images.end()) made.image = image->second;
  return made;
}

model::AssignedPort assigned(const Tables& tables, const model::Port& port, const std::string& guard) {
  model::AssignedPort made{port.name, port.network, port.mac, {}, {}, std::nullopt, guard, port.bandwidth};
  const auto& network = tables.networks().at(port.network).spec;
  for (const auto& address : port.addresses) {
    const auto& subnet = address.v6 ? network.subnet6 : network.subnet;
    if (!subnet) continue;
    made.subnets.push_back(*subnet);
    made.addresses.push_back(address);
  }
  made.gateway = network.gateway;
  return made;
}

model::AssignedWorkload assigned(const Tables& tables, const model::Workload& workload, const HostId& host,
                                 GuardBook& guards) {
  model::AssignedWorkload made;
  made.id = workload.id;
  made.generation = workload.generation;
  made.restart = workload.restart;
  made.zone = workload.zone;
  made.power = workload.held ? model::Power::stopped : workload.power;
  made.shall_be_absent = workload.deleting || workload.leaving == host;
  // What is deleted while it moves goes where it is, with its volumes.
  made.keep_volumes = made.shall_be_absent && !workload.deleting;
  made.vcpus = workload.vcpus;
  made.memory = workload.memory;
  made.is_protected = workload.is_protected;
  for (const auto& disk : workload.disks) made.disks.push_back(assigned(tables.site(), disk));
  made.exchange_gateway = workload.exchange_gateway;
  for (const auto& port : workload.ports) {
    const auto& zone = tables.networks().at(port.network).spec.zone;
    made.ports.push_back(assigned(tables, port, guards.need(workload, zone)));
  }
  made.ssh_keys = workload.ssh_keys;
  made.huge_pages = workload.demands.huge_pages;
  made.pinned = workload.demands.pinned;
  // What leaves was bound to nodes of this host; the record names those of the next.
  if (workload.host == host) made.on_nodes = workload.on_nodes;
  return made;
}

model::AssignedNetwork assigned(const Tables& tables, const NetworkId& id, const HostId& host,
                                const WorkloadSet& workloads, GuardBook& guards) {
  const auto& record = tables.networks().at(id);
  model::AssignedNetwork made{
      id, record.spec.zone,         record.spec.department, record.vni,         record.spec.mtu,
      {}, std::vector<NetworkId>{}, record.spec.vlan,       record.spec.way_out};
  made.remote_ports.reserve(workloads.size());
  // Neighbours by name often share a host.
  const model::HostRecord* peer = nullptr;
  for (const auto* workload : workloads) {
    const auto& elsewhere = location(*workload);
    if (elsewhere == host) continue;
    if (peer == nullptr || peer->id != elsewhere) peer = tables.host(elsewhere);
    if (peer == nullptr) continue;
    // A host that never told its tunnel end has run nothing yet.
    const auto underlay = peer->underlays.find(record.spec.zone);
    if (underlay == peer->underlays.end()) continue;
    const auto& guard = guards.need(*workload, record.spec.zone);
    for (const auto& port : workload->ports)
      if (port.network == id)
        made.remote_ports.push_back({port.mac, port.addresses, underlay->second, guard});
  }
  std::ranges::sort(made.remote_ports, {}, &model::RemotePort::mac);
  return made;
}

// The ways out of the zones in which a workload here has one.
std::vector<model::WayOut> ways_out(const Tables& tables, const std::vector<const model::Workload*>& here,
                                    GuardBook& guards) {
  std::map<ZoneId, std::set<ApplicationId>> users;
  for (const auto* workload : here)
    for (const auto& port : workload->ports)
      if (const auto& network = tables.networks().at(port.network).spec; network.way_out)
        users[network.zone].insert(model::application_of(workload->id));
  std::vector<model::WayOut> ways;
  for (const auto& [id, applications] : users) {
    const auto zone = tables.site().zones.find(id);
    if (zone != tables.site().zones.end() && zone->second.way_out)
      ways.push_back(guards.lead_out(id, *zone->second.way_out, applications));
  }
  return ways;
}

bool same_content(const model::Assignment& a, const model::Assignment& b) {
  return a.workloads == b.workloads && a.networks == b.networks && a.guards == b.guards &&
         a.address_sets == b.address_sets && a.ways_out == b.ways_out;
}

// With its name, which is worked out once.
const model::Assignment& named_assignment_of(State& state, const HostId& host) {
  assignment_of(state, host);
  auto& assignment = state.assignments.at(host);
  if (assignment.print.none()) assignment.print = model::fingerprint(assignment);
  return assignment;
}

// A host that has the newest assignment from another scheduler's time needs this one's epoch alone, which
// each acknowledgement says: so a start sends nothing twice.
bool up_to_date(State& state, const HostId& host, const Session& session, Generation newest) {
  if (session.applied != newest) return false;
  if (!session.holds.none()) return session.holds == named_assignment_of(state, host).print;
  // An agent that doesn't say what it holds is told once by each scheduler: the content may be another than
  // the one that was sent under the same number by an older version of this program.
  return session.sent_any && session.epoch == state.tables.state().epoch;
}

// All that a host may still have of what it was told before it was lost. Its volumes stay: they are another
// host's, or this one's again when it is clean.
model::Assignment clean_assignment(const Tables& tables, const model::HostRecord& host) {
  std::map<WorkloadId, model::LostWorkload> had = host.lost;
  for (const auto* workload : tables.on_host(host.id))
    if (location(*workload) == host.id) had[workload->id] = {workload->zone, workload->generation};
  model::Assignment made;
  made.host = host.id;
  for (const auto& [id, lost] : had) {
    model::AssignedWorkload absent;
    absent.id = id;
    absent.generation = lost.generation;
    absent.zone = lost.zone;
    absent.power = model::Power::stopped;
    absent.shall_be_absent = true;
    absent.keep_volumes = true;
    made.workloads.push_back(std::move(absent));
  }
  return made;
}

}  // namespace

model::Assignment build_assignment(const Tables& tables, const HostId& host) {
  if (const auto* record = tables.host(host); record != nullptr && record->outage)
    return clean_assignment(tables, *record);
  model::Assignment made;
  made.host = host;
  std::set<NetworkId> networks;
  std::vector<const model::Workload*> here;
  GuardBook guards(tables);
  for (const auto* workload : tables.on_host(host)) {
    // What moves here is not even mentioned before it has left the other host.
    if (location(*workload) != host) continue;
    made.workloads.push_back(assigned(tables, *workload, host, guards));
    for (const auto& port : workload->ports) networks.insert(port.network);
    here.push_back(workload);
  }
  const auto met = meetings(tables, host, here);
  for (const auto& id : networks)
    made.networks.push_back(assigned(tables, id, host, tables.on_network(id), guards));
  for (const auto& [id, workloads] : met.elsewhere)
    if (!networks.contains(id)) made.networks.push_back(assigned(tables, id, host, workloads, guards));
  std::ranges::sort(made.networks, {}, &model::AssignedNetwork::id);
  for (auto& network : made.networks)
    for (const auto& [a, b] : met.joined)
      if (a == network.id) network.joined.push_back(b);
  made.ways_out = ways_out(tables, here, guards);
  guards.write_to(made);
  return made;
}

const model::Assignment& assignment_of(State& state, const HostId& host) {
  const auto [entry, fresh] = state.assignments.try_emplace(host);
  auto& assignment = entry->second;
  if (!fresh) return assignment;
  assignment = build_assignment(state.tables, host);
  assignment.epoch = state.tables.state().epoch;
  assignment.generation = state.tables.hosts().at(host).generation;
  return assignment;
}

void refresh_assignments(State& state) {
  for (const auto& id : state.tables.take_touched_hosts()) {
    const auto* standing = state.tables.host(id);
    if (standing == nullptr) {
      state.assignments.erase(id);
      continue;
    }
    auto next = build_assignment(state.tables, id);
    const auto held = state.assignments.find(id);
    if (held != state.assignments.end() && same_content(held->second, next)) continue;
    auto record = *standing;
    record.generation = record.generation.next();
    if (state.sessions.contains(id) && !is_ahead(state, id)) record.told = record.generation;
    next.epoch = state.tables.state().epoch;
    next.generation = record.generation;
    note_opened(state, next);
    state.assignments.insert_or_assign(id, std::move(next));
    state.behind.insert(id);
    state.tables.put(std::move(record), Basis::kept);
  }
  // Counting a generation up touches its host once more, which changes nothing of what it shall run.
  state.tables.take_touched_hosts();
}

bool speaks_of_now(State& state, const HostId& host, const Session& session) {
  const auto held = state.assignments.find(host);
  return held != state.assignments.end() && session.epoch == state.tables.state().epoch &&
         session.applied == held->second.generation &&
         (session.holds.none() || session.holds == named_assignment_of(state, host).print);
}

void send_assignments(State& state) {
  std::erase_if(state.behind, [&](const HostId& id) {
    const auto found = state.sessions.find(id);
    const auto* host = state.tables.host(id);
    if (found == state.sessions.end() || host == nullptr || found->second.route.empty()) return true;
    auto& session = found->second;
    if (is_ahead(state, id) || up_to_date(state, id, session, host->generation)) return true;
    // An agent that obeys a later term is another scheduler's.
    if (session.epoch > state.tables.state().epoch) return true;
    const bool is_new = !session.sent_any || session.sent != host->generation;
    if (!is_new && state.now < session.send_next) return false;
    session.send_delay =
        is_new ? state.options.resend_min : std::min(session.send_delay * 2, state.options.resend_max);
    session.send_next = state.now + session.send_delay;
    session.sent = host->generation;
    session.sent_any = true;
    if (host->told < host->generation) {
      auto record = *host;
      record.told = record.generation;
      state.tables.put(std::move(record), Basis::kept);
    }
    state.messages.push_back({session.route, named_assignment_of(state, id)});
    return false;
  });
  // What a host was told changes nothing of what it shall run.
  state.tables.take_touched_hosts();
}

}  // namespace causeway::scheduler
