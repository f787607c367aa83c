// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/rules.h"

#include <algorithm>

namespace causeway::scheduler {
namespace {

using model::RuleProtocol;

constexpr std::uint8_t kEcho = 8;
constexpr std::uint8_t kEcho6 = 128;
constexpr auto kApplication = "application";

model::Rule rule_for(const model::Service& service, const ApplicationId& from, std::string why) {
  const auto protocol = service.protocol == model::Protocol::tcp ? RuleProtocol::tcp : RuleProtocol::udp;
  return {from.str(), protocol, service.port, service.port, std::nullopt, std::move(why)};
}

model::Rule echo_rule(RuleProtocol protocol, std::uint8_t type, const ApplicationId& from) {
  model::Rule rule;
  rule.from = from.str();
  rule.protocol = protocol;
  rule.icmp_type = type;
  rule.why = kApplication;
  return rule;
}

model::Guard make_guard(const Tables& tables, const ApplicationId& application, const std::string& entry) {
  model::Guard made{application.str() + "/" + entry,
                    {echo_rule(RuleProtocol::icmp, kEcho, application),
                     echo_rule(RuleProtocol::icmp6, kEcho6, application)}};
  const auto record = tables.applications().find(application);
  if (record == tables.applications().end()) return made;
  const auto spec = record->second.spec.workloads.find(entry);
  if (spec == record->second.spec.workloads.end()) return made;
  for (const auto& [name, service] : spec->second.offers) {
    made.rules.push_back(rule_for(service, application, kApplication));
    for (const auto* grant : tables.grants_of(model::service_id(application, name)))
      if (!grant->closing) made.rules.push_back(rule_for(service, grant->application, grant->id.str()));
  }
  return made;
}

}  // namespace

std::string guard_of(const model::Workload& workload) {
  return model::application_of(workload.id).str() + "/" + workload.entry;
}

model::Guard guard_for(const Tables& tables, const model::Workload& workload) {
  return make_guard(tables, model::application_of(workload.id), workload.entry);
}

std::string GuardBook::need(const model::Workload& workload) {
  auto guard = guard_of(workload);
  if (!needed_.contains(guard))
    needed_.emplace(guard, std::pair{model::application_of(workload.id), workload.entry});
  return guard;
}

model::AddressSet GuardBook::addresses_of(const ApplicationId& application) const {
  model::AddressSet set{application.str(), {}};
  for (const auto* workload : tables_.of_application(application))
    for (const auto& port : workload->ports)
      for (const auto& address : port.addresses) set.members.push_back({address, address.bits()});
  std::ranges::sort(set.members);
  return set;
}

void GuardBook::write_to(model::Assignment& assignment) const {
  std::set<std::string> named;
  for (const auto& [name, whose] : needed_) {
    assignment.guards.push_back(make_guard(tables_, whose.first, whose.second));
    for (const auto& rule : assignment.guards.back().rules) named.insert(rule.from);
  }
  for (const auto& application : named)
    assignment.address_sets.push_back(addresses_of(ApplicationId(application)));
}

}  // namespace causeway::scheduler
