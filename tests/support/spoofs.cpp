// SPDX-License-Identifier: Apache-2.0
#include "tests/support/spoofs.h"

#include <fmt/format.h>

#include <utility>

#include "agent/network/flows.h"

namespace causeway::agent {
namespace {

const model::Mac kAll{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
const model::Mac kStranger{{0x52, 0x54, 0, 0, 0x66, 0x66}};
const model::Mac kAllNodes{{0x33, 0x33, 0, 0, 0, 1}};

constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kAuthentication = 51;
constexpr std::uint8_t kDestination = 60;

model::IpAddress ip(const std::string& text) { return *model::IpAddress::parse(text); }

class Forger {
 public:
  Forger(const PortWiring& own, const PortWiring& victim)
      : own_(own),
        victim_(victim),
        own4_(own.addresses.at(0)),
        own6_(own.addresses.at(1)),
        victim4_(victim.addresses.at(0)),
        victim6_(victim.addresses.at(1)) {}

  std::vector<Spoof> run() {
    macs();
    tags();
    ether_types();
    arp();
    ipv4_sources();
    ipv4_malformed();
    dhcp();
    ipv6_sources();
    ipv6_malformed();
    dhcp6();
    router_advertisements();
    neighbours();
    icmp6_types();
    return std::move(spoofs_);
  }

 private:
  void add(const std::string& name, Wire frame) {
    // Padded to the least that a frame has, with a number of its own where no header reads it.
    if (frame.bytes.size() < 60) frame.zeros(60 - frame.bytes.size());
    frame.u32(static_cast<std::uint32_t>(0x5b00f000 + spoofs_.size()));
    spoofs_.push_back({name, std::move(frame.bytes)});
  }

  void add(const std::string& name, const model::Mac& to, std::uint16_t type, const Bytes& body) {
    add(name, Wire{ethernet(to, own_.mac, type, body)});
  }

  [[nodiscard]] static Bytes text() { return Wire().u32(0x6e6f2121).u32(0).bytes; }

  [[nodiscard]] Bytes datagram(const model::IpAddress& from) const {
    return from.v6 ? ipv6(from, victim6_, kUdp, udp(from, victim6_, 5000, 6000, text()))
                   : ipv4(from, victim4_, kUdp, udp(from, victim4_, 5000, 6000, text()));
  }

  void macs() {
    const auto from = [&](const std::string& name, const model::Mac& mac) {
      add(name + ", IPv4", Wire{ethernet(victim_.mac, mac, kEtherIpv4, datagram(own4_))});
      add(name + ", IPv6", Wire{ethernet(victim_.mac, mac, kEtherIpv6, datagram(own6_))});
    };
    from("a neighbour's MAC", victim_.mac);
    from("a stranger's MAC", kStranger);
    from("no MAC", model::Mac{});
    from("the broadcast MAC as sender", kAll);
    from("a group's MAC as sender", kAllNodes);
  }

  void tags() {
    const auto tagged = [&](const std::string& name, const Bytes& tags) {
      add(name,
          Wire{Wire().mac(victim_.mac).mac(own_.mac).bytes}.put(tags).u16(kEtherIpv4).put(datagram(own4_)));
    };
    tagged("802.1Q", Wire().u16(0x8100).u16(1).bytes);
    tagged("802.1Q, the highest VLAN", Wire().u16(0x8100).u16(0x0fff).bytes);
    tagged("a priority tag", Wire().u16(0x8100).u16(0).bytes);
    tagged("a priority tag with a priority", Wire().u16(0x8100).u16(0xe000).bytes);
    tagged("QinQ", Wire().u16(0x88a8).u16(5).u16(0x8100).u16(7).bytes);
    tagged("802.1ad alone", Wire().u16(0x88a8).u16(5).bytes);
    tagged("802.1Q twice", Wire().u16(0x8100).u16(5).u16(0x8100).u16(7).bytes);
    tagged("a tag of an old vendor", Wire().u16(0x9100).u16(5).bytes);
    add("802.1Q around ARP", kAll, 0x8100,
        Wire().u16(1).u16(kEtherArp).put(question(1, own_.mac, own4_, victim4_)).bytes);
  }

  void ether_types() {
    for (const auto& [name, type] :
         std::initializer_list<std::pair<const char*, std::uint16_t>>{{"EAPOL", 0x888e},
                                                                      {"PPPoE discovery", 0x8863},
                                                                      {"PPPoE session", 0x8864},
                                                                      {"MPLS", 0x8847},
                                                                      {"MPLS multicast", 0x8848},
                                                                      {"reverse ARP's own type", 0x8035},
                                                                      {"LACP", 0x8809},
                                                                      {"precision time", 0x88f7},
                                                                      {"a local experiment", 0x88b5},
                                                                      {"IPX", 0x8137},
                                                                      {"service headers", 0x894f},
                                                                      {"TRILL", 0x22f3},
                                                                      {"loopback test", 0x9000},
                                                                      {"MACsec", 0x88e5},
                                                                      {"FCoE", 0x8906},
                                                                      {"mirrored", 0x88be},
                                                                      {"bridged", 0x6558},
                                                                      {"LLDP to a guest", 0x88cc}})
      add(name, victim_.mac, type, datagram(own4_));
    add("LLDP", {{0x01, 0x80, 0xc2, 0, 0, 0x0e}}, 0x88cc, Wire().u32(0x02070400).zeros(20).bytes);
    const Bytes bpdu = Wire().u8(0x42).u8(0x42).u8(3).zeros(35).bytes;
    add("spanning tree", {{0x01, 0x80, 0xc2, 0, 0, 0}}, 38, bpdu);
    add("spanning tree to all", kAll, 38, bpdu);
    const auto snap = [](std::uint32_t vendor, std::uint16_t type) {
      return Wire()
          .u16(0xaaaa)
          .u8(3)
          .u8(static_cast<std::uint8_t>(vendor >> 16U))
          .u16(static_cast<std::uint16_t>(vendor & 0xffffU))
          .u16(type);
    };
    add("spanning tree of a vendor", {{0x01, 0, 0x0c, 0xcc, 0xcc, 0xcd}}, 50,
        snap(0x00000c, 0x010b).zeros(42).bytes);
    add("discovery of a vendor", {{0x01, 0, 0x0c, 0xcc, 0xcc, 0xcc}}, 50,
        snap(0x00000c, 0x2000).zeros(42).bytes);
    add("a forged address in SNAP", victim_.mac, 44, snap(0, kEtherIpv4).put(datagram(victim4_)).bytes);
    add("a length instead of a type", victim_.mac, 46, Wire().zeros(46).bytes);
    add("IPv4 to a bridge's group", {{0x01, 0x80, 0xc2, 0, 0, 0x21}}, kEtherIpv4, datagram(own4_));
    add("IPv6 to a bridge's group", {{0x01, 0x80, 0xc2, 0, 0, 0x03}}, kEtherIpv6, datagram(own6_));
  }

  [[nodiscard]] static Bytes question(std::uint16_t operation, const model::Mac& sender,
                                      const model::IpAddress& from, const model::IpAddress& to,
                                      std::uint16_t hardware = 1, std::uint16_t protocol = kEtherIpv4,
                                      std::uint8_t length = 6) {
    return Wire()
        .u16(hardware)
        .u16(protocol)
        .u8(length)
        .u8(4)
        .u16(operation)
        .mac(sender)
        .address(from)
        .zeros(6)
        .address(to)
        .bytes;
  }

  void arp() {
    const auto ask = [&](const std::string& name, const Bytes& body) {
      add("ARP: " + name, kAll, kEtherArp, body);
    };
    const model::IpAddress nobody = ip("0.0.0.0");
    ask("a neighbour's address", question(1, own_.mac, victim4_, ip("10.52.1.77")));
    ask("a stranger's address", question(1, own_.mac, ip("10.52.1.77"), victim4_));
    ask("a neighbour's MAC", question(1, victim_.mac, own4_, victim4_));
    ask("the broadcast MAC", question(1, kAll, own4_, victim4_));
    ask("a neighbour's address announced", question(1, own_.mac, victim4_, victim4_));
    ask("a neighbour's address announced as an answer", question(2, own_.mac, victim4_, victim4_));
    ask("its own address announced as an answer", question(2, own_.mac, own4_, own4_));
    ask("a probe for a neighbour's address", question(1, own_.mac, nobody, victim4_));
    ask("no operation", question(0, own_.mac, own4_, victim4_));
    ask("reverse, asked", question(3, own_.mac, own4_, victim4_));
    ask("reverse, answered", question(4, own_.mac, own4_, victim4_));
    ask("inverse, asked", question(8, own_.mac, own4_, victim4_));
    ask("inverse, answered", question(9, own_.mac, own4_, victim4_));
    ask("another hardware", question(1, own_.mac, own4_, victim4_, 6));
    ask("another protocol", question(1, own_.mac, own4_, victim4_, 1, 0x86dd));
    ask("other lengths", question(1, own_.mac, own4_, victim4_, 1, kEtherIpv4, 8));
    add("ARP: an answer for the gateway, to a neighbour", victim_.mac, kEtherArp,
        question(2, own_.mac, ip("10.52.1.254"), victim4_));
    add("ARP: an answer for itself, to a neighbour", victim_.mac, kEtherArp,
        question(2, own_.mac, own4_, victim4_));
    // Its padding would be read as addresses.
    add("ARP: cut off", Wire{ethernet(kAll, own_.mac, kEtherArp, Wire().u16(1).u16(kEtherIpv4).bytes)});
  }

  void ipv4_sources() {
    for (const char* source : {"0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.1", "169.254.1.1",
                               "10.52.1.254", "10.52.1.255", "192.0.2.1"})
      add(fmt::format("IPv4 from {}", source), victim_.mac, kEtherIpv4, datagram(ip(source)));
    add("IPv4 from a neighbour's address", victim_.mac, kEtherIpv4, datagram(victim4_));
    add("IPv4 from a neighbour's address, to all", kAll, kEtherIpv4, datagram(victim4_));
    add("IPv4 from a neighbour's address, a later fragment", victim_.mac, kEtherIpv4,
        ipv4(victim4_, own4_, kUdp, text(), 0x10));
    add("a redirect", victim_.mac, kEtherIpv4,
        ipv4(own4_, victim4_, kIcmp, icmp(5, 1, Wire().address(own4_).put(datagram(victim4_)).bytes)));
    add("an advertisement of ICMP", kAll, kEtherIpv4,
        ipv4(own4_, ip("224.0.0.1"), kIcmp, icmp(9, 0, Wire().u32(0x01020708).address(own4_).u32(0).bytes)));
    add("a group membership asked for", {{0x01, 0, 0x5e, 0, 0, 1}}, kEtherIpv4,
        ipv4(own4_, ip("224.0.0.1"), kIgmp, Wire().u32(0x1164ee9b).u32(0).bytes));
    add("a group membership", {{0x01, 0, 0x5e, 0, 0, 22}}, kEtherIpv4,
        ipv4(own4_, ip("224.0.0.22"), kIgmp, Wire().u32(0x2200f9fb).u32(1).bytes));
  }

  void ipv4_malformed() {
    const auto broken = [&](const std::string& name, std::size_t at, std::uint8_t value) {
      Bytes body = datagram(own4_);
      body[at] = value;
      add("IPv4: " + name, victim_.mac, kEtherIpv4, body);
    };
    broken("a header of four words", 0, 0x44);
    broken("a header longer than the packet", 0, 0x4f);
    broken("longer than the frame", 2, 0x40);
    broken("shorter than its header", 3, 8);
    add("IPv4: nothing behind the Ethernet header", victim_.mac, kEtherIpv4, {});
    add("IPv4: a first fragment without its ports", victim_.mac, kEtherIpv4,
        ipv4(own4_, victim4_, kUdp, {}, kMoreFragments));
    add("IPv4: a first fragment of TCP without its ports", victim_.mac, kEtherIpv4,
        ipv4(own4_, victim4_, kTcp, text(), kMoreFragments));
    add("IPv4: UDP without a header", victim_.mac, kEtherIpv4, ipv4(own4_, victim4_, kUdp, {}));
  }

  void dhcp() {
    const auto say = [&](const std::string& name, const model::Mac& to, const model::IpAddress& from,
                         const model::IpAddress& receiver, std::uint16_t from_port, std::uint16_t to_port,
                         const model::Mac& client, std::uint16_t fragment = 0x4000) {
      const Bytes message = Wire()
                                .u32(to_port == 68 ? 0x02010600U : 0x01010600U)
                                .u32(9)
                                .zeros(20)
                                .mac(client)
                                .zeros(202)
                                .u32(0x63825363)
                                .u32(0x350101ff)
                                .bytes;
      add("DHCP: " + name, to, kEtherIpv4,
          ipv4(from, receiver, kUdp, udp(from, receiver, from_port, to_port, message), fragment));
    };
    const model::IpAddress all = ip("255.255.255.255");
    const model::IpAddress nobody = ip("0.0.0.0");
    say("an answer to all", kAll, own4_, all, 67, 68, victim_.mac);
    say("an answer to one", victim_.mac, own4_, victim4_, 67, 68, victim_.mac);
    say("an answer from another port", victim_.mac, own4_, victim4_, 5000, 68, victim_.mac);
    say("an answer from nobody", kAll, nobody, all, 67, 68, victim_.mac);
    say("an answer as the gateway", kAll, ip("10.52.1.254"), all, 67, 68, victim_.mac);
    say("an answer in fragments", victim_.mac, own4_, victim4_, 67, 68, victim_.mac, kMoreFragments);
    say("an answer in fragments, from another port", victim_.mac, own4_, victim4_, 5000, 68, victim_.mac,
        kMoreFragments);
    say("a question for a neighbour's MAC", kAll, nobody, all, 68, 67, victim_.mac);
    say("a question for a stranger's MAC", kAll, nobody, all, 68, 67, kStranger);
    say("a question to a neighbour", victim_.mac, own4_, victim4_, 68, 67, kStranger);
    say("a relay's", victim_.mac, own4_, victim4_, 67, 67, victim_.mac);
    say("a question from another port", kAll, own4_, all, 5000, 67, kStranger);
  }

  void ipv6_sources() {
    for (const char* source : {"::", "::1", "ff02::1", "::ffff:10.52.1.2", "fe80::1", "fd52:1::fe",
                               "2001:db8::1", "fe80::5054:ff:fe00:6666"})
      add(fmt::format("IPv6 from {}", source), victim_.mac, kEtherIpv6, datagram(ip(source)));
    add("IPv6 from a neighbour's address", victim_.mac, kEtherIpv6, datagram(victim6_));
    add("IPv6 from a neighbour's link-local address", victim_.mac, kEtherIpv6,
        datagram(link_local(victim_.mac)));
    add("IPv6 from a neighbour's address, a later fragment", victim_.mac, kEtherIpv6,
        ipv6(victim6_, own6_, kFragmentHeader, Wire().u16(kUdp << 8U).u16(0x80).u32(7).put(text()).bytes));
    add("IPv6 from a neighbour's address, behind options", victim_.mac, kEtherIpv6,
        ipv6(victim6_, own6_, kDestination, padding(kUdp).put(udp(victim6_, own6_, 1, 2, text())).bytes));
  }

  // An extension header of eight bytes that says nothing.
  [[nodiscard]] static Wire padding(std::uint8_t next) { return Wire().u8(next).u8(0).u16(0x0104).u32(0); }
  [[nodiscard]] static Wire fragment(std::uint8_t next, std::uint16_t field) {
    return Wire().u8(next).u8(0).u16(field).u32(7);
  }

  void ipv6_malformed() {
    const auto body = [&](const std::string& name, std::uint8_t next, const Bytes& bytes) {
      add("IPv6: " + name, victim_.mac, kEtherIpv6, ipv6(own6_, victim6_, next, bytes));
    };
    Bytes longer = datagram(own6_);
    longer[4] = 0x40;
    add("IPv6: longer than the frame", victim_.mac, kEtherIpv6, longer);
    add("IPv6: nothing behind the Ethernet header", victim_.mac, kEtherIpv6, {});
    body("options that end too early", kHopByHop, Wire().u8(kUdp).u8(9).zeros(6).bytes);
    body("half of an options header", kDestination, Wire().u16(0).u16(0).bytes);
    body("a fragment header cut off", kFragmentHeader, Wire().u32(0).bytes);
    body("a first fragment that ends among its headers", kFragmentHeader,
         fragment(kDestination, 1).u8(kUdp).u8(1).zeros(6).bytes);
    body("a first fragment that ends before its ports", kFragmentHeader,
         fragment(kDestination, 1).put(padding(kUdp).bytes).bytes);
    body("a first fragment of TCP that ends before its ports", kFragmentHeader,
         fragment(kDestination, 1).put(padding(kTcp).bytes).bytes);
    body("UDP without a header", kUdp, {});
    body("an authentication header cut off", kAuthentication, Wire().u8(kIcmpv6).u8(20).zeros(10).bytes);
    body("ICMP cut off", kIcmpv6, Wire().u16(0x8000).bytes);
  }

  void dhcp6() {
    const auto message = [&](std::uint16_t from_port, std::uint16_t to_port) {
      return udp(own6_, victim6_, from_port, to_port, Wire().u32(0x07123456).u32(0x00080002).u16(0).bytes);
    };
    const auto say = [&](const std::string& name, std::uint8_t next, const Bytes& bytes) {
      add("DHCPv6: " + name, victim_.mac, kEtherIpv6, ipv6(own6_, victim6_, next, bytes));
    };
    say("an answer", kUdp, message(547, 546));
    say("an answer from another port", kUdp, message(5000, 546));
    say("a relay's", kUdp, message(547, 547));
    say("a question to a neighbour", kUdp, message(546, 547));
    say("an answer behind options", kDestination, padding(kUdp).put(message(547, 546)).bytes);
    say("an answer in fragments", kFragmentHeader, fragment(kUdp, 1).put(message(547, 546)).bytes);
    say("an answer in one fragment", kFragmentHeader, fragment(kUdp, 0).put(message(5000, 546)).bytes);
    const model::IpAddress servers = ip("ff02::1:2");
    const model::IpAddress own = link_local(own_.mac);
    add("DHCPv6: a question to all, heard by none", {{0x33, 0x33, 0, 1, 0, 2}}, kEtherIpv6,
        ipv6(own, servers, kUdp, udp(own, servers, 5000, 547, Wire().u32(0x01123456).bytes)));
  }

  void router_advertisements() {
    const model::IpAddress all = ip("ff02::1");
    const model::IpAddress own = link_local(own_.mac);
    const Bytes options = Wire().u32(0x40000708).u32(0).u32(0).u8(1).u8(1).mac(own_.mac).bytes;
    const auto advertise = [&](const std::string& name, const model::IpAddress& from, std::uint8_t next,
                               const Wire& before, bool whole = true) {
      const Bytes message = whole ? icmp6(from, all, 134, 0, options) : Bytes{};
      add("a router advertisement" + name, kAllNodes, kEtherIpv6,
          ipv6(from, all, next, Wire(before).put(message).bytes, 255));
    };
    advertise("", own, kIcmpv6, {});
    advertise(" from its address", own6_, kIcmpv6, {});
    advertise(" from the gateway", ip("fe80::1"), kIcmpv6, {});
    advertise(" behind hop-by-hop options", own, kHopByHop, padding(kIcmpv6));
    advertise(" behind destination options", own, kDestination, padding(kIcmpv6));
    advertise(" behind many options", own, kHopByHop,
              padding(kDestination).put(padding(kDestination).put(padding(kIcmpv6).bytes).bytes));
    advertise(" behind a routing header", own, 43, Wire().u8(kIcmpv6).u8(0).u16(0x0400).u32(0));
    advertise(" behind an authentication header", own, kAuthentication,
              Wire().u8(kIcmpv6).u8(1).u16(0).u32(1).u32(1));
    advertise(" in one fragment", own, kFragmentHeader, fragment(kIcmpv6, 0));
    advertise(" in fragments", own, kFragmentHeader, fragment(kIcmpv6, 1));
    advertise(" in fragments, behind options", own, kFragmentHeader,
              fragment(kDestination, 1).put(padding(kIcmpv6).bytes));
    advertise(" in a fragment to come", own, kFragmentHeader,
              fragment(kDestination, 1).put(padding(kIcmpv6).bytes), false);
    add("a router advertisement to one", victim_.mac, kEtherIpv6,
        ipv6(own, victim6_, kIcmpv6, icmp6(own, victim6_, 134, 0, options), 255));
  }

  void neighbours() {
    const auto say = [&](const std::string& name, const model::IpAddress& from, std::uint8_t type,
                         const model::IpAddress& target, const model::Mac& option,
                         std::uint8_t hop_limit = 255, std::uint8_t code = 0) {
      const bool asks = type == kNeighbourSolicitation;
      const Bytes body =
          Wire().u32(asks ? 0 : 0x60000000U).address(target).u8(asks ? 1 : 2).u8(1).mac(option).bytes;
      add(name, victim_.mac, kEtherIpv6,
          ipv6(from, victim6_, kIcmpv6, icmp6(from, victim6_, type, code, body), hop_limit));
    };
    constexpr std::uint8_t kAsk = kNeighbourSolicitation;
    constexpr std::uint8_t kSay = kNeighbourAdvertisement;
    say("a neighbour's address advertised", own6_, kSay, victim6_, own_.mac);
    say("a neighbour's address advertised as the neighbour", victim6_, kSay, victim6_, own_.mac);
    say("its own address advertised", own6_, kSay, own6_, own_.mac);
    say("its own address advertised with another's MAC", own6_, kSay, own6_, victim_.mac);
    say("the gateway's address advertised", own6_, kSay, ip("fd52:1::fe"), own_.mac);
    say("a solicitation with a neighbour's MAC", own6_, kAsk, victim6_, victim_.mac);
    say("a solicitation from a neighbour's address", victim6_, kAsk, ip("fd52:1::77"), own_.mac);
    say("a solicitation from a stranger's address", ip("fd52:1::77"), kAsk, victim6_, own_.mac);
    say("a solicitation from afar", own6_, kAsk, victim6_, own_.mac, 64);
    say("a solicitation with a code", own6_, kAsk, victim6_, own_.mac, 255, 1);
    add("a solicitation that says twice who asks", victim_.mac, kEtherIpv6,
        ipv6(
            own6_, victim6_, kIcmpv6,
            icmp6(
                own6_, victim6_, kAsk, 0,
                Wire().u32(0).address(victim6_).u16(0x0101).mac(own_.mac).u16(0x0101).mac(victim_.mac).bytes),
            255));
    say("a probe for a neighbour's address", ip("::"), kAsk, victim6_, own_.mac);
    add("an advertisement behind options", victim_.mac, kEtherIpv6,
        ipv6(own6_, victim6_, kDestination,
             padding(kIcmpv6)
                 .put(icmp6(own6_, victim6_, kSay, 0, Wire().u32(0x60000000).address(victim6_).bytes))
                 .bytes,
             255));
  }

  void icmp6_types() {
    for (const auto& [name, type] :
         std::initializer_list<std::pair<const char*, std::uint8_t>>{{"type 0", 0},
                                                                     {"type 5", 5},
                                                                     {"membership asked for", 130},
                                                                     {"membership", 131},
                                                                     {"membership over", 132},
                                                                     {"redirect", 137},
                                                                     {"renumbering", 138},
                                                                     {"node information asked for", 139},
                                                                     {"node information", 140},
                                                                     {"inverse solicitation", 141},
                                                                     {"inverse advertisement", 142},
                                                                     {"membership, version 2", 143},
                                                                     {"home agents asked for", 144},
                                                                     {"home agents", 145},
                                                                     {"mobile prefix asked for", 146},
                                                                     {"mobile prefix", 147},
                                                                     {"certification path asked for", 148},
                                                                     {"certification path", 149},
                                                                     {"multicast router", 151},
                                                                     {"fast handover", 154},
                                                                     {"RPL", 155},
                                                                     {"experiment", 200},
                                                                     {"type 255", 255}})
      add(fmt::format("ICMPv6: {}", name), victim_.mac, kEtherIpv6,
          ipv6(own6_, victim6_, kIcmpv6, icmp6(own6_, victim6_, type, 0, Wire().zeros(36).bytes), 255));
  }

  const PortWiring& own_;
  const PortWiring& victim_;
  const model::IpAddress& own4_;
  const model::IpAddress& own6_;
  const model::IpAddress& victim4_;
  const model::IpAddress& victim6_;
  std::vector<Spoof> spoofs_;
};

}  // namespace

std::vector<Spoof> spoofs(const PortWiring& own, const PortWiring& victim) {
  return Forger(own, victim).run();
}

}  // namespace causeway::agent
