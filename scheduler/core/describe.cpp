// SPDX-License-Identifier: Apache-2.0
// All that is known of one thing. What a listing of its noun shows of it comes first, then what only this one
// has.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/core/text.h"
#include "scheduler/core/access.h"
#include "scheduler/core/listings.h"
#include "scheduler/core/observed.h"
#include "scheduler/core/requests.h"

namespace causeway::scheduler {
namespace {

// The row of that name as an object; nothing: the listing has none.
std::optional<model::Object> row_of(const model::Listing& listing, const std::string& name) {
  for (const auto& row : listing.rows) {
    const auto* first = std::get_if<std::string>(&row.front());
    if (first == nullptr || *first != name) continue;
    model::Object object;
    for (std::size_t i = 0; i < row.size(); ++i) {
      // A cell with a text for people gives its value.
      const auto* pair = std::get_if<model::Object>(&row[i]);
      const bool shown = pair != nullptr && pair->size() == 2 && pair->front().first == "text";
      object.emplace_back(listing.columns[i].key, shown ? pair->back().second : row[i]);
    }
    return object;
  }
  return std::nullopt;
}

model::Value recent_events(const State& state, const std::string& subject) {
  constexpr std::size_t kShown = 10;
  model::List list;
  for (const auto& event : state.tables.events()) {
    if (event.subject != subject && !event.subject.starts_with(subject + "/")) continue;
    list.emplace_back(model::Object{{"at", to_string(event.at)},
                                    {"actor", event.actor},
                                    {"verb", event.verb},
                                    {"text", event.text},
                                    {"reason", event.reason}});
    if (list.size() > kShown) list.erase(list.begin());
  }
  return list;
}

// Only what it asked for and has: most workloads run wherever there is room.
void add_binding(const State& state, const model::Workload& workload, model::Object& into) {
  if (workload.demands.huge_pages) into.emplace_back("huge_pages", true);
  if (!workload.on_nodes.empty())
    into.emplace_back("on_nodes", model::List(workload.on_nodes.begin(), workload.on_nodes.end()));
  if (!workload.demands.pinned) return;
  into.emplace_back("pinned", true);
  const auto session = state.sessions.find(location(workload));
  if (session == state.sessions.end()) return;
  const auto status = session->second.workloads.find(workload.id);
  if (status == session->second.workloads.end() || status->second.cpus.empty()) return;
  into.emplace_back("cpus", model::List(status->second.cpus.begin(), status->second.cpus.end()));
}

void add_workload(const State& state, const std::string& name, model::Object& into) {
  const auto& workload = *state.tables.workload(WorkloadId(name));
  model::List disks;
  for (const auto& disk : workload.disks)
    disks.emplace_back(model::Object{{"name", disk.name},
                                     {"size_gib", disk.size.value},
                                     {"image", disk.image.str()},
                                     {"import", disk.import}});
  model::List ports;
  for (const auto& port : workload.ports) {
    model::List addresses;
    for (const auto& address : port.addresses) addresses.emplace_back(address.str());
    model::Object described{{"name", port.name},
                            {"network", port.network.str()},
                            {"mac", port.mac.str()},
                            {"addresses", std::move(addresses)}};
    if (!workload.exchange_gateway.empty())
      described.emplace_back("zone", state.tables.networks().at(port.network).spec.zone.str());
    if (port.bandwidth != MbitPerSecond{}) described.emplace_back("bandwidth", to_string(port.bandwidth));
    ports.emplace_back(std::move(described));
  }
  into.emplace_back("protected", workload.is_protected);
  if (!workload.exchange_gateway.empty())
    into.emplace_back("exchange_gateway", workload.exchange_gateway.str());
  add_binding(state, workload, into);
  into.emplace_back("disks", std::move(disks));
  into.emplace_back("ports", std::move(ports));
  into.emplace_back("created", to_string(workload.created));
  into.emplace_back("changed", to_string(workload.changed));
  into.emplace_back("events", recent_events(state, "workload/" + name));
}

void add_application(const State& state, const std::string& name, model::Object& into) {
  const auto& spec = state.tables.applications().at(ApplicationId(name)).spec;
  model::List depends_on;
  for (const auto& other : spec.depends_on) depends_on.emplace_back(other);
  model::List reaches;
  for (const auto& service : spec.reaches) reaches.emplace_back(service);
  model::List workloads;
  for (const auto* workload : state.tables.of_application(ApplicationId(name))) {
    const auto seen = observe(state, *workload);
    workloads.emplace_back(model::Object{{"name", workload->id.str()},
                                         {"host", location(*workload).str()},
                                         {"phase", std::string(to_string(seen.phase))},
                                         {"waiting", seen.waiting}});
  }
  into.emplace_back("depends_on", std::move(depends_on));
  into.emplace_back("reaches", std::move(reaches));
  into.emplace_back("workload_list", std::move(workloads));
}

void add_host(const State& state, const std::string& name, model::Object& into) {
  const HostId id(name);
  const auto& record = *state.tables.host(id);
  into.emplace_back("key", record.key);
  if (const auto spec = state.tables.site().hosts.find(id);
      spec != state.tables.site().hosts.end() && spec->second.exchange_host)
    into.emplace_back("exchange_host", true);
  if (const auto waits = state.drain_waits.find(id); record.draining && waits != state.drain_waits.end())
    into.emplace_back(
        "drain", model::Object{{"waiting", waits->second.reason}, {"since", to_string(waits->second.since)}});
  model::List workloads;
  for (const auto* workload : state.tables.on_host(id)) workloads.emplace_back(workload->id.str());
  into.emplace_back("workload_list", std::move(workloads));
  const auto session = state.sessions.find(id);
  if (session != state.sessions.end()) {
    const auto& facts = session->second.facts;
    model::Object found{{"vcpus", facts.vcpus}, {"memory_mib", facts.memory.value}};
    model::List nodes;
    for (const auto& node : facts.nodes)
      nodes.emplace_back(model::Object{{"vcpus", node.vcpus},
                                       {"memory_mib", node.memory.value},
                                       {"huge_pages_mib", node.huge_pages.value},
                                       {"huge_pages_free_mib", node.huge_pages_free.value}});
    if (!nodes.empty()) found.emplace_back("numa", std::move(nodes));
    into.emplace_back("found", std::move(found));
    model::List foreign;
    for (const auto& thing : session->second.foreign) foreign.emplace_back(thing);
    into.emplace_back("foreign", std::move(foreign));
  }
  into.emplace_back("events", recent_events(state, "host/" + name));
}

void add_department(const State& state, const std::string& name, model::Object& into) {
  model::List applications;
  for (const auto& [id, record] : state.tables.applications())
    if (record.spec.department.str() == name) applications.emplace_back(id.str());
  model::List networks;
  for (const auto& [id, record] : state.tables.networks())
    if (record.spec.department.str() == name) networks.emplace_back(id.str());
  into.emplace_back("networks", std::move(networks));
  into.emplace_back("applications", std::move(applications));
}

void add_room(const State& state, const std::string& name, model::Object& into) {
  model::List applications;
  for (const auto& [id, record] : state.tables.applications())
    if (record.spec.from && record.spec.from->room.str() == name) applications.emplace_back(id.str());
  into.emplace_back("applications", std::move(applications));
}

void add_wave(const State& state, const std::string& name, model::Object& into) {
  model::List applications;
  for (const auto& [id, record] : state.tables.applications())
    if (record.wave.str() == name) applications.emplace_back(id.str());
  into.emplace_back("application_list", std::move(applications));
  into.emplace_back("events", recent_events(state, "wave/" + name));
}

void add_nothing(const State&, const std::string&, model::Object&) {}

struct Noun {
  model::Listing (*list)(const State&, const Actor&, const Filters&);
  void (*add)(const State&, const std::string&, model::Object&);
};

const std::map<std::string, Noun>& nouns() {
  static const std::map<std::string, Noun> kNouns{
      {"workload", {list_workloads, add_workload}},
      {"volume", {list_volumes, add_nothing}},
      {"application", {list_applications, add_application}},
      {"wave", {list_waves, add_wave}},
      {"host", {list_hosts, add_host}},
      {"zone", {list_zones, add_nothing}},
      {"network", {list_networks, add_nothing}},
      {"image", {list_images, add_nothing}},
      {"department", {list_departments, add_department}},
      {"room", {list_rooms, add_room}},
      {"key", {list_keys, add_nothing}},
  };
  return kNouns;
}

}  // namespace

model::ResponseBody describe(const State& state, const Actor& actor, const model::DescribeRequest& request) {
  const auto noun = nouns().find(request.noun);
  if (noun == nouns().end()) {
    std::vector<std::string> known;
    for (const auto& [name, value] : nouns()) known.push_back(name);
    return refused(Errc::invalid,
                   fmt::format("there is no noun '{}'; there are {}", request.noun, join(known, ", ")));
  }
  const auto listing = noun->second.list(state, actor, {});
  auto object = row_of(listing, request.name);
  if (!object) {
    std::vector<std::string> names;
    for (const auto& row : listing.rows)
      if (const auto* name = std::get_if<std::string>(&row.front())) names.push_back(*name);
    return not_found(request.noun, request.name, names);
  }
  noun->second.add(state, request.name, *object);
  return model::DocumentResponse{std::move(*object)};
}

}  // namespace causeway::scheduler
