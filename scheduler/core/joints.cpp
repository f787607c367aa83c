// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/joints.h"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/core/state.h"

namespace causeway::scheduler {
namespace {

// Some workloads of an application: all, or those of the entries that offer one service.
struct Group {
  ApplicationId application;
  std::optional<std::string> entry;  // none: every one

  auto operator<=>(const Group&) const = default;

  [[nodiscard]] bool has(const model::Workload& workload) const {
    return model::application_of(workload.id) == application && (!entry || workload.entry == *entry);
  }
};

// Those that may ask and those that are asked; for where packets pass, the two are alike.
using Relation = std::pair<Group, Group>;

// The entry whose workloads offer the service; nothing: none does any more.
std::optional<std::string> entry_of(const Tables& tables, const ServiceId& service) {
  const auto owner = model::application_of(service);
  const auto record = tables.applications().find(owner);
  if (record == tables.applications().end()) return std::nullopt;
  const auto name = service.str().substr(owner.str().size() + 1);
  for (const auto& [entry, spec] : record->second.spec.workloads)
    if (spec.offers.contains(name)) return entry;
  return std::nullopt;
}

std::set<Relation> relations(const Tables& tables, const std::vector<const model::Workload*>& here) {
  std::set<ApplicationId> own;
  for (const auto* workload : here) own.insert(model::application_of(workload->id));
  std::set<Relation> found;
  for (const auto& application : own)
    found.insert({{application, std::nullopt}, {application, std::nullopt}});
  for (const auto& [id, grant] : tables.grants()) {
    const auto owner = model::application_of(grant.service);
    if (grant.closing || (!own.contains(grant.application) && !own.contains(owner))) continue;
    if (auto entry = entry_of(tables, grant.service))
      found.insert({{grant.application, std::nullopt}, {owner, std::move(entry)}});
  }
  return found;
}

class Meeting {
 public:
  Meeting(const Tables& tables, const HostId& host, Meetings& into)
      : tables_(tables), host_(host), into_(into) {}

  // Each one here of a group meets each one of the other.
  void meet(const std::vector<const model::Workload*>& here, const Group& near, const Group& far) {
    std::set<NetworkId> networks;
    for (const auto* workload : here)
      if (near.has(*workload))
        for (const auto& port : workload->ports) networks.insert(port.network);
    if (networks.empty()) return;
    // Networks of two zones never meet, also not those of an exchange gateway: no_way_between.
    for (const auto* other : tables_.of_application(far.application))
      if (far.has(*other)) meet(networks, *other);
  }

 private:
  void meet(const std::set<NetworkId>& networks, const model::Workload& other) {
    for (const auto& port : other.ports) {
      for (const auto& network : networks) {
        if (network == port.network || !no_way_between(tables_, network, port.network).empty()) continue;
        into_.joined.insert(std::minmax(network, port.network));
        if (location(other) != host_) into_.elsewhere[port.network].insert(&other);
      }
    }
  }

  const Tables& tables_;
  const HostId& host_;
  Meetings& into_;
};

}  // namespace

std::string no_way_between(const Tables& tables, const NetworkId& a, const NetworkId& b) {
  if (a == b) return "";
  const auto& one = tables.networks().at(a).spec;
  const auto& other = tables.networks().at(b).spec;
  if (one.zone != other.zone)
    return fmt::format("network {} is in zone {}, and {} in zone {}: zones never meet", a, one.zone, b,
                       other.zone);
  for (const auto& [id, spec] : {std::pair{&a, &one}, std::pair{&b, &other}})
    if (!spec->gateway) return fmt::format("network {} has no gateway, so nothing leaves it", *id);
  if (one.gateway->v6 != other.gateway->v6)
    return fmt::format("the gateways of networks {} and {} are of different families", a, b);
  return "";
}

Meetings meetings(const Tables& tables, const HostId& host, const std::vector<const model::Workload*>& here) {
  Meetings found;
  Meeting meeting(tables, host, found);
  for (const auto& [asking, asked] : relations(tables, here)) {
    meeting.meet(here, asking, asked);
    if (asking != asked) meeting.meet(here, asked, asking);
  }
  return found;
}

}  // namespace causeway::scheduler
