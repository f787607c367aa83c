// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/reach.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/core/text.h"
#include "common/model/wave.h"
#include "scheduler/core/joints.h"
#include "scheduler/core/rules.h"
#include "scheduler/core/state.h"

namespace causeway::scheduler {
namespace {

// The service at which a grant would open it.
std::string offered(const Tables& tables, const model::Workload& to, const model::Service& asked) {
  const auto application = tables.applications().find(model::application_of(to.id));
  if (application == tables.applications().end()) return "";
  const auto entry = application->second.spec.workloads.find(to.entry);
  if (entry == application->second.spec.workloads.end()) return "";
  for (const auto& [name, service] : entry->second.offers)
    if (model::covers(service, asked)) return model::service_id(model::application_of(to.id), name).str();
  return "";
}

std::string text_of(const model::Rule& rule, const Tables& tables) {
  const auto grant = tables.grants().find(GrantId(rule.why));
  if (grant == tables.grants().end())
    return rule.icmp_type ? "both are of one application" : "the application offers it to itself";
  return fmt::format("granted until {}: {}", to_string(grant->second.until), grant->second.reason);
}

std::set<ZoneId> zones_of(const model::Workload& workload) {
  std::set<ZoneId> zones{workload.zone};
  if (!workload.exchange_gateway.empty()) zones.insert(workload.exchange_gateway);
  return zones;
}

// The exchange gateways that stand between the zones of the two.
std::string gateways_between(const Tables& tables, const model::Workload& from, const model::Workload& to) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> names;
  for (const auto& id : tables.exchange_gateways()) {
    if (id == from.id || id == to.id) continue;
    const auto zones = zones_of(tables.workloads().at(id));
    if (model::meet(zones, zones_of(from)) && model::meet(zones, zones_of(to))) names.push_back(id.str());
    if (names.size() == kShown) break;
  }
  return join(names, ", ");
}

// On a network that both are on, if there is one; else between networks that can be joined.
std::optional<Way> way_between(const Tables& tables, const model::Workload& from, const model::Workload& to,
                               const ZoneId& zone, const Asked& asked, std::string& why_not) {
  std::optional<Way> found;
  const auto is_there = [&](const model::Port& port) {
    return tables.networks().at(port.network).spec.zone == zone;
  };
  for (const auto& source : from.ports) {
    for (const auto& target : to.ports) {
      if (!is_there(source) || !is_there(target)) continue;
      if (auto why = no_way_between(tables, source.network, target.network); !why.empty()) {
        why_not = std::move(why);
        continue;
      }
      for (const auto& address : source.addresses) {
        if (!can_be_asked(asked, address.v6)) continue;
        const auto other = std::ranges::find(target.addresses, address.v6, &model::IpAddress::v6);
        if (other == target.addresses.end()) continue;
        // Beyond its network a guest knows the way of its gateway's family only.
        const auto& gateway = tables.networks().at(source.network).spec.gateway;
        if (source.network != target.network && gateway->v6 != address.v6) continue;
        Way way{&source, &target, address, *other};
        if (source.network == target.network) return way;
        if (!found) found = way;
      }
    }
  }
  if (!found && why_not.empty()) why_not = "they have no address of one family";
  return found;
}

// In one zone that both have ports in.
Reach reach_in_zone(const Tables& tables, const model::Workload& from, const model::Workload& to,
                    const ZoneId& zone, const Asked& asked) {
  Reach reach;
  reach.zone = zone;
  std::string no_way;
  reach.way = way_between(tables, from, to, zone, asked, no_way);
  const auto what = service_asked(asked, reach.way && reach.way->target.v6);
  const auto guard = guard_for(tables, to, zone);
  const auto asking = set_of(tables, model::application_of(from.id), zone);
  const auto rule =
      std::ranges::find_if(guard.rules, [&](const model::Rule& one) { return lets_in(one, asking, what); });
  if (rule == guard.rules.end()) {
    const auto service = offered(tables, to, what);
    reach.why = service.empty() ? fmt::format("{} offers no {} to {}", guard.id, asked.text,
                                              model::application_of(from.id))
                                : fmt::format("no grant for {}", service);
    if (!service.empty())
      reach.next =
          fmt::format("causeway grant add {} {} --until DATE", model::application_of(from.id), service);
    return reach;
  }
  reach.reaches = reach.way.has_value();
  reach.why = text_of(*rule, tables);
  if (!reach.reaches) reach.why += "; but " + no_way;
  return reach;
}

}  // namespace

std::optional<Asked> read_asked(const std::string& text) {
  if (text.empty() || text == "ping") return Asked{"ping", std::nullopt};
  const auto service = model::Service::parse(text);
  if (!service || service->first != service->last) return std::nullopt;
  return Asked{text, *service};
}

bool can_be_asked(const Asked& asked, bool v6) {
  if (!asked.service) return true;
  switch (asked.service->protocol) {
    case model::Protocol::icmp: return !v6;
    case model::Protocol::icmp6: return v6;
    case model::Protocol::tcp:
    case model::Protocol::udp: break;
  }
  return true;
}

model::Service service_asked(const Asked& asked, bool v6) { return asked.service.value_or(model::echo(v6)); }

std::vector<Asked> questions_about(const Tables& tables, const model::Workload& workload) {
  const auto application = tables.applications().find(model::application_of(workload.id));
  if (application == tables.applications().end()) return questions_about({});
  const auto entry = application->second.spec.workloads.find(workload.entry);
  return questions_about(entry == application->second.spec.workloads.end()
                             ? std::map<std::string, model::Service>{}
                             : entry->second.offers);
}

std::vector<Asked> questions_about(const std::map<std::string, model::Service>& offers) {
  std::vector<Asked> questions{*read_asked("ping")};
  // Of a range its ends.
  for (const auto& [name, service] : offers)
    for (const auto number : std::set{service.first, service.last}) {
      const model::Service one{service.protocol, number};
      questions.push_back({one.str(), one});
    }
  return questions;
}

Reach reach_by_policy(const Tables& tables, const model::Workload& from, const model::Workload& to,
                      const Asked& asked) {
  std::optional<Reach> nearest;
  for (const auto& zone : zones_of(from)) {
    if (!zones_of(to).contains(zone)) continue;
    auto reach = reach_in_zone(tables, from, to, zone, asked);
    if (reach.reaches || !nearest) nearest = std::move(reach);
    if (nearest->reaches) break;
  }
  if (nearest) return *nearest;
  Reach reach;
  reach.why = fmt::format("zone {} and zone {} never meet", from.zone, to.zone);
  if (const auto gateways = gateways_between(tables, from, to); !gateways.empty()) {
    reach.why += fmt::format(
        ": no path exists in the network; what passes between them is up to the exchange "
        "gateway {}",
        gateways);
    reach.next = fmt::format("ask for each side of the exchange gateway: {}", gateways);
  }
  return reach;
}

}  // namespace causeway::scheduler
