// SPDX-License-Identifier: Apache-2.0
// From what waves say to workloads as they shall be: the entries counted out, merged with what stands, and
// given their addresses. Fixed addresses are noted before the first free one is looked for, so that the order
// in a file decides nothing.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/core/text.h"
#include "scheduler/core/addresses.h"
#include "scheduler/core/draft.h"
#include "scheduler/core/grants.h"
#include "scheduler/core/holds.h"
#include "scheduler/inquiry/wave_requests.h"

namespace causeway::scheduler {
namespace {

// Where in the file the workload comes from, and what asks for its ports.
struct Source {
  std::uint32_t document = 0;
  Path path;  // applications.NAME.workloads.ENTRY
  model::WorkloadSpec spec;
};

class WaveDrafter {
 public:
  WaveDrafter(const State& state, const model::Catalog& catalog, Draft& into)
      : tables_(state.tables), state_(state), catalog_(catalog), into_(into), addresses_(state.tables) {}

  void add(const model::Wave& wave, std::uint32_t document, const Actor& actor);
  std::map<WorkloadId, Wanted> finish();

 private:
  void add_application(const model::Wave& wave, const std::string& name, model::Application application,
                       std::uint32_t document);
  void add_workload(const model::Workload& shape, const Source& source, bool held);
  void merge_disks(const model::Workload& held, model::Workload& wanted, const Source& source);
  void merge_ports(const model::Workload& held, model::Workload& wanted, const Source& source);
  void take_fixed(Wanted& wanted, const Source& source);
  void take_free(Wanted& wanted, const Source& source);
  // What no file names and is in a group whose rules change: it has to keep them where it stands.
  void add_bystanders();
  void refuse(std::uint32_t document, Path path, std::string what, std::string next = "");
  // Whether the named group has other rules than before.
  [[nodiscard]] bool rules_change(const GroupId& group) const;

  const Tables& tables_;
  const State& state_;
  const model::Catalog& catalog_;
  Draft& into_;
  AddressBook addresses_;
  std::map<WorkloadId, Wanted> wanted_;
  std::map<WorkloadId, Source> sources_;
};

std::string shape_text(const model::Workload& workload) {
  std::string text = fmt::format("{} vCPU, {}", workload.vcpus, to_string(workload.memory));
  if (!workload.exchange_gateway.empty())
    text += fmt::format(", exchange gateway {} to {}", workload.zone, workload.exchange_gateway);
  for (const auto& port : workload.ports) {
    text += fmt::format(", {}", port.name);
    for (const auto& address : port.addresses) text += " " + address.str();
  }
  return text;
}

GiB volumes_of(const model::Workload& workload) {
  GiB sum;
  for (const auto& disk : workload.disks) sum += disk.size;
  return sum;
}

// The keys whose values differ.
std::string demands_difference(const model::Demands& before, const model::Demands& after) {
  std::vector<std::string> keys;
  if (before.rules != after.rules) keys.emplace_back("keep_apart or keep_together");
  if (before.groups != after.groups) keys.emplace_back("groups");
  if (before.huge_pages != after.huge_pages) keys.emplace_back("huge_pages");
  if (before.numa_nodes != after.numa_nodes) keys.emplace_back("numa_nodes");
  if (before.pinned != after.pinned) keys.emplace_back("pinned");
  return join(keys, ", ");
}

// What differs, for a person.
std::string difference(const model::Workload& before, const model::Workload& after) {
  std::vector<std::string> parts;
  if (before.vcpus != after.vcpus) parts.push_back(fmt::format("{} → {} vCPU", before.vcpus, after.vcpus));
  if (before.memory != after.memory)
    parts.push_back(fmt::format("memory {} → {}", to_string(before.memory), to_string(after.memory)));
  if (before.disks != after.disks)
    parts.push_back(
        fmt::format("disks {} → {}", to_string(volumes_of(before)), to_string(volumes_of(after))));
  if (before.ports != after.ports) {
    std::string text = "ports";
    for (const auto& port : after.ports) {
      for (const auto& address : port.addresses) text += fmt::format(" {} {}", port.name, address.str());
      if (port.bandwidth != MbitPerSecond{})
        text += fmt::format(" {} {}", port.name, to_string(port.bandwidth));
    }
    parts.push_back(text);
  }
  if (before.wave != after.wave) parts.push_back(fmt::format("wave {} → {}", before.wave, after.wave));
  if (before.mlps != after.mlps) parts.push_back(fmt::format("MLPS level {} → {}", before.mlps, after.mlps));
  if (before.is_protected != after.is_protected)
    parts.emplace_back(after.is_protected ? "protected" : "no longer protected");
  if (before.demands != after.demands) parts.push_back(demands_difference(before.demands, after.demands));
  if (before.traits != after.traits) parts.emplace_back("traits");
  if (before.ssh_keys != after.ssh_keys) parts.emplace_back("ssh_keys");
  return join(parts, ", ");
}

void WaveDrafter::refuse(std::uint32_t document, Path path, std::string what, std::string next) {
  into_.findings.push_back({document, {std::move(path), std::move(what), std::move(next)}});
}

bool WaveDrafter::rules_change(const GroupId& group) const {
  const auto wanted = catalog_.groups.find(group);
  if (wanted == catalog_.groups.end()) return false;
  for (const auto& [id, wave] : tables_.waves())
    if (const auto held = wave.groups.find(group); held != wave.groups.end())
      return held->second != wanted->second.spec;
  return false;
}

void WaveDrafter::add(const model::Wave& wave, std::uint32_t document, const Actor& actor) {
  const auto held = tables_.waves().find(wave.id);
  auto groups = wave.groups;
  if (held != tables_.waves().end())
    for (const auto& [id, group] : held->second.groups)
      if (groups.emplace(id, group).second)
        into_.lines.push_back(
            {' ', fmt::format("group {}", id), "not in the file, still there; it goes with its wave"});
  if (held != tables_.waves().end() && held->second.title == wave.title && held->second.groups == groups) {
    ++into_.unchanged;
  } else {
    into_.lines.push_back(
        {held == tables_.waves().end() ? '+' : '~', fmt::format("wave {}", wave.id), wave.title});
    into_.waves.push_back({wave.id, wave.title, state_.now, actor.name, std::move(groups)});
  }
  for (const auto& [name, application] : wave.applications)
    add_application(wave, name, application, document);
}

void WaveDrafter::add_application(const model::Wave& wave, const std::string& name,
                                  model::Application application, std::uint32_t document) {
  const auto id = model::application_id(application.department, name);
  const auto path = at("applications", name);
  const auto held = tables_.applications().find(id);
  if (held != tables_.applications().end() && held->second.spec.zone != application.zone)
    return refuse(document, at(path, "zone"),
                  fmt::format("{} runs in zone {} and can't move to zone {}", id, held->second.spec.zone,
                              application.zone),
                  fmt::format("delete it first: causeway delete application {}", id));

  // Records hold whole names, so that a name that becomes ambiguous later changes nothing.
  for (auto& written : application.depends_on)
    if (const auto resolved = model::resolve_application(written, catalog_)) written = resolved->str();
  if (held == tables_.applications().end() || held->second.spec != application ||
      held->second.wave != wave.id) {
    into_.lines.push_back(
        {held == tables_.applications().end() ? '+' : '~', fmt::format("application {}", id),
         fmt::format("{}{}zone {}, {} {}", application.title, application.title.empty() ? "" : ", ",
                     application.zone, application.workloads.size(),
                     application.workloads.size() == 1 ? "entry" : "entries")});
    into_.applications.push_back({id, wave.id, application});
    for (const auto& service : ungranted(tables_, catalog_, id, application))
      into_.lines.push_back({' ', fmt::format("application {}", id),
                             fmt::format("{} waits for a grant: it can't be reached before", service)});
  } else {
    ++into_.unchanged;
  }

  const bool held_back = !dependencies_run(state_, application);
  for (const auto& [entry, spec] : application.workloads) {
    auto shape = inquiry::shape_of(wave.id, application, entry, spec);
    for (const auto& instance : model::instances(entry, spec)) {
      shape.id = model::workload_id(id, instance);
      add_workload(shape, {document, at(at(path, "workloads"), entry), spec}, held_back);
    }
  }
  for (const auto* standing : tables_.of_application(id))
    if (!wanted_.contains(standing->id) && !standing->deleting)
      into_.lines.push_back(
          {' ', fmt::format("workload {}", standing->id),
           fmt::format("not in the file, still there; delete it with 'causeway delete workload {}'",
                       standing->id)});
}

void WaveDrafter::add_workload(const model::Workload& shape, const Source& source, bool held) {
  Wanted wanted{shape, true, false, false, "", false};
  if (const auto* standing = tables_.workload(shape.id)) {
    if (standing->deleting)
      return refuse(source.document, source.path, fmt::format("{} is being deleted", shape.id),
                    "apply again when it is gone");
    auto& after = wanted.workload;
    after.host = standing->host;
    after.on_nodes = standing->on_nodes;
    after.leaving = standing->leaving;
    after.held = standing->held;
    after.power = standing->power;
    after.generation = standing->generation;
    after.restart = standing->restart;
    after.created = standing->created;
    after.changed = standing->changed;
    if (standing->exchange_gateway != after.exchange_gateway)
      return refuse(
          source.document, at(source.path, "exchange_gateway"),
          fmt::format("{} {}, and that never changes: it would have ports in a zone that its host "
                      "keeps apart",
                      shape.id,
                      standing->exchange_gateway.empty()
                          ? "is no exchange gateway"
                          : fmt::format("is an exchange gateway to zone {}", standing->exchange_gateway)),
          fmt::format("delete it first: causeway delete workload {}", shape.id));
    merge_disks(*standing, after, source);
    merge_ports(*standing, after, source);
    wanted.is_new = false;
  } else {
    wanted.workload.held = held;
  }
  if (!wanted_.emplace(shape.id, std::move(wanted)).second)
    return refuse(source.document, source.path, fmt::format("{} stands in two of the files", shape.id));
  sources_.emplace(shape.id, source);
}

void WaveDrafter::merge_disks(const model::Workload& held, model::Workload& wanted, const Source& source) {
  for (auto& disk : wanted.disks) {
    const auto standing = std::ranges::find(held.disks, disk.name, &model::Disk::name);
    if (standing == held.disks.end()) continue;
    const auto path = at(at(source.path, "disks"), disk.name);
    if (disk.size < standing->size)
      refuse(source.document, at(path, "size"),
             fmt::format("disk {} of {} has {} and can't shrink to {}", disk.name, held.id,
                         to_string(standing->size), to_string(disk.size)),
             fmt::format("write {}", to_string(standing->size)));
    if (disk.image != standing->image || disk.import != standing->import)
      refuse(
          source.document, disk.import != standing->import ? at(path, "import") : at(source.path, "image"),
          fmt::format(
              "disk {} of {} was made already, from {}", disk.name, held.id,
              standing->import.empty() ? "image " + standing->image.str() : "file " + standing->import),
          fmt::format("keep what it was made from, or delete the workload first: causeway delete workload {}",
                      held.id));
  }
  for (const auto& standing : held.disks) {
    if (std::ranges::find(wanted.disks, standing.name, &model::Disk::name) != wanted.disks.end()) continue;
    into_.lines.push_back({' ', fmt::format("volume {}", model::volume_id(held.id, standing.name)),
                           "not in the file, still there; it goes with its workload"});
    wanted.disks.push_back(standing);
  }
  // Disks keep their order, because the guest knows them by it.
  std::ranges::stable_sort(wanted.disks, {}, [&](const model::Disk& disk) {
    return std::ranges::find(held.disks, disk.name, &model::Disk::name) - held.disks.begin();
  });
}

void WaveDrafter::merge_ports(const model::Workload& held, model::Workload& wanted, const Source& source) {
  const auto zone_of = [&](const model::Port& port) { return catalog_.networks.at(port.network).zone; };
  for (auto& port : wanted.ports) {
    const auto standing = std::ranges::find(held.ports, port.name, &model::Port::name);
    if (standing == held.ports.end()) continue;
    port.mac = standing->mac;
    if (port.network == standing->network) port.addresses = standing->addresses;
    if (zone_of(port) != zone_of(*standing))
      refuse(source.document, at(at(at(source.path, "ports"), port.name), "network"),
             fmt::format("port {} is in zone {} and can't change over to zone {}",
                         model::port_id(held.id, port.name), zone_of(*standing), zone_of(port)),
             "keep it there, and give the port in the other zone another name");
  }
  for (const auto& standing : held.ports) {
    if (std::ranges::find(wanted.ports, standing.name, &model::Port::name) != wanted.ports.end()) continue;
    into_.lines.push_back({' ', fmt::format("port {}", model::port_id(held.id, standing.name)),
                           "not in the file, still there; it goes with its workload"});
    wanted.ports.push_back(standing);
  }
  std::ranges::stable_sort(wanted.ports, {}, &model::Port::name);
}

void WaveDrafter::take_fixed(Wanted& wanted, const Source& source) {
  for (auto& port : wanted.workload.ports) {
    const auto asked = source.spec.ports.find(port.name);
    if (asked == source.spec.ports.end()) continue;
    const std::optional<model::IpAddress>& fixed = asked->second.address;
    if (!fixed) continue;
    const auto& address = *fixed;
    if (std::ranges::find(port.addresses, address) != port.addresses.end()) continue;
    const auto id = model::port_id(wanted.workload.id, port.name);
    const auto taken = addresses_.take(port.network, catalog_.networks.at(port.network), address, id);
    if (!taken) {
      refuse(source.document, at(at(at(source.path, "ports"), port.name), "address"), taken.error().what,
             "write another address, or none for the next free one");
      continue;
    }
    std::erase_if(port.addresses, [&](const auto& other) {
      if (other.v6 != address.v6) return false;
      addresses_.give_back(port.network, other);
      return true;
    });
    port.addresses.push_back(address);
  }
}

void WaveDrafter::take_free(Wanted& wanted, const Source& source) {
  for (auto& port : wanted.workload.ports) {
    const auto id = model::port_id(wanted.workload.id, port.name);
    const auto& network = catalog_.networks.at(port.network);
    if (port.mac == model::Mac{}) port.mac = addresses_.take_mac(id);
    for (const auto& subnet : {network.subnet, network.subnet6}) {
      if (!subnet) continue;
      const auto of_family = [&](const auto& address) { return address.v6 == subnet->first.v6; };
      if (std::ranges::any_of(port.addresses, of_family)) continue;
      auto address = addresses_.take_next(port.network, *subnet, network.gateway, id);
      if (address)
        port.addresses.push_back(*address);
      else
        refuse(source.document, at(at(at(source.path, "ports"), port.name), "network"), address.error().what,
               "a larger subnet has room");
    }
    std::ranges::sort(port.addresses, {}, &model::IpAddress::v6);
  }
}

std::map<WorkloadId, Wanted> WaveDrafter::finish() {
  for (auto& [id, wanted] : wanted_) take_fixed(wanted, sources_.at(id));
  for (auto& [id, wanted] : wanted_) {
    take_free(wanted, sources_.at(id));
    const auto& after = wanted.workload;
    const auto* before = tables_.workload(id);
    if (before == nullptr) {
      wanted.text = shape_text(after);
      continue;
    }
    wanted.changed = *before != after;
    wanted.grows =
        after.vcpus > before->vcpus || after.memory > before->memory || after.mlps > before->mlps ||
        volumes_of(after) > volumes_of(*before) || after.traits != before->traits ||
        after.demands != before->demands ||
        std::ranges::any_of(after.demands.groups, [&](const auto& group) { return rules_change(group); });
    if (wanted.changed) wanted.text = difference(*before, after);
  }
  add_bystanders();
  return std::move(wanted_);
}

void WaveDrafter::add_bystanders() {
  std::set<GroupId> changed;
  for (const auto& [id, group] : catalog_.groups)
    if (rules_change(id)) changed.insert(id);
  if (changed.empty()) return;
  for (const auto& [id, standing] : tables_.workloads()) {
    if (standing.deleting || wanted_.contains(id)) continue;
    const auto group = std::ranges::find_if(standing.demands.groups,
                                            [&](const GroupId& one) { return changed.contains(one); });
    if (group != standing.demands.groups.end())
      wanted_.emplace(id, Wanted{standing, false, true, false, fmt::format("new rules of group {}", *group),
                                 /*bystander*/ true});
  }
}

}  // namespace

std::map<WorkloadId, Wanted> draft_waves(const State& state, const Actor& actor,
                                         const model::Catalog& catalog,
                                         const std::vector<model::Manifest>& manifests, Draft& into) {
  WaveDrafter drafter(state, catalog, into);
  for (std::uint32_t i = 0; i < manifests.size(); ++i)
    if (const auto* wave = std::get_if<model::Wave>(&manifests[i])) drafter.add(*wave, i, actor);
  return drafter.finish();
}

}  // namespace causeway::scheduler
