// SPDX-License-Identifier: Apache-2.0
#include "agent/network/cuts.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "agent/network/evaluate_rules.h"

namespace causeway::agent {
namespace {

// So many reasons are remembered; beyond that the oldest go.
constexpr std::size_t kReasonsKept = 256;

// The guard of who is asked, here or outside: what is asked on another host is counted there. Nothing: nobody
// known is asked.
std::optional<std::string> guard_of(const ZonePolicy& policy, const model::IpAddress& address) {
  for (const PortWiring& port : policy.ports)
    if (std::ranges::find(port.addresses, address) != port.addresses.end()) return port.guard;
  if (!policy.way_out) return std::nullopt;
  for (const model::OutsideSystem& system : policy.way_out->systems)
    for (const model::Subnet& prefix : system.prefixes)
      if (prefix.contains(address)) return system.guard;
  return std::nullopt;
}

template <class T>
bool lacks_any(const std::vector<T>& before, const std::vector<T>& after) {
  return std::ranges::any_of(before,
                             [&](const T& one) { return std::ranges::find(after, one) == after.end(); });
}

}  // namespace

bool takes_away(const ZonePolicy& before, const ZonePolicy& after) {
  std::map<std::string_view, const model::Guard*> guards;
  for (const model::Guard& guard : after.guards) guards.emplace(guard.id, &guard);
  for (const model::Guard& guard : before.guards) {
    const auto now = guards.find(guard.id);
    if (now == guards.end()) return true;
    if (*now->second != guard && lacks_any(guard.rules, now->second->rules)) return true;
  }
  std::map<std::string_view, const model::AddressSet*> sets;
  for (const model::AddressSet& set : after.address_sets) sets.emplace(set.id, &set);
  for (const model::AddressSet& set : before.address_sets) {
    const auto now = sets.find(set.id);
    if (now == sets.end()) return true;
    if (*now->second != set && lacks_any(set.members, now->second->members)) return true;
  }
  return false;
}

std::map<std::string, std::vector<Connection>> cut_between(const ZonePolicy& before, const ZonePolicy& after,
                                                           const std::vector<Connection>& connections) {
  std::map<std::string, std::vector<Connection>> cut;
  for (const Connection& connection : connections) {
    const auto guard = guard_of(before, connection.to);
    if (!guard || guard->empty()) continue;
    const auto why = let_in_by(before, *guard, connection);
    const auto now = guard_of(after, connection.to);
    const bool stays = now && (now->empty() || lets_in(after, *now, connection));
    if (why && !stays) cut[*why].push_back(connection);
  }
  return cut;
}

void CutBook::note(const std::map<std::string, std::vector<Connection>>& cut, Generation generation) {
  for (const auto& [why, connections] : cut)
    newest_.insert_or_assign(why, model::Cut{why, generation, connections.size()});
  while (newest_.size() > kReasonsKept)
    newest_.erase(
        std::ranges::min_element(newest_, {}, [](const auto& entry) { return entry.second.generation; }));
}

std::vector<model::Cut> CutBook::all() const {
  std::vector<model::Cut> all;
  for (const auto& [why, cut] : newest_) all.push_back(cut);
  return all;
}

}  // namespace causeway::agent
