// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/reach_outside.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/model/validate.h"
#include "scheduler/core/rules.h"

namespace causeway::scheduler {
namespace {

// A prefix is asked about by one of its addresses: rules name systems, and treat all that are of one alike.
model::IpAddress one_of(const model::Subnet& prefix) {
  return prefix.length == prefix.first.bits() ? prefix.first : prefix.first.plus(1);
}

template <class Visit>
void each_system(const Tables& tables, Visit visit) {
  for (const auto& [zone, spec] : tables.site().zones)
    if (spec.way_out)
      for (const auto& [name, system] : spec.way_out->systems)
        visit(zone, model::application_id(DepartmentId(model::kOutsideDepartment), name), *spec.way_out,
              system);
}

// The service that a grant would open; empty: it is not offered.
std::string offered(const ApplicationId& owner, const std::map<std::string, model::Service>& offers,
                    const model::Service& asked) {
  for (const auto& [name, service] : offers)
    if (model::covers(service, asked)) return model::service_id(owner, name).str();
  return "";
}

std::optional<WayOutside> find_way(const Tables& tables, const model::Workload& workload, const ZoneId& zone,
                                   const Outside& outside, const model::WayOutSpec& way, const Asked& asked,
                                   std::string& why_not) {
  why_not = "none of its networks has a way out";
  for (const auto& port : workload.ports) {
    const auto& network = tables.networks().at(port.network).spec;
    if (network.zone != zone || !network.way_out || !network.gateway) continue;
    why_not = fmt::format("network {} and what is asked have no address of one family", port.network);
    for (const auto& there : outside.addresses) {
      // Beyond its network a guest knows the way of its gateway's family only.
      if (network.gateway->v6 != there.v6 || !can_be_asked(asked, there.v6)) continue;
      const auto here = std::ranges::find(port.addresses, there.v6, &model::IpAddress::v6);
      if (here != port.addresses.end()) return WayOutside{&port, *here, there, way.routers.front()};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Outside> find_outside(const Tables& tables, const std::string& text) {
  std::optional<Outside> found;
  const auto address = model::IpAddress::parse(text);
  const auto prefix = address ? model::Subnet{*address, address->bits()}
                              : model::Subnet::parse(text).value_or(model::Subnet{{}, -1});
  if (prefix.length >= 0) found = Outside{ApplicationId(), {one_of(prefix)}};
  each_system(tables, [&](const ZoneId&, const ApplicationId& id, const model::WayOutSpec&,
                          const model::OutsideSystemSpec& system) {
    if (prefix.length < 0 && id.str() == text) {
      found = Outside{id, {}};
      for (const auto& own : system.prefixes) found->addresses.push_back(one_of(own));
    }
    for (const auto& own : system.prefixes)
      if (prefix.length >= own.length && own.contains(prefix.first)) found->system = id;
  });
  return found;
}

std::vector<System> systems_outside(const Tables& tables, const model::Workload& workload) {
  std::vector<System> systems;
  each_system(tables, [&](const ZoneId& zone, const ApplicationId& id, const model::WayOutSpec&,
                          const model::OutsideSystemSpec& system) {
    if (zone == workload.zone || zone == workload.exchange_gateway)
      systems.push_back({id, questions_about(system.offers)});
  });
  std::ranges::sort(systems, {}, &System::id);
  return systems;
}

std::vector<std::string> systems_outside(const Tables& tables) {
  std::vector<std::string> names;
  each_system(tables, [&](const ZoneId&, const ApplicationId& id, const model::WayOutSpec&,
                          const model::OutsideSystemSpec&) { names.push_back(id.str()); });
  return names;
}

ReachOutside reach_outside(const Tables& tables, const model::Workload& workload, const Outside& outside,
                           bool outward, const Asked& asked) {
  ReachOutside reach;
  const auto application = model::application_of(workload.id);
  reach.why = "no zone's way out leads there";
  each_system(tables, [&](const ZoneId& zone, const ApplicationId& id, const model::WayOutSpec& way,
                          const model::OutsideSystemSpec& system) {
    if (id != outside.system) return;
    if (zone != workload.zone && zone != workload.exchange_gateway) {
      reach.why = fmt::format("{} is reached from zone {}, and {} is in zone {}: zones never meet", id, zone,
                              workload.id, workload.zone);
      return;
    }
    std::string no_way;
    reach.way = find_way(tables, workload, zone, outside, way, asked, no_way);
    const auto what = service_asked(asked, reach.way && reach.way->outside.v6);
    const auto guard = outward ? guard_of_system(tables, zone, id, system, {application})
                               : guard_for(tables, workload, zone);
    const auto from = set_of(tables, outward ? application : id, zone);
    const auto rule =
        std::ranges::find_if(guard.rules, [&](const model::Rule& one) { return lets_in(one, from, what); });
    if (rule != guard.rules.end()) {
      const auto record = tables.grants().find(GrantId(rule->why));
      reach.reaches = reach.way.has_value();
      if (record != tables.grants().end())
        reach.why =
            fmt::format("granted until {}: {}", to_string(record->second.until), record->second.reason);
      if (!reach.reaches) reach.why += "; but " + no_way;
      return;
    }
    std::map<std::string, model::Service> offers = system.offers;
    if (const auto record = tables.applications().find(application);
        !outward && record != tables.applications().end())
      if (const auto entry = record->second.spec.workloads.find(workload.entry);
          entry != record->second.spec.workloads.end())
        offers = entry->second.offers;
    const auto& asker = outward ? application : id;
    const auto& owner = outward ? id : application;
    const auto service = offered(owner, offers, what);
    reach.why = service.empty() ? fmt::format("{} offers no {} to {}", guard.id, asked.text, asker)
                                : fmt::format("no grant for {}", service);
    if (!service.empty()) reach.next = fmt::format("causeway grant add {} {} --until DATE", asker, service);
  });
  return reach;
}

}  // namespace causeway::scheduler
