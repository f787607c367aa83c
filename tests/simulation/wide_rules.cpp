// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/wide_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "common/model/wave.h"

namespace causeway::simulation {
namespace {

using Records = std::map<model::RecordKey, model::Record>;

template <class T>
std::vector<const T*> all(const Records& records) {
  std::vector<const T*> found;
  for (const auto& [key, record] : records)
    if (const auto* one = std::get_if<T>(&record)) found.push_back(one);
  return found;
}

class Law {
 public:
  Law(const model::Assignment& assignment, const Records& records, Instant now)
      : assignment_(assignment), records_(records), now_(now) {
    for (const auto* network : all<model::NetworkRecord>(records)) zones_[network->id] = network->spec.zone;
    for (const auto* workload : all<model::Workload>(records))
      for (const auto& port : workload->ports)
        for (const auto& address : port.addresses)
          owners_[{zones_[port.network], address}].push_back(workload);
  }

  std::string broken() const {
    for (const auto& workload : assignment_.workloads) {
      if (auto what = zones_that_meet(workload); !what.empty()) return what;
      for (const auto& port : workload.ports)
        if (auto what = broken_at(workload.id, port.guard, zone_of(port.network)); !what.empty()) return what;
    }
    for (const auto& network : assignment_.networks) {
      for (const auto& remote : network.remote_ports)
        for (const auto& address : remote.addresses)
          for (const auto* owner : owners_of(zone_of(network.id), address))
            if (auto what = broken_at(owner->id, remote.guard, zone_of(network.id)); !what.empty())
              return what;
      for (const auto& other : network.joined)
        if (auto what = wrongly_joined(network.id, other); !what.empty()) return what;
    }
    return "";
  }

 private:
  [[nodiscard]] ZoneId zone_of(const NetworkId& network) const {
    const auto found = zones_.find(network);
    return found == zones_.end() ? ZoneId() : found->second;
  }

  // Ports in two zones are an exchange gateway's, on a host for that.
  [[nodiscard]] std::string zones_that_meet(const model::AssignedWorkload& workload) const {
    std::set<ZoneId> zones;
    for (const auto& port : workload.ports) zones.insert(zone_of(port.network));
    if (zones.size() < 2) return "";
    for (const auto* site : all<model::Site>(records_)) {
      const auto host = site->hosts.find(assignment_.host);
      if (host == site->hosts.end() || !host->second.exchange_host || host->second.zones != zones)
        return fmt::format("{} has ports in two zones, and {} is no exchange host of these", workload.id,
                           assignment_.host);
    }
    for (const auto* record : all<model::Workload>(records_))
      if (record->id == workload.id && record->exchange_gateway.empty())
        return fmt::format("{} has ports in two zones and is no exchange gateway", workload.id);
    return "";
  }

  [[nodiscard]] std::vector<const model::Workload*> owners_of(const ZoneId& zone,
                                                              const model::IpAddress& address) const {
    const auto found = owners_.find({zone, address});
    return found == owners_.end() ? std::vector<const model::Workload*>{} : found->second;
  }

  // Whether a workload of that port may be asked for this by whoever the rule lets in.
  [[nodiscard]] std::string broken_at(const WorkloadId& receiver, const std::string& guard,
                                      const ZoneId& zone) const {
    if (guard.empty()) return fmt::format("{} has no guard", receiver);
    for (const auto& one : assignment_.guards) {
      if (one.id != guard) continue;
      for (const auto& rule : one.rules)
        for (const auto& set : assignment_.address_sets)
          if (set.id == rule.from)
            for (const auto& member : set.members)
              if (auto what = broken_by(receiver, rule, member, zone); !what.empty()) return what;
    }
    return "";
  }

  [[nodiscard]] std::string broken_by(const WorkloadId& receiver, const model::Rule& rule,
                                      const model::Subnet& member, const ZoneId& zone) const {
    const auto said = fmt::format("a rule lets {} reach {} at {} to {}", member.str(), receiver,
                                  rule.first_port, rule.last_port);
    if (member.length != member.first.bits()) return said + ": a whole subnet";
    // An address that was given back belongs to nobody, and nobody can send from it.
    for (const auto* sender : owners_of(zone, member.first))
      if (!may(*sender, receiver, rule))
        return fmt::format("{}, which is {}'s: nothing grants that", said, sender->id);
    return "";
  }

  [[nodiscard]] bool may(const model::Workload& sender, const WorkloadId& receiver,
                         const model::Rule& rule) const {
    const bool same = model::application_of(sender.id) == model::application_of(receiver);
    switch (rule.protocol) {
      case model::RuleProtocol::icmp:
        return (same && rule.icmp_type == 8) ||
               may_ask(sender, receiver, model::Protocol::icmp, rule.icmp_type.value_or(0),
                       rule.icmp_type.value_or(255), same);
      case model::RuleProtocol::icmp6:
        return (same && rule.icmp_type == 128) ||
               may_ask(sender, receiver, model::Protocol::icmp6, rule.icmp_type.value_or(0),
                       rule.icmp_type.value_or(255), same);
      case model::RuleProtocol::tcp:
        return may_ask(sender, receiver, model::Protocol::tcp, rule.first_port, rule.last_port, same);
      case model::RuleProtocol::udp:
        return may_ask(sender, receiver, model::Protocol::udp, rule.first_port, rule.last_port, same);
      case model::RuleProtocol::any: return false;
    }
    return false;
  }

  // Ports, or types of ICMP, from first to last.
  [[nodiscard]] bool may_ask(const model::Workload& sender, const WorkloadId& receiver,
                             model::Protocol protocol, int first, int last, bool same) const {
    const auto owner = model::application_of(receiver);
    for (const auto* workload : all<model::Workload>(records_)) {
      if (workload->id != receiver) continue;
      for (const auto* application : all<model::ApplicationRecord>(records_)) {
        // One that its file no longer counts keeps the entry that it came from.
        const auto entry = application->spec.workloads.find(workload->entry);
        if (application->id != owner || entry == application->spec.workloads.end()) continue;
        for (const auto& [name, service] : entry->second.offers)
          if (service.protocol == protocol && service.first <= first && last <= service.last &&
              (same || granted(model::application_of(sender.id), model::service_id(owner, name))))
            return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool granted(const ApplicationId& application, const ServiceId& service) const {
    return std::ranges::any_of(all<model::GrantRecord>(records_), [&](const auto* grant) {
      return grant->application == application && grant->service == service && !grant->closing &&
             grant->until > now_;
    });
  }

  [[nodiscard]] std::string wrongly_joined(const NetworkId& a, const NetworkId& b) const {
    std::set<ZoneId> zones;
    for (const auto* network : all<model::NetworkRecord>(records_)) {
      if (network->id != a && network->id != b) continue;
      zones.insert(network->spec.zone);
      if (!network->spec.gateway) return fmt::format("network {} is joined and has no gateway", network->id);
    }
    return zones.size() > 1 ? fmt::format("networks {} and {} of two zones are joined", a, b) : "";
  }

  const model::Assignment& assignment_;
  const Records& records_;
  Instant now_;
  std::map<NetworkId, ZoneId> zones_;
  // An address means something in its zone only: another zone may have the same.
  std::map<std::pair<ZoneId, model::IpAddress>, std::vector<const model::Workload*>> owners_;
};

}  // namespace

std::string too_wide(const model::Assignment& assignment, const Records& records, Instant now) {
  return Law(assignment, records, now).broken();
}

}  // namespace causeway::simulation
