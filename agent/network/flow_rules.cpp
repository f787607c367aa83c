// SPDX-License-Identifier: Apache-2.0
#include "agent/network/flow_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "agent/network/packet.h"
#include "agent/network/stable_hash.h"

namespace causeway::agent {
namespace {

constexpr std::uint8_t kAsked = 31;
constexpr std::uint8_t kRules = 32;
constexpr std::uint8_t kNote = 33;

constexpr auto kGroup = "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00";
// What a connection's fields can be matched with: they mean nothing in a packet that fits no connection.
constexpr auto kFits = "ct_state=-inv+trk";

constexpr const char* family(bool v6) { return v6 ? "ipv6" : "ip"; }

// Numbers by name, so that a change of one name renumbers no other. Two names of one number are rare, and the
// second of them takes the next one. The names live elsewhere.
using Numbers = std::map<std::string_view, std::uint32_t>;

Numbers number(const std::unordered_set<std::string_view>& names) {
  Numbers numbers;
  for (const std::string_view name : names) numbers.emplace(name, 0);
  std::unordered_set<std::uint32_t> taken{0};
  for (auto& [name, its_number] : numbers) {
    its_number = static_cast<std::uint32_t>(stable_hash(name) >> 16U);
    while (!taken.insert(its_number).second) ++its_number;
  }
  return numbers;
}

// The blocks of numbers with a common beginning that make up a range.
struct Block {
  std::uint16_t first = 0;
  std::uint16_t mask = 0;
};
std::vector<Block> blocks(std::uint32_t first, std::uint32_t last) {
  std::vector<Block> found;
  while (first <= last) {
    std::uint32_t size = 1;
    while (size <= 0x8000 && (first & (2 * size - 1)) == 0 && first + 2 * size - 1 <= last) size *= 2;
    found.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(0x10000 - size)});
    first += size;
  }
  return found;
}

// The guard of each address. Where ports claim the same one, those of this host count, and one with a guard
// before one without.
std::map<model::IpAddress, std::string> guards_by_address(const ZonePolicy& policy) {
  std::map<model::IpAddress, std::string> guards;
  const auto claim = [](auto& into, const auto& addresses, const std::string& guard) {
    for (const model::IpAddress& address : addresses) {
      const auto [held, added] = into.emplace(address, guard);
      if (!added && !guard.empty() && (held->second.empty() || guard < held->second)) held->second = guard;
    }
  };
  for (const PortWiring& port : policy.ports) claim(guards, port.addresses, port.guard);
  std::map<model::IpAddress, std::string> elsewhere;
  for (const Segment& segment : policy.segments)
    for (const model::RemotePort& port : segment.remote) claim(elsewhere, port.addresses, port.guard);
  guards.merge(elsewhere);
  std::erase_if(guards, [](const auto& entry) { return entry.second.empty(); });
  return guards;
}

// Of every guard that is spoken of. Whose addresses each one has is not asked.
Numbers guard_numbers(const ZonePolicy& policy) {
  std::unordered_set<std::string_view> names;
  for (const PortWiring& port : policy.ports) names.insert(port.guard);
  for (const Segment& segment : policy.segments)
    for (const model::RemotePort& port : segment.remote) names.insert(port.guard);
  for (const model::Guard& guard : policy.guards) names.insert(guard.id);
  if (policy.way_out)
    for (const model::OutsideSystem& system : policy.way_out->systems) names.insert(system.guard);
  return number(names);
}

// The flows of table 32.
class Rules {
 public:
  // The policy outlives it.
  explicit Rules(const ZonePolicy& policy) : policy_(policy), guard_numbers_(guard_numbers(policy)) {
    std::unordered_set<std::string_view> names;
    for (const model::Guard& guard : policy.guards)
      for (const model::Rule& rule : guard.rules) names.insert(rule.from);
    set_numbers_ = number(names);
    for (const model::AddressSet& set : policy.address_sets) {
      std::set<bool>& families = families_[set.id];
      for (const model::Subnet& member : set.members) families.insert(member.first.v6);
    }
  }

  [[nodiscard]] std::uint32_t number_of(std::string_view guard) const { return guard_numbers_.at(guard); }

  // One half of each set's conjunction: who begins. And what follows once both halves fit.
  void senders(std::vector<Flow>& flows) const {
    Halves halves;
    std::set<std::uint32_t> used;
    for (const model::AddressSet& set : policy_.address_sets) {
      const auto number = set_numbers_.find(set.id);
      if (number == set_numbers_.end()) continue;
      for (const model::Subnet& member : set.members) {
        used.insert(number->second);
        std::string match = fmt::format("{},{}", kFits, family(member.first.v6));
        if (member.length > 0)
          match += fmt::format(",{}={}", member.first.v6 ? "ct_ipv6_src" : "ct_nw_src", member.str());
        halves[std::move(match)].insert(fmt::format("conjunction({},1/2)", number->second));
      }
    }
    add(halves, flows);
    for (const std::uint32_t number : used)
      flows.push_back({kRules, 100, fmt::format("conj_id={}", number), fmt::format("goto_table:{}", kNote)});
  }

  // The other half: what may be begun with whoever has one of these guards.
  void services(const std::vector<const model::Guard*>& guards, std::vector<Flow>& flows) const {
    Halves halves;
    for (const model::Guard* guard : guards)
      for (const model::Rule& rule : guard->rules)
        if (const auto known = families_.find(rule.from); known != families_.end())
          for (const bool v6 : known->second)
            for (const std::string& what : matches(rule, v6))
              halves[fmt::format("reg4={},{},{}{}", guard_numbers_.at(guard->id), kFits, family(v6), what)]
                  .insert(fmt::format("conjunction({},2/2)", set_numbers_.at(rule.from)));
    add(halves, flows);
  }

  // Whether what both know has one number in both, and sets that both name have members of the same families:
  // then a guard that is equal has equal flows.
  [[nodiscard]] bool agrees_with(const Rules& other) const {
    return agree(guard_numbers_, other.guard_numbers_) && agree(set_numbers_, other.set_numbers_) &&
           std::ranges::all_of(set_numbers_, [&](const auto& set) {
             return !other.set_numbers_.contains(set.first) ||
                    families_of(set.first) == other.families_of(set.first);
           });
  }

  [[nodiscard]] bool has_senders_of(const Rules& other) const {
    return policy_.address_sets == other.policy_.address_sets && set_numbers_ == other.set_numbers_;
  }

 private:
  using Halves = std::map<std::string, std::set<std::string>>;  // match to the conjunctions it is a half of

  static void add(const Halves& halves, std::vector<Flow>& flows) {
    for (const auto& [match, conjunctions] : halves)
      flows.push_back({kRules, 100, match, fmt::format("{}", fmt::join(conjunctions, ","))});
  }

  [[nodiscard]] std::set<bool> families_of(std::string_view set) const {
    const auto found = families_.find(set);
    return found == families_.end() ? std::set<bool>{} : found->second;
  }

  static bool agree(const auto& one, const auto& other) {
    return std::ranges::all_of(one, [&](const auto& entry) {
      const auto there = other.find(entry.first);
      return there == other.end() || there->second == entry.second;
    });
  }

  static std::vector<std::string> matches(const model::Rule& rule, bool v6) {
    using enum model::RuleProtocol;
    switch (rule.protocol) {
      case any: return {""};
      case icmp: return v6 ? std::vector<std::string>{} : icmp_matches(rule, kIcmp);
      case icmp6: return v6 ? icmp_matches(rule, kIcmpv6) : std::vector<std::string>{};
      case tcp: return port_matches(rule, kTcp);
      case udp: return port_matches(rule, kUdp);
    }
    return {};
  }

  static std::vector<std::string> icmp_matches(const model::Rule& rule, std::uint8_t protocol) {
    const auto match = fmt::format(",ct_nw_proto={}", protocol);
    return {rule.icmp_type ? fmt::format("{},ct_tp_src={}", match, *rule.icmp_type) : match};
  }

  static std::vector<std::string> port_matches(const model::Rule& rule, std::uint8_t protocol) {
    std::vector<std::string> found;
    for (const Block& block : blocks(rule.first_port, rule.last_port)) {
      found.push_back(fmt::format(",ct_nw_proto={}", protocol));
      if (block.mask == 0xffff)
        found.back() += fmt::format(",ct_tp_dst={}", block.first);
      else if (block.mask != 0)
        found.back() += fmt::format(",ct_tp_dst={:#x}/{:#x}", block.first, block.mask);
    }
    return found;
  }

  const ZonePolicy& policy_;
  Numbers guard_numbers_;
  Numbers set_numbers_;
  std::map<std::string_view, std::set<bool>> families_;  // of each set's members
};

class Stage {
 public:
  Stage(const ZonePolicy& policy, std::uint8_t next, std::vector<Flow>& flows)
      : policy_(policy), next_(next), flows_(flows) {}

  void run() {
    track();
    const Rules rules(policy_);
    for (const auto& [address, guard] : guards_by_address(policy_))
      asked(address.v6, address.str(), rules.number_of(guard));
    if (policy_.way_out)
      for (const model::OutsideSystem& system : policy_.way_out->systems)
        for (const model::Subnet& prefix : system.prefixes)
          asked(prefix.first.v6, prefix.str(), rules.number_of(system.guard));
    add(kAsked, 0, "", fmt::format("goto_table:{}", kNote));
    rules.senders(flows_);
    std::vector<const model::Guard*> all;
    for (const model::Guard& guard : policy_.guards) all.push_back(&guard);
    rules.services(all, flows_);
  }

 private:
  void add(std::uint8_t table, std::uint16_t priority, std::string match, std::string actions) {
    flows_.push_back({table, priority, std::move(match), std::move(actions)});
  }

  void track() {
    const auto zone = conntrack_zone(policy_.zone);
    add(kConnection, 200, kGroup, fmt::format("goto_table:{}", next_));
    add(kConnection, 0, "", fmt::format("goto_table:{}", next_));
    add(kNote, 0, "", fmt::format("goto_table:{}", next_));
    for (const bool v6 : {false, true}) {
      add(kConnection, 100, family(v6), fmt::format("ct(table={},zone={})", kAsked, zone));
      add(kNote, 100, fmt::format("ct_state=+new+trk,{}", family(v6)),
          fmt::format("ct(commit,zone={}),goto_table:{}", zone, next_));
    }
  }

  // `who`: an address or a prefix.
  void asked(bool v6, const std::string& who, std::uint32_t guard) {
    const auto actions = fmt::format("set_field:{}->reg4,goto_table:{}", guard, kRules);
    add(kAsked, 100, fmt::format("ct_state=-rpl+trk,{},{}={}", family(v6), v6 ? "ipv6_dst" : "nw_dst", who),
        actions);
    add(kAsked, 100, fmt::format("ct_state=+rpl+trk,{},{}={}", family(v6), v6 ? "ipv6_src" : "nw_src", who),
        actions);
  }

  const ZonePolicy& policy_;
  std::uint8_t next_;
  std::vector<Flow>& flows_;
};

std::map<std::string_view, const model::Guard*> by_id(const std::vector<model::Guard>& guards) {
  std::map<std::string_view, const model::Guard*> found;
  for (const model::Guard& guard : guards) found.emplace(guard.id, &guard);
  return found;
}

// The guards of `some` that `others` don't have just so.
std::vector<const model::Guard*> differing(const std::map<std::string_view, const model::Guard*>& some,
                                           const std::map<std::string_view, const model::Guard*>& others) {
  std::vector<const model::Guard*> found;
  for (const auto& [id, guard] : some)
    if (const auto other = others.find(id); other == others.end() || *other->second != *guard)
      found.push_back(guard);
  return found;
}

}  // namespace

bool guarded(const ZonePolicy& policy) {
  if (policy.way_out) return true;
  const auto has_guard = [](const auto& port) { return !port.guard.empty(); };
  return std::ranges::any_of(policy.ports, has_guard) ||
         std::ranges::any_of(policy.segments, [&](const Segment& segment) {
           return std::ranges::any_of(segment.remote, has_guard);
         });
}

void add_rule_flows(const ZonePolicy& policy, std::uint8_t next, std::vector<Flow>& flows) {
  if (guarded(policy)) Stage(policy, next, flows).run();
}

std::optional<FlowChange> rule_change(const ZonePolicy& before, const ZonePolicy& after) {
  const bool alike = before.zone == after.zone && before.segments == after.segments &&
                     before.ports == after.ports && before.joints == after.joints &&
                     before.way_out == after.way_out;
  if (!alike) return std::nullopt;
  if (!guarded(before)) return FlowChange{};
  const Rules old_rules(before);
  const Rules new_rules(after);
  const auto old_guards = by_id(before.guards);
  const auto new_guards = by_id(after.guards);
  const bool named_once =
      old_guards.size() == before.guards.size() && new_guards.size() == after.guards.size();
  if (!named_once || !old_rules.agrees_with(new_rules)) return std::nullopt;

  std::vector<Flow> gone;
  std::vector<Flow> come;
  old_rules.services(differing(old_guards, new_guards), gone);
  new_rules.services(differing(new_guards, old_guards), come);
  if (!old_rules.has_senders_of(new_rules)) {
    old_rules.senders(gone);
    new_rules.senders(come);
  }
  std::ranges::sort(gone);
  std::ranges::sort(come);
  FlowChange change;
  std::ranges::set_difference(gone, come, std::back_inserter(change.gone));
  std::ranges::set_difference(come, gone, std::back_inserter(change.come));
  return change;
}

std::uint16_t conntrack_zone(const ZoneId& zone) {
  return static_cast<std::uint16_t>(1 + stable_hash(zone.str()) % 65535);
}

Result<> check_conntrack_zones(const ZoneId& one, const ZoneId& other) {
  if (one == other || conntrack_zone(one) != conntrack_zone(other)) return {};
  return fail(
      Errc::conflict,
      fmt::format("zones '{}' and '{}' would track their connections under one number, {}; rename one "
                  "of them",
                  one, other, conntrack_zone(one)));
}

}  // namespace causeway::agent
