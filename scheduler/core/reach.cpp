// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/reach.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/core/text.h"
#include "common/model/wave.h"
#include "scheduler/core/joints.h"
#include "scheduler/core/rules.h"
#include "scheduler/core/state.h"

namespace causeway::scheduler {
namespace {

using model::RuleProtocol;

bool lets_in(const model::Rule& rule, const std::string& from, const Asked& asked) {
  if (rule.from != from || rule.protocol != asked.protocol) return false;
  return asked.protocol == RuleProtocol::icmp ||
         (rule.first_port <= asked.port && asked.port <= rule.last_port);
}

// The service at which a grant would open it.
std::string offered(const Tables& tables, const model::Workload& to, const Asked& asked) {
  const auto application = tables.applications().find(model::application_of(to.id));
  if (application == tables.applications().end()) return "";
  const auto entry = application->second.spec.workloads.find(to.entry);
  if (entry == application->second.spec.workloads.end()) return "";
  for (const auto& [name, service] : entry->second.offers) {
    const auto protocol = service.protocol == model::Protocol::tcp ? RuleProtocol::tcp : RuleProtocol::udp;
    if (protocol == asked.protocol && service.port == asked.port)
      return model::service_id(model::application_of(to.id), name).str();
  }
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
                               const ZoneId& zone, std::string& why_not) {
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
  reach.way = way_between(tables, from, to, zone, no_way);
  const auto guard = guard_for(tables, to, zone);
  const auto asking = set_of(tables, model::application_of(from.id), zone);
  const auto rule =
      std::ranges::find_if(guard.rules, [&](const model::Rule& one) { return lets_in(one, asking, asked); });
  if (rule == guard.rules.end()) {
    const auto service = offered(tables, to, asked);
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
  if (text.empty() || text == "ping") return Asked{"ping", RuleProtocol::icmp, 0};
  const auto parts = split(text, '/');
  if (parts.size() != 2 || (parts[0] != "tcp" && parts[0] != "udp")) return std::nullopt;
  Asked asked{text, parts[0] == "tcp" ? RuleProtocol::tcp : RuleProtocol::udp, 0};
  const char* last = parts[1].data() + parts[1].size();
  const auto [end, error] = std::from_chars(parts[1].data(), last, asked.port);
  return error == std::errc{} && end == last && asked.port != 0 ? std::optional(asked) : std::nullopt;
}

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
  for (const auto& [name, service] : offers) {
    const bool tcp = service.protocol == model::Protocol::tcp;
    questions.push_back({fmt::format("{}/{}", tcp ? "tcp" : "udp", service.port),
                         tcp ? RuleProtocol::tcp : RuleProtocol::udp, service.port});
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
