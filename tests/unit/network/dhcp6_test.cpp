// SPDX-License-Identifier: Apache-2.0
#include "agent/network/dhcp6.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "agent/network/flows.h"
#include "agent/network/gateway.h"
#include "tests/support/frame.h"

namespace causeway::agent {
namespace {

model::IpAddress ip(const std::string& text) { return *model::IpAddress::parse(text); }

const Lease6 kLease{*model::Mac::parse("52:54:00:00:01:07"), ip("fd52:1::7"), 64, true, 1450};
const model::IpAddress kGuest = link_local(kLease.mac);
const Bytes kServerId{0, 2, 0, 10, 0, 3, 0, 1, 0x02, 0xca, 0x05, 0, 0, 1};
const Bytes kClientId{0, 1, 0, 6, 0, 3, 0, 1, 9, 9};

constexpr std::size_t kUpper = 14 + 40;  // where the payload begins

Bytes addresses(const Bytes& inside = {}) {
  return Wire()
      .u16(3)
      .u16(static_cast<std::uint16_t>(12 + inside.size()))
      .u32(0x11223344)
      .u32(0)
      .u32(0)
      .put(inside)
      .bytes;
}

Bytes address(const model::IpAddress& wanted) {
  return Wire().u16(5).u16(24).address(wanted).u32(0).u32(0).bytes;
}

Bytes ask(std::uint8_t type, const Bytes& options, const model::IpAddress& from = kGuest) {
  const Bytes message = Wire().u32(std::uint32_t{type} << 24U | 0x123456).put(options).bytes;
  return ethernet({{0x33, 0x33, 0, 1, 0, 2}}, kLease.mac, kEtherIpv6,
                  ipv6(from, all_dhcp6_servers(), kUdp, udp(from, all_dhcp6_servers(), 546, 547, message)));
}

Bytes solicit(const model::IpAddress& from, std::uint8_t hops = 255) {
  return ethernet(
      {{0x33, 0x33, 0, 0, 0, 2}}, kLease.mac, kEtherIpv6,
      ipv6(from, all_routers(), kIcmpv6, icmp6(from, all_routers(), 133, 0, Wire().u32(0).bytes), hops));
}

Bytes all(std::initializer_list<Bytes> parts) {
  Wire wire;
  for (const Bytes& part : parts) wire.put(part);
  return wire.bytes;
}

bool has(const Bytes& frame, const Bytes& bytes) {
  return !std::ranges::search(std::span(frame).subspan(kUpper), bytes).empty();
}

std::uint8_t type_of(const Bytes& frame) { return frame.at(kUpper + 8); }

TEST(RouterAdvertisement, TellsGatewaySubnetAndMtuAndSendsToDhcp) {
  for (const model::IpAddress& from : {kGuest, ip("::")}) {
    const auto said = answer_ipv6(kLease, solicit(from));
    ASSERT_TRUE(said);
    const Packet packet = dissect(*said);
    EXPECT_EQ(packet.source, kGatewayMac);
    EXPECT_EQ(packet.destination, kLease.mac);
    EXPECT_EQ(packet.from, link_local(kGatewayMac));
    EXPECT_EQ(packet.to, from == kGuest ? kGuest : ip("ff02::1"));
    EXPECT_EQ(packet.from_port, kRouterAdvertisement);
    EXPECT_EQ(packet.hop_limit, 255);
    EXPECT_EQ(said->at(kUpper + 5), 0xc0);                        // managed
    EXPECT_TRUE(has(*said, {0x23, 0x28}));                        // 9000 s
    EXPECT_TRUE(has(*said, {5, 1, 0, 0, 0, 0, 0x05, 0xaa}));      // MTU
    EXPECT_TRUE(has(*said, {3, 4, 64, 0x80, 0, 1, 0x51, 0x80}));  // on the link, not for autoconfiguration
    EXPECT_TRUE(has(*said, Wire().address(ip("fd52:1::")).bytes));
  }
}

TEST(RouterAdvertisement, OfANetworkWithoutGatewayNamesNoRouter) {
  Lease6 lease = kLease;
  lease.has_gateway = false;
  const Bytes said = advertisement(lease);
  EXPECT_EQ(said.at(kUpper + 6), 0);
  EXPECT_EQ(said.at(kUpper + 7), 0);
}

TEST(RouterAdvertisement, IsNoAnswerToWhatARouterMayHavePassedOnOrAnotherAsks) {
  EXPECT_FALSE(answer_ipv6(kLease, solicit(kGuest, 64)));
  EXPECT_FALSE(answer_ipv6(kLease, solicit(ip("fe80::9"))));
  Lease6 other = kLease;
  other.mac = *model::Mac::parse("52:54:00:00:01:08");
  EXPECT_FALSE(answer_ipv6(other, solicit(kGuest)));
}

TEST(Dhcp6, OffersThePortsOwnAddressAndGrantsIt) {
  const auto offer = answer_ipv6(kLease, ask(1, all({kClientId, addresses()})));
  ASSERT_TRUE(offer);
  EXPECT_EQ(type_of(*offer), 2);
  EXPECT_EQ(dissect(*offer).to, kGuest);
  EXPECT_EQ(dissect(*offer).from_port, 547);
  EXPECT_EQ(dissect(*offer).to_port, 546);
  for (const Bytes& part : {kClientId, kServerId, Wire().u16(5).u16(24).address(kLease.address).bytes})
    EXPECT_TRUE(has(*offer, part));
  EXPECT_TRUE(has(*offer, {0x11, 0x22, 0x33, 0x44}));  // of the same association
  const auto granted = answer_ipv6(kLease, ask(3, all({kClientId, kServerId, addresses()})));
  ASSERT_TRUE(granted);
  EXPECT_EQ(type_of(*granted), 7);
  const auto quick = answer_ipv6(kLease, ask(1, all({kClientId, {0, 14, 0, 0}, addresses()})));
  ASSERT_TRUE(quick);
  EXPECT_EQ(type_of(*quick), 7);
  EXPECT_TRUE(has(*quick, {0, 14, 0, 0}));
}

TEST(Dhcp6, TellsThatAnyOtherAddressIsNotTheGuests) {
  const auto renewed =
      answer_ipv6(kLease, ask(5, all({kClientId, kServerId, addresses(address(ip("fd52:1::8")))})));
  ASSERT_TRUE(renewed);
  EXPECT_TRUE(has(*renewed, Wire().u16(5).u16(24).address(ip("fd52:1::8")).u32(0).u32(0).bytes));
  EXPECT_TRUE(has(*renewed, Wire().address(kLease.address).u32(86400).bytes));
  const auto confirmed = answer_ipv6(kLease, ask(4, all({kClientId, addresses(address(ip("fd52:1::8")))})));
  ASSERT_TRUE(confirmed);
  EXPECT_TRUE(has(*confirmed, {0, 13, 0, 2, 0, 4}));
  EXPECT_TRUE(has(*answer_ipv6(kLease, ask(4, all({kClientId, addresses(address(kLease.address))}))),
                  {0, 13, 0, 2, 0, 0}));
}

TEST(Dhcp6, SaysNothingToOthersForAnotherServerOrOfAnotherKind) {
  EXPECT_FALSE(answer_ipv6(kLease, ask(1, addresses())));
  EXPECT_FALSE(answer_ipv6(kLease, ask(1, all({kClientId, addresses()}), kLease.address)));
  EXPECT_FALSE(answer_ipv6(kLease, ask(3, all({kClientId, {0, 2, 0, 1, 7}, addresses()}))));
  EXPECT_FALSE(answer_ipv6(kLease, ask(3, all({kClientId, addresses()}))));
  for (const std::uint8_t type : Bytes{0, 2, 7, 10, 12, 13, 255})
    EXPECT_FALSE(answer_ipv6(kLease, ask(type, all({kClientId, addresses()}))));
}

TEST(Dhcp6, ReadsNothingBehindTheEndOfAFrame) {
  const Bytes whole = ask(5, all({kClientId, kServerId, addresses(address(kLease.address))}));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(answer_ipv6(kLease, std::span(whole).first(length))) << length;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes broken = whole;
    broken[at] = 0xff;
    static_cast<void>(answer_ipv6(kLease, broken));
  }
}

TEST(Dhcp6, HasALeaseOnlyForAPortWithAnIpv6AddressAndItsSubnet) {
  PortWiring port;
  port.mac = kLease.mac;
  port.mtu = 1450;
  const Segment segment{NetworkId("n"), 1, {}, {ip("10.52.1.254"), ip("fd52:1::fe")}};
  EXPECT_FALSE(lease6_for(port, segment));
  port.addresses = {ip("10.52.1.7"), ip("fd52:1::7")};
  EXPECT_FALSE(lease6_for(port, segment));
  port.subnets = {*model::Subnet::parse("10.52.1.0/24"), *model::Subnet::parse("fd52:1::/64")};
  EXPECT_EQ(lease6_for(port, segment), kLease);
}

}  // namespace
}  // namespace causeway::agent
