// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/model/validate.h"
#include "common/model/wave.h"

namespace causeway::scheduler {
namespace {

using model::RuleProtocol;

constexpr auto kApplication = "application";

// Of what belongs to the zone that the application or workload is in, and to another one.
std::string in_zone(std::string name, const ZoneId& own, const ZoneId& zone) {
  return own == zone ? std::move(name) : fmt::format("{}@{}", name, zone);
}

std::string guard_name(const model::Workload& workload, const ZoneId& zone) {
  return in_zone(model::application_of(workload.id).str() + "/" + workload.entry, workload.zone, zone);
}

bool of_icmp(model::Protocol protocol) {
  return protocol == model::Protocol::icmp || protocol == model::Protocol::icmp6;
}

model::Rule rule_for(const model::Service& service, std::string from, std::string why) {
  model::Rule rule;
  rule.from = std::move(from);
  rule.protocol = rule_protocol(service.protocol);
  if (of_icmp(service.protocol)) {
    rule.icmp_type = static_cast<std::uint8_t>(service.first);
  } else {
    rule.first_port = service.first;
    rule.last_port = service.last;
  }
  rule.why = std::move(why);
  return rule;
}

// Whether the application has, or may have, ports in that zone.
bool is_in(const Tables& tables, const ApplicationId& application, const ZoneId& zone) {
  const auto& known = tables.catalog().applications;
  const auto found = known.find(application);
  return found != known.end() && model::zones_of(found->second).contains(zone);
}

model::Guard make_guard(const Tables& tables, std::string name, const ApplicationId& application,
                        const std::string& entry, const ZoneId& zone) {
  const auto own = set_of(tables, application, zone);
  model::Guard made{
      std::move(name),
      {rule_for(model::echo(false), own, kApplication), rule_for(model::echo(true), own, kApplication)}};
  const auto record = tables.applications().find(application);
  if (record == tables.applications().end()) return made;
  const auto spec = record->second.spec.workloads.find(entry);
  if (spec == record->second.spec.workloads.end()) return made;
  for (const auto& [service_name, service] : spec->second.offers) {
    made.rules.push_back(rule_for(service, own, kApplication));
    for (const auto* grant : tables.grants_of(model::service_id(application, service_name)))
      if (!grant->closing && is_in(tables, grant->application, zone))
        made.rules.push_back(rule_for(service, set_of(tables, grant->application, zone), grant->id.str()));
  }
  return made;
}

}  // namespace

RuleProtocol rule_protocol(model::Protocol protocol) {
  switch (protocol) {
    case model::Protocol::tcp: return RuleProtocol::tcp;
    case model::Protocol::udp: return RuleProtocol::udp;
    case model::Protocol::icmp: return RuleProtocol::icmp;
    case model::Protocol::icmp6: return RuleProtocol::icmp6;
  }
  return RuleProtocol::any;
}

bool lets_in(const model::Rule& rule, const std::string& from, const model::Service& asked) {
  if (rule.from != from || rule.protocol != rule_protocol(asked.protocol)) return false;
  return of_icmp(asked.protocol) ? rule.icmp_type == asked.first
                                 : rule.first_port <= asked.first && asked.last <= rule.last_port;
}

std::string set_of(const Tables& tables, const ApplicationId& application, const ZoneId& zone) {
  const auto& known = tables.catalog().applications;
  const auto found = known.find(application);
  return found == known.end() ? application.str() : in_zone(application.str(), found->second.zone, zone);
}

model::Guard guard_for(const Tables& tables, const model::Workload& workload, const ZoneId& zone) {
  return make_guard(tables, guard_name(workload, zone), model::application_of(workload.id), workload.entry,
                    zone);
}

model::Guard guard_of_system(const Tables& tables, const ZoneId& zone, const ApplicationId& system,
                             const model::OutsideSystemSpec& spec,
                             const std::set<ApplicationId>& applications) {
  model::Guard made{system.str(), {}};
  for (const auto& [name, service] : spec.offers)
    for (const auto* grant : tables.grants_of(model::service_id(system, name)))
      if (!grant->closing && applications.contains(grant->application))
        made.rules.push_back(rule_for(service, set_of(tables, grant->application, zone), grant->id.str()));
  return made;
}

model::WayOut GuardBook::lead_out(const ZoneId& zone, const model::WayOutSpec& spec,
                                  const std::set<ApplicationId>& applications) {
  model::WayOut made{zone, spec.vlan, spec.routers, {}};
  for (const auto& [name, system] : spec.systems) {
    const auto id = model::application_id(DepartmentId(model::kOutsideDepartment), name);
    made.systems.push_back({id.str(), system.prefixes});
    outside_.emplace_back(zone, guard_of_system(tables_, zone, id, system, applications));
  }
  return made;
}

const std::string& GuardBook::need(const model::Workload& workload, const ZoneId& zone) {
  const bool same = last_ != nullptr && lasts_->second.zone == zone && last_->zone == workload.zone &&
                    last_->entry == workload.entry && model::same_application(last_->id, workload.id);
  if (!same)
    lasts_ = needed_
                 .try_emplace(guard_name(workload, zone),
                              Whose{model::application_of(workload.id), workload.entry, zone})
                 .first;
  last_ = &workload;
  return lasts_->first;
}

model::AddressSet GuardBook::addresses_of(const ApplicationId& application, const ZoneId& zone) const {
  model::AddressSet set{set_of(tables_, application, zone), {}};
  if (model::is_outside(application)) {
    for (const auto& [id, spec] : tables_.site().zones)
      if (spec.way_out)
        for (const auto& [name, system] : spec.way_out->systems)
          if (model::application_id(DepartmentId(model::kOutsideDepartment), name) == application)
            set.members = system.prefixes;
    return set;
  }
  const model::NetworkRecord* network = nullptr;
  for (const auto* workload : tables_.of_application(application))
    for (const auto& port : workload->ports) {
      if (network == nullptr || network->id != port.network) network = &tables_.networks().at(port.network);
      if (network->spec.zone == zone)
        for (const auto& address : port.addresses) set.members.push_back({address, address.bits()});
    }
  std::ranges::sort(set.members);
  return set;
}

void GuardBook::write_to(model::Assignment& assignment) const {
  // Rules name sets; which application's in which zone a set is follows from whose rule it is.
  std::map<std::string, std::pair<ApplicationId, ZoneId>> named;
  const auto put = [&](model::Guard guard, const ZoneId& zone) {
    for (const auto& rule : guard.rules)
      named.emplace(rule.from, std::pair{ApplicationId(rule.from.substr(0, rule.from.find('@'))), zone});
    assignment.guards.push_back(std::move(guard));
  };
  for (const auto& [name, whose] : needed_)
    put(make_guard(tables_, name, whose.application, whose.entry, whose.zone), whose.zone);
  for (const auto& [zone, guard] : outside_) put(guard, zone);
  std::ranges::sort(assignment.guards, {}, &model::Guard::id);
  for (const auto& [name, whose] : named)
    assignment.address_sets.push_back(addresses_of(whose.first, whose.second));
}

}  // namespace causeway::scheduler
