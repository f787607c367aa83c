// SPDX-License-Identifier: Apache-2.0
#include "agent/network/flow_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
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
// second of them takes the next one.
class Numbers {
 public:
  void add(const std::string& id) { ids_.insert(id); }
  [[nodiscard]] std::map<std::string, std::uint32_t> give() const {
    std::map<std::string, std::uint32_t> numbers;
    std::set<std::uint32_t> taken{0};
    for (const std::string& id : ids_) {
      auto number = static_cast<std::uint32_t>(stable_hash(id) >> 16U);
      while (!taken.insert(number).second) ++number;
      numbers.emplace(id, number);
    }
    return numbers;
  }

 private:
  std::set<std::string> ids_;
};

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

class Stage {
 public:
  Stage(const ZonePolicy& policy, std::uint8_t next, std::vector<Flow>& flows)
      : policy_(policy), next_(next), flows_(flows) {}

  void run() {
    track();
    asked();
    senders();
    rules();
    for (const auto& [match, halves] : halves_)
      add(kRules, 100, match, fmt::format("{}", fmt::join(halves, ",")));
    for (const std::uint32_t number : used_sets_)
      add(kRules, 100, fmt::format("conj_id={}", number), fmt::format("goto_table:{}", kNote));
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

  void asked() {
    Numbers names;
    const auto guards = guards_by_address(policy_);
    for (const auto& [address, guard] : guards) names.add(guard);
    for (const model::Guard& guard : policy_.guards) names.add(guard.id);
    guard_numbers_ = names.give();
    for (const auto& [address, guard] : guards) {
      const auto actions = fmt::format("set_field:{}->reg4,goto_table:{}", guard_numbers_.at(guard), kRules);
      const char* const receiver = address.v6 ? "ipv6_dst" : "nw_dst";
      const char* const sender = address.v6 ? "ipv6_src" : "nw_src";
      add(kAsked, 100, fmt::format("ct_state=-rpl+trk,{},{}={}", family(address.v6), receiver, address.str()),
          actions);
      add(kAsked, 100, fmt::format("ct_state=+rpl+trk,{},{}={}", family(address.v6), sender, address.str()),
          actions);
    }
    add(kAsked, 0, "", fmt::format("goto_table:{}", kNote));
  }

  // One half of each set's conjunction: who begins.
  void senders() {
    Numbers names;
    for (const model::Guard& guard : policy_.guards)
      for (const model::Rule& rule : guard.rules) names.add(rule.from);
    set_numbers_ = names.give();
    for (const model::AddressSet& set : policy_.address_sets) {
      const auto number = set_numbers_.find(set.id);
      if (number == set_numbers_.end()) continue;
      for (const model::Subnet& member : set.members) {
        families_[set.id].insert(member.first.v6);
        used_sets_.insert(number->second);
        std::string match = fmt::format("{},{}", kFits, family(member.first.v6));
        if (member.length > 0)
          match += fmt::format(",{}={}", member.first.v6 ? "ct_ipv6_src" : "ct_nw_src", member.str());
        halves_[std::move(match)].insert(fmt::format("conjunction({},1/2)", number->second));
      }
    }
  }

  // The other half: what may be begun.
  void rules() {
    for (const model::Guard& guard : policy_.guards)
      for (const model::Rule& rule : guard.rules)
        if (const auto known = families_.find(rule.from); known != families_.end())
          for (const bool v6 : known->second)
            for (const std::string& what : matches(rule, v6))
              halves_[fmt::format("reg4={},{},{}{}", guard_numbers_.at(guard.id), kFits, family(v6), what)]
                  .insert(fmt::format("conjunction({},2/2)", set_numbers_.at(rule.from)));
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
  std::uint8_t next_;
  std::vector<Flow>& flows_;
  std::map<std::string, std::uint32_t> guard_numbers_;
  std::map<std::string, std::uint32_t> set_numbers_;
  std::map<std::string, std::set<bool>> families_;  // of each set's members
  std::set<std::uint32_t> used_sets_;
  std::map<std::string, std::set<std::string>> halves_;  // match to the conjunctions that it is a half of
};

}  // namespace

bool guarded(const ZonePolicy& policy) {
  const auto has_guard = [](const auto& port) { return !port.guard.empty(); };
  return std::ranges::any_of(policy.ports, has_guard) ||
         std::ranges::any_of(policy.segments, [&](const Segment& segment) {
           return std::ranges::any_of(segment.remote, has_guard);
         });
}

void add_rule_flows(const ZonePolicy& policy, std::uint8_t next, std::vector<Flow>& flows) {
  if (guarded(policy)) Stage(policy, next, flows).run();
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
