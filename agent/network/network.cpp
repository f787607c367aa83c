// SPDX-License-Identifier: Apache-2.0
#include "agent/network/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>

#include "agent/network/stable_hash.h"

namespace causeway::agent {
namespace {

// Spreads each bit over all others, so that sums of such numbers don't meet (the finalizer of splitmix64).
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ value >> 30U) * 0xbf58476d1ce4e5b9U;
  value = (value ^ value >> 27U) * 0x94d049bb133111ebU;
  return value ^ value >> 31U;
}

std::string_view text_of(std::string_view text) { return text; }
template <class Tag>
std::string_view text_of(const Name<Tag>& name) {
  return name.str();
}
template <std::integral Number>
std::string text_of(Number number) {
  return fmt::format_int(number).str();
}

// The sum of statements about a bridge that each stand alone, so that their order says nothing. A statement's
// number is the hash of its line of text, taken part by part: lines are never put together, because a host
// with thousands of ports is asked for this in every pass.
class Statements {
 public:
  explicit Statements(std::uint64_t first) : sum_(first) {}

  void add(const auto&... parts) {
    std::uint64_t hash = stable_hash("");
    ((hash = stable_hash(text_of(parts), hash)), ...);
    sum_ += mixed(hash);
  }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  std::uint64_t sum_;
};

void add_rules(const ZonePolicy& policy, Statements& all) {
  for (const model::Guard& guard : policy.guards) {
    all.add("guard ", guard.id);
    for (const model::Rule& rule : guard.rules)
      all.add("guard ", guard.id, " ", static_cast<int>(rule.protocol), " from ", rule.from, " ports ",
              rule.first_port, "-", rule.last_port, " type ",
              rule.icmp_type ? static_cast<int>(*rule.icmp_type) : -1);
  }
  for (const model::AddressSet& set : policy.address_sets)
    for (const model::Subnet& member : set.members) all.add("set ", set.id, " has ", member.str());
}

void add_way_out(const ZonePolicy& policy, Statements& all) {
  if (!policy.way_out) return;
  all.add("out by vlan ", policy.way_out->vlan);
  std::string_view which = "out to ";
  for (const model::Mac& router : policy.way_out->routers) {
    all.add(which, router.str());
    which = "in from ";
  }
  for (const model::OutsideSystem& system : policy.way_out->systems)
    for (const model::Subnet& prefix : system.prefixes)
      all.add("outside ", system.guard, " has ", prefix.str());
}

}  // namespace

std::string tap_name(const PortId& port) {
  return fmt::format("cw{:011x}", stable_hash(port.str()) & 0xfff'ffff'ffffU);
}

std::string bridge_name(const ZoneId& zone) { return "cw-" + zone.str().substr(0, 8); }

const Segment* find_segment(const ZonePolicy& policy, const NetworkId& network) {
  const auto found = std::ranges::find(policy.segments, network, &Segment::network);
  return found == policy.segments.end() ? nullptr : &*found;
}

PolicyDigest digest(const ZonePolicy& policy) {
  Statements all(stable_hash(policy.zone.str()));
  for (const Segment& segment : policy.segments) {
    all.add("segment ", segment.network, " ", segment.vni);
    if (segment.vlan) all.add("segment ", segment.network, " vlan ", *segment.vlan);
    if (segment.way_out) all.add("segment ", segment.network, " has the way out");
    for (const model::IpAddress& gateway : segment.gateways)
      all.add("segment ", segment.network, " gateway ", gateway.str());
    for (const model::RemotePort& remote : segment.remote) {
      const auto mac = remote.mac.str();
      all.add("remote ", segment.network, " ", mac, " ", remote.underlay.str(), " ", remote.guard);
      for (const model::IpAddress& address : remote.addresses)
        all.add("remote ", segment.network, " ", mac, " has ", address.str());
    }
  }
  for (const PortWiring& port : policy.ports) {
    all.add("port ", port.port, " ", port.network, " ", port.mac.str(), " ", port.guard);
    all.add("port ", port.port, " mtu ", port.mtu);
    all.add("port ", port.port, " bandwidth ", port.bandwidth.value);
    for (const model::Subnet& subnet : port.subnets) all.add("port ", port.port, " in ", subnet.str());
    for (const model::IpAddress& address : port.addresses)
      all.add("port ", port.port, " has ", address.str());
  }
  for (const Joint& joint : policy.joints)
    all.add("joint ", std::min(joint.a, joint.b), " ", std::max(joint.a, joint.b));
  add_way_out(policy, all);
  add_rules(policy, all);
  return PolicyDigest{all.sum()};
}

}  // namespace causeway::agent
