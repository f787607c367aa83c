// SPDX-License-Identifier: Apache-2.0
#include "agent/network/way_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "agent/network/gateway.h"
#include "agent/network/meters.h"

namespace causeway::agent {
namespace {

constexpr std::uint8_t kAdmit = 0;
constexpr std::uint8_t kForWhom = 1;
constexpr std::uint8_t kAnswer6 = 2;

constexpr auto kUntagged = "vlan_tci=0x0000/0x1fff";
// A neighbour solicitation that no router has passed on.
constexpr auto kQuestion6 = "icmp6,icmp_type=135,icmp_code=0,nw_ttl=255";
// The flags of an advertisement that answers a question, and counts more than what was known.
constexpr std::uint32_t kSolicitedOverride = 0x60000000;

bool is_anybodys(const model::Mac& mac) {
  return (mac.bytes[0] & 1U) == 0 && mac != model::Mac{} && mac != kGatewayMac;
}

Result<> check_routers(const ZonePolicy& policy) {
  const auto& routers = policy.way_out->routers;
  if (routers.empty()) return fail(Errc::invalid, "the way out has no router");
  const auto is_port = [&](const model::Mac& mac) {
    return std::ranges::find(policy.ports, mac, &PortWiring::mac) != policy.ports.end() ||
           std::ranges::any_of(policy.segments, [&](const Segment& segment) {
             return std::ranges::find(segment.remote, mac, &model::RemotePort::mac) != segment.remote.end();
           });
  };
  for (const model::Mac& router : routers)
    if (!is_anybodys(router) || is_port(router))
      return fail(Errc::invalid, fmt::format("the way out: {} is no MAC of a router", router.str()));
  return {};
}

Result<> check_prefixes(const ZonePolicy& policy) {
  std::vector<model::Subnet> all;
  for (const model::OutsideSystem& system : policy.way_out->systems)
    for (const model::Subnet& prefix : system.prefixes) {
      for (const model::Subnet& other : all)
        if (other.overlaps(prefix))
          return fail(Errc::invalid,
                      fmt::format("the way out: {} and {} overlap", other.str(), prefix.str()));
      all.push_back(prefix);
    }
  const auto inside = [&](const auto& port) -> Result<> {
    for (const model::IpAddress& address : port.addresses)
      for (const model::Subnet& prefix : all)
        if (prefix.contains(address))
          return fail(Errc::invalid, fmt::format("the way out: {} holds {}, which is a port's", prefix.str(),
                                                 address.str()));
    return {};
  };
  for (const PortWiring& port : policy.ports) CAUSEWAY_TRY(inside(port));
  for (const Segment& segment : policy.segments)
    for (const model::RemotePort& port : segment.remote) CAUSEWAY_TRY(inside(port));
  return {};
}

class Stage {
 public:
  Stage(const ZonePolicy& policy, std::uint32_t uplink, const WayOutTables& tables, std::vector<Flow>& flows)
      : policy_(policy), way_(*policy.way_out), uplink_(uplink), tables_(tables), flows_(flows) {}

  void run() {
    arrive();
    receive();
    leave();
  }

 private:
  void add(std::uint8_t table, std::uint16_t priority, std::string match, std::string actions) {
    flows_.push_back({table, priority, std::move(match), std::move(actions)});
  }

  // By what comes out of the uplink, and goes back where it came from.
  [[nodiscard]] std::string back() const {
    return fmt::format("push_vlan:0x8100,set_field:{}->vlan_vid,in_port", kVlanPresent + way_.vlan);
  }

  void arrive() {
    for (const model::Mac& router : way_.routers)
      add(kAdmit, 100, fmt::format("in_port={},dl_vlan={},dl_src={}", uplink_, way_.vlan, router.str()),
          fmt::format("pop_vlan,set_field:2->reg1,goto_table:{}", kForWhom));
    // Whoever looks whether an address is free speaks for nobody yet.
    add(kForWhom, 110, fmt::format("{},{},ipv6_src=::", kUntagged, kQuestion6), "drop");
    add(kAnswer6, 100, "icmp6,icmp_type=136,icmp_code=0",
        fmt::format("set_field:{}->nd_reserved,set_field:2->nd_options_type,"
                    "move:NXM_OF_ETH_SRC[]->NXM_NX_ND_TLL[],{}",
                    kSolicitedOverride, back()));
    for (const model::OutsideSystem& system : way_.systems)
      for (const model::Subnet& prefix : system.prefixes)
        add(tables_.sender, 100,
            fmt::format("reg1=2,{}={}", prefix.first.v6 ? "ipv6,ipv6_src" : "ip,nw_src", prefix.str()),
            fmt::format("goto_table:{}", prefix.first.v6 ? tables_.icmp6 : tables_.onward));
  }

  // The ports that face the outside, by MAC and by address: where two claim one, the first counts.
  void receive() {
    std::map<model::Mac, std::uint32_t> macs;
    std::map<model::IpAddress, model::Mac> owners;
    for (const PortWiring& port : policy_.ports) {
      if (!faces_outside(policy_, port)) continue;
      const std::uint32_t vni = find_segment(policy_, port.network)->vni;
      const auto [known, added] = macs.emplace(port.mac, vni);
      known->second = std::min(known->second, vni);
      for (const model::IpAddress& address : port.addresses) {
        const auto owner = owners.emplace(address, port.mac).first;
        owner->second = std::min(owner->second, port.mac);
      }
    }
    for (const auto& [mac, vni] : macs)
      for (const char* family : {"ip", "ipv6"})
        add(kForWhom, 50, fmt::format("{},{},dl_dst={}", kUntagged, family, mac.str()),
            fmt::format("set_field:{}->reg0,set_field:{}->eth_src,goto_table:{}", vni, kGatewayMac.str(),
                        tables_.sender));
    for (const auto& [address, mac] : owners) answer(address, mac);
  }

  void answer(const model::IpAddress& address, const model::Mac& mac) {
    const std::string asked = address.str();
    const std::string turned =
        fmt::format("meter:{},move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:{}->eth_src",
                    question_meter(uplink_), mac.str());
    if (address.v6)
      add(kForWhom, 100, fmt::format("{},{},nd_target={}", kUntagged, kQuestion6, asked),
          fmt::format("{},move:NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[],set_field:{}->ipv6_src,"
                      "set_field:136->icmpv6_type,goto_table:{}",
                      turned, asked, kAnswer6));
    else
      add(kForWhom, 100, fmt::format("{},arp,arp_op=1,arp_tpa={}", kUntagged, asked),
          fmt::format("{},set_field:2->arp_op,move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],set_field:{}->arp_sha,"
                      "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],set_field:{}->arp_spa,{}",
                      turned, mac.str(), asked, back()));
  }

  // What the gateway is asked to pass on; it has taken its hop already.
  void leave() {
    if (!has_gateway(policy_)) return;
    for (const model::OutsideSystem& system : way_.systems)
      for (const model::Subnet& prefix : system.prefixes)
        add(kOwner, 50, fmt::format("{}={}", prefix.first.v6 ? "ipv6,ipv6_dst" : "ip,nw_dst", prefix.str()),
            fmt::format("set_field:{}->eth_dst,set_field:{}->reg5,goto_table:{}", way_.routers.front().str(),
                        kOutside, kJoined));
    for (const Segment& segment : policy_.segments)
      if (segment.way_out)
        add(kJoined, 100, fmt::format("reg0={},reg5={}", segment.vni, kOutside), out_by(uplink_, way_.vlan));
  }

  const ZonePolicy& policy_;
  const model::WayOut& way_;
  std::uint32_t uplink_;
  const WayOutTables& tables_;
  std::vector<Flow>& flows_;
};

}  // namespace

Result<> check_way_out(const ZonePolicy& policy) {
  if (!policy.way_out) return {};
  const int vlan = policy.way_out->vlan;
  if (vlan < 1 || vlan > model::kVlanMax ||
      std::ranges::find(policy.segments, std::optional(vlan), &Segment::vlan) != policy.segments.end())
    return fail(Errc::invalid, fmt::format("the way out: VLAN {} is not in 1 to {}, or is a network's", vlan,
                                           model::kVlanMax));
  CAUSEWAY_TRY(check_routers(policy));
  return check_prefixes(policy);
}

bool faces_outside(const ZonePolicy& policy, const PortWiring& port) {
  const Segment* segment = find_segment(policy, port.network);
  return policy.way_out && segment != nullptr && segment->way_out && !port.guard.empty();
}

std::string out_by(std::uint32_t uplink, int vlan) {
  return fmt::format("push_vlan:0x8100,set_field:{}->vlan_vid,output:{}", kVlanPresent + vlan, uplink);
}

void add_way_out_flows(const ZonePolicy& policy, std::uint32_t uplink, const WayOutTables& tables,
                       std::vector<Flow>& flows) {
  Stage(policy, uplink, tables, flows).run();
}

}  // namespace causeway::agent
