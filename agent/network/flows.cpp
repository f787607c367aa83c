// SPDX-License-Identifier: Apache-2.0
#include "agent/network/flows.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "agent/network/dhcp.h"
#include "agent/network/dhcp6.h"
#include "agent/network/flow_rules.h"
#include "agent/network/forbidden.h"
#include "agent/network/gateway.h"
#include "agent/network/meters.h"
#include "agent/network/packet.h"
#include "agent/network/way_out.h"

namespace causeway::agent {
namespace {

constexpr std::uint8_t kAdmit = 0;
constexpr std::uint8_t kSender = 10;
constexpr std::uint8_t kIcmp6 = 11;
constexpr std::uint8_t kAnswer = 20;
constexpr std::uint8_t kAnswer6 = 21;
constexpr std::uint8_t kLocal = 40;  // what is guarded comes here by way of flow_rules.h
constexpr std::uint8_t kRemote = 41;

constexpr std::uint32_t kVniMax = (1U << 24U) - 1;

constexpr auto kGroup = "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00";
constexpr auto kDrop = "drop";
// Of what goes to another host.
constexpr std::uint16_t kForMac = 100;
constexpr std::uint16_t kPassedOn = 110;
// The flags of an advertisement that answers a question, and counts more than what was known.
constexpr std::uint32_t kSolicitedOverride = 0x60000000;

std::string to_table(std::uint8_t table) { return fmt::format("goto_table:{}", table); }

// A neighbour solicitation that no router has passed on (RFC 4861, section 7.1.1).
std::string question() { return "icmp6,icmp_type=135,icmp_code=0,nw_ttl=255"; }

std::string tunnel_end(const char* which, const model::IpAddress& host) {
  return fmt::format("{}_{}={}", host.v6 ? "tun_ipv6" : "tun", which, host.str());
}

class Generator {
 public:
  Generator(const ZonePolicy& policy, const PortNumbers& numbers)
      : policy_(policy),
        numbers_(numbers),
        judged_(has_gateway(policy) ? kGateway : kLocal),
        onward_(guarded(policy) ? kConnection : judged_) {}

  Result<std::vector<Flow>> run() {
    CAUSEWAY_TRY(index());
    common();
    for (const PortWiring& port : policy_.ports) {
      admit(port);
      leases(port);
      arp(port);
      ipv4(port);
      ipv6(port);
    }
    for (const Segment& segment : policy_.segments) deliver(segment);
    add_rule_flows(policy_, judged_, flows_);
    add_gateway_flows(policy_, kLocal, flows_);
    if (policy_.way_out && numbers_.uplink != 0)
      add_way_out_flows(policy_, numbers_.uplink, {kSender, kIcmp6, onward_}, flows_);
    std::ranges::sort(flows_);
    const auto repeated = std::ranges::unique(flows_);
    flows_.erase(repeated.begin(), repeated.end());
    return std::move(flows_);
  }

 private:
  struct Members {
    const Segment* segment;
    std::map<model::Mac, const PortWiring*> local;
  };

  Result<> index() {
    std::set<std::uint32_t> vnis;
    std::set<int> vlans;
    for (const Segment& segment : policy_.segments) {
      if (segment.vni == 0 || segment.vni > kVniMax)
        return fail(Errc::invalid, fmt::format("network '{}': VNI {} is not in 1 to {}", segment.network,
                                               segment.vni, kVniMax));
      if (!vnis.insert(segment.vni).second ||
          !networks_.try_emplace(segment.network, Members{&segment, {}}).second)
        return fail(Errc::invalid, fmt::format("network '{}': its name or its VNI {} is there twice",
                                               segment.network, segment.vni));
      if (!segment.vlan) continue;
      if (*segment.vlan < 1 || *segment.vlan > model::kVlanMax || !vlans.insert(*segment.vlan).second)
        return fail(Errc::invalid, fmt::format("network '{}': VLAN {} is not in 1 to {}, or is there twice",
                                               segment.network, *segment.vlan, model::kVlanMax));
    }
    for (const PortWiring& port : policy_.ports) {
      const auto network = networks_.find(port.network);
      if (network == networks_.end())
        return fail(Errc::invalid,
                    fmt::format("port '{}': the zone's policy has no network '{}'", port.port, port.network));
      if ((port.mac.bytes[0] & 1U) != 0 || port.mac == model::Mac{} || port.mac == kGatewayMac)
        return fail(Errc::invalid,
                    fmt::format("port '{}': {} is no MAC of a port", port.port, port.mac.str()));
      if (!network->second.local.try_emplace(port.mac, &port).second)
        return fail(Errc::invalid, fmt::format("port '{}': another port of network '{}' has its MAC {}",
                                               port.port, port.network, port.mac.str()));
      if (!numbers_.ports.contains(port.port))
        return fail(Errc::not_found, fmt::format("port '{}': it has not been made on this host", port.port));
      if (const auto vlan = network->second.segment->vlan; vlan && numbers_.uplink == 0)
        return fail(Errc::not_found,
                    fmt::format("port '{}': network '{}' is VLAN {}, and the zone's bridge has "
                                "no working uplink",
                                port.port, port.network, *vlan));
    }
    return check_way_out(policy_);
  }

  void add(std::uint8_t table, std::uint16_t priority, std::string match, std::string actions) {
    flows_.push_back(Flow{table, priority, std::move(match), std::move(actions)});
  }

  // What is the same for all ports.
  void common() {
    for (Flow& flow : forbidden_flows(kSender)) flows_.push_back(std::move(flow));
    // A solicitation whose options can't be read shows as one without a target.
    add(kIcmp6, 200, question() + ",nd_target=::", kDrop);
    // Errors and echo are all that is left of ICMPv6 for a guest; no multicast router listens to memberships
    // here.
    for (const int type : {1, 2, 3, 4, 128, 129})
      add(kIcmp6, 50, fmt::format("icmp6,icmp_type={}", type), to_table(onward_));
    add(kIcmp6, 40, "icmp6", kDrop);
    add(kIcmp6, 10, "ipv6", to_table(onward_));
    // The second half of an answer: its fields exist only once the packet is an advertisement.
    add(kAnswer6, 100, "icmp6,icmp_type=136,icmp_code=0",
        fmt::format("set_field:{}->nd_reserved,set_field:2->nd_options_type,"
                    "move:NXM_OF_ETH_SRC[]->NXM_NX_ND_TLL[],in_port",
                    kSolicitedOverride));
    add(kLocal, 0, "", to_table(kRemote));
  }

  [[nodiscard]] std::string from(const PortWiring& port) const {
    return fmt::format("in_port={}", numbers_.ports.at(port.port));
  }

  // A question goes on to be answered, as often as its port may ask.
  [[nodiscard]] std::string ask(const PortWiring& port, bool outside = false) const {
    const Segment& segment = *networks_.at(port.network).segment;
    std::string shown = segment.vlan ? to_uplink(*segment.vlan) + ",pop_vlan," : "";
    if (outside) shown += to_uplink(policy_.way_out->vlan) + ",pop_vlan,";
    return fmt::format("meter:{},{}goto_table:{}", question_meter(numbers_.ports.at(port.port)), shown,
                       kAnswer);
  }

  // The gateway's addresses of one family, if questions about them are shown outside.
  [[nodiscard]] std::vector<std::string> shown_outside(const PortWiring& port, bool v6) const {
    std::vector<std::string> addresses;
    if (numbers_.uplink == 0 || !faces_outside(policy_, port)) return addresses;
    for (const model::IpAddress& gateway : gateway_addresses(*networks_.at(port.network).segment))
      if (gateway.v6 == v6) addresses.push_back(gateway.str());
    return addresses;
  }

  [[nodiscard]] std::string to_uplink(int vlan) const { return out_by(numbers_.uplink, vlan); }

  // Ports of the network on other hosts, as they show on its VLAN.
  void arrive(const Segment& segment, const Members& members) {
    add(kAdmit, 100, fmt::format("in_port={},dl_vlan={}", numbers_.uplink, *segment.vlan),
        fmt::format("pop_vlan,set_field:{}->reg0,set_field:1->reg1,goto_table:{}", segment.vni, kSender));
    for (const model::RemotePort& remote : segment.remote) {
      if (members.local.contains(remote.mac)) continue;
      const auto own = fmt::format("in_port={},reg0={},vlan_tci=0x0000/0x1fff,dl_src={}", numbers_.uplink,
                                   segment.vni, remote.mac.str());
      add(kSender, 100, fmt::format("{},ipv6,ipv6_src={}", own, link_local(remote.mac).str()),
          to_table(kIcmp6));
      for (const model::IpAddress& address : remote.addresses)
        add(kSender, 100,
            fmt::format("{},{}={}", own, address.v6 ? "ipv6,ipv6_src" : "ip,nw_src", address.str()),
            to_table(address.v6 ? kIcmp6 : onward_));
    }
  }

  void admit(const PortWiring& port) {
    const std::string metered = port.bandwidth == MbitPerSecond{}
                                    ? ""
                                    : fmt::format("meter:{},", sending_meter(numbers_.ports.at(port.port)));
    add(kAdmit, 100, fmt::format("{},vlan_tci=0x0000/0x1fff,dl_src={}", from(port), port.mac.str()),
        fmt::format("{}set_field:{}->reg0,goto_table:{}", metered, networks_.at(port.network).segment->vni,
                    kSender));
  }

  // What a guest asks about its addresses goes to the agent; no other port hears it. What it says inside is
  // the agent's to check.
  void leases(const PortWiring& port) {
    const Segment& segment = *networks_.at(port.network).segment;
    const auto to_agent =
        fmt::format("meter:{},controller:65535", question_meter(numbers_.ports.at(port.port)));
    const auto ask_agent = [&](const std::string& what) {
      add(kSender, 210, fmt::format("{},{}", from(port), what), to_agent);
    };
    if (lease_for(port, segment)) ask_agent("udp,ip_frag=no,tp_src=68,tp_dst=67");
    if (!lease6_for(port, segment)) return;
    const std::string own = link_local(port.mac).str();
    ask_agent(fmt::format("udp6,ip_frag=no,tp_src=546,tp_dst=547,ipv6_src={},ipv6_dst={}", own,
                          all_dhcp6_servers().str()));
    for (const std::string& asker : {own, model::IpAddress{true, {}}.str()})
      ask_agent(fmt::format("icmp6,ip_frag=no,icmp_type={},icmp_code=0,nw_ttl=255,ipv6_src={},ipv6_dst={}",
                            kRouterSolicitation, asker, all_routers().str()));
  }

  void arp(const PortWiring& port) {
    for (const model::IpAddress& address : port.addresses) {
      if (address.v6) continue;
      const auto asks =
          fmt::format("{},arp,arp_op=1,arp_sha={},arp_spa={}", from(port), port.mac.str(), address.str());
      add(kSender, 100, asks, ask(port));
      for (const std::string& gateway : shown_outside(port, false))
        add(kSender, 110, fmt::format("{},arp_tpa={}", asks, gateway), ask(port, true));
    }
  }

  void ipv4(const PortWiring& port) {
    for (const model::IpAddress& address : port.addresses)
      if (!address.v6)
        add(kSender, 100, fmt::format("{},ip,nw_src={}", from(port), address.str()), to_table(onward_));
  }

  void ipv6(const PortWiring& port) {
    std::set<model::IpAddress> addresses{link_local(port.mac)};
    for (const model::IpAddress& address : port.addresses)
      if (address.v6) addresses.insert(address);
    for (const model::IpAddress& address : addresses)
      add(kSender, 100, fmt::format("{},ipv6,ipv6_src={}", from(port), address.str()), to_table(kIcmp6));
    // A question says who asks, or leaves it out.
    for (const std::string& option : {port.mac.str(), model::Mac{}.str()}) {
      const auto asks = fmt::format("{},{},nd_sll={}", from(port), question(), option);
      add(kIcmp6, 100, asks, ask(port));
      for (const std::string& gateway : shown_outside(port, true))
        add(kIcmp6, 110, fmt::format("{},nd_target={}", asks, gateway), ask(port, true));
    }
  }

  // Who has which address of the network. Where two claim the same one, a port of this host has it.
  static std::map<model::IpAddress, model::Mac> known_addresses(const Segment& segment,
                                                                const Members& members) {
    std::map<model::IpAddress, model::Mac> known;
    const auto learn = [&](const model::Mac& mac, const std::vector<model::IpAddress>& addresses) {
      for (const model::IpAddress& address : addresses) known.emplace(address, mac);
      known.emplace(link_local(mac), mac);
    };
    for (const model::IpAddress& address : gateway_addresses(segment)) known.emplace(address, kGatewayMac);
    for (const auto& [mac, port] : members.local) learn(mac, port->addresses);
    std::map<model::Mac, std::vector<model::IpAddress>> remote;
    for (const model::RemotePort& port : segment.remote) {
      auto& addresses = remote[port.mac];
      addresses.insert(addresses.end(), port.addresses.begin(), port.addresses.end());
    }
    for (const auto& [mac, addresses] : remote) learn(mac, addresses);
    return known;
  }

  void answer(const Segment& segment, const Members& members) {
    for (const auto& [address, mac] : known_addresses(segment, members)) {
      const std::string asked = address.str();
      if (address.v6) {
        add(kAnswer, 100, fmt::format("reg0={},{},nd_target={}", segment.vni, question(), asked),
            fmt::format("move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:{}->eth_src,"
                        "move:NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[],set_field:{}->ipv6_src,"
                        "set_field:136->icmpv6_type,goto_table:{}",
                        mac.str(), asked, kAnswer6));
        continue;
      }
      add(kAnswer, 100, fmt::format("reg0={},arp,arp_op=1,arp_tpa={}", segment.vni, asked),
          fmt::format("move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:{0}->eth_src,set_field:2->arp_op,"
                      "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],set_field:{0}->arp_sha,"
                      "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],set_field:{1}->arp_spa,in_port",
                      mac.str(), asked));
      // Whoever announces its own address wants no answer: it would take that for a conflict.
      if (members.local.contains(mac))
        add(kAnswer, 110,
            fmt::format("reg0={},arp,arp_op=1,arp_sha={},arp_tpa={}", segment.vni, mac.str(), asked), kDrop);
    }
  }

  void deliver(const Segment& segment) {
    const Members& members = networks_.at(segment.network);
    answer(segment, members);
    std::string to_members;
    for (const auto& [mac, port] : members.local) {
      const std::uint32_t number = numbers_.ports.at(port->port);
      const std::string match = fmt::format("reg0={},dl_dst={}", segment.vni, mac.str());
      const std::string plain = fmt::format("output:{}", number);
      const std::string output = port->bandwidth == MbitPerSecond{}
                                     ? plain
                                     : fmt::format("meter:{},{}", receiving_meter(number), plain);
      if (port->guard.empty()) {
        add(kLocal, 100, match, output);
        // One action list has one meter at most, and what that drops reaches nobody. What is said to all is
        // counted where it is sent.
        to_members += plain + ",";
        continue;
      }
      // A rule names addresses, so nothing comes in that is meant for another one.
      for (const model::IpAddress& address : port->addresses)
        add(kLocal, 100,
            fmt::format("{},{}={}", match, address.v6 ? "ipv6,ipv6_dst" : "ip,nw_dst", address.str()),
            output);
    }
    if (!to_members.empty())
      add(kLocal, 50, fmt::format("reg0={},{}", segment.vni, kGroup), to_members + to_table(kRemote));

    std::set<model::IpAddress> open_hosts;  // with a port there that hears what is said to all
    std::map<model::Mac, model::IpAddress> remote_hosts;
    for (const model::RemotePort& remote : segment.remote) {
      if (remote.guard.empty()) open_hosts.insert(remote.underlay);
      if (members.local.contains(remote.mac)) continue;
      const auto [known, added] = remote_hosts.emplace(remote.mac, remote.underlay);
      known->second = std::min(known->second, remote.underlay);
    }
    const std::string passed_on = segment.vlan ? fmt::format(",dl_src={}", kGatewayMac.str()) : "";
    for (const auto& [mac, host] : remote_hosts)
      add(kRemote, segment.vlan ? kPassedOn : kForMac,
          fmt::format("reg0={},reg1=0,dl_dst={}{}", segment.vni, mac.str(), passed_on),
          fmt::format("set_field:{}->tun_id,{},output:{}", segment.vni, set_destination(host),
                      numbers_.tunnel));
    for (const model::IpAddress& host : sending_hosts(policy_, segment)) {
      add(kAdmit, 100,
          fmt::format("in_port={},tun_id={},{}{}", numbers_.tunnel, segment.vni, tunnel_end("src", host),
                      passed_on),
          fmt::format("set_field:{}->reg0,set_field:1->reg1,goto_table:{}", segment.vni, onward_));
    }
    if (segment.vlan) {
      if (numbers_.uplink == 0) return;
      arrive(segment, members);
      for (const auto& [mac, host] : remote_hosts)
        add(kRemote, kForMac, fmt::format("reg0={},reg1=0,dl_dst={}", segment.vni, mac.str()),
            to_uplink(*segment.vlan));
      if (!open_hosts.empty())
        add(kRemote, 50, fmt::format("reg0={},reg1=0,{}", segment.vni, kGroup), to_uplink(*segment.vlan));
      return;
    }
    std::string to_hosts = fmt::format("set_field:{}->tun_id", segment.vni);
    for (const model::IpAddress& host : open_hosts)
      to_hosts += fmt::format(",{},output:{}", set_destination(host), numbers_.tunnel);
    if (!open_hosts.empty())
      add(kRemote, 50, fmt::format("reg0={},reg1=0,{}", segment.vni, kGroup), to_hosts);
  }

  static std::string set_destination(const model::IpAddress& host) {
    return fmt::format("set_field:{}->{}", host.str(), host.v6 ? "tun_ipv6_dst" : "tun_dst");
  }

  const ZonePolicy& policy_;
  const PortNumbers& numbers_;
  std::uint8_t judged_;  // where IP goes that rules let through
  std::uint8_t onward_;  // where IP goes whose sender is in order
  std::map<NetworkId, Members> networks_;
  std::vector<Flow> flows_;
};

}  // namespace

Result<std::vector<Flow>> make_flows(const ZonePolicy& policy, const PortNumbers& numbers) {
  return Generator(policy, numbers).run();
}

model::IpAddress link_local(const model::Mac& mac) {
  model::IpAddress address{true, {0xfe, 0x80}};
  const auto& b = mac.bytes;
  const std::array<std::uint8_t, 8> identifier{
      static_cast<std::uint8_t>(b[0] ^ 2U), b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]};
  std::ranges::copy(identifier, address.bytes.begin() + 8);
  return address;
}

}  // namespace causeway::agent
