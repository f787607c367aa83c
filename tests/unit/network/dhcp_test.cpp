// SPDX-License-Identifier: Apache-2.0
#include "agent/network/dhcp.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "agent/network/gateway.h"
#include "tests/support/frame.h"

namespace causeway::agent {
namespace {

model::IpAddress ip(const std::string& text) { return *model::IpAddress::parse(text); }

const Lease kLease{*model::Mac::parse("52:54:00:00:01:07"), ip("10.52.1.7"), 24, ip("10.52.1.254"), 1450};
const model::IpAddress kNobody = ip("0.0.0.0");
const model::IpAddress kAll = ip("255.255.255.255");

Bytes question(std::uint8_t type, const Bytes& options = {}, const model::Mac& client = kLease.mac,
               const model::IpAddress& from = kNobody, const model::IpAddress& relay = kNobody) {
  const Bytes message = Wire()
                            .u32(0x01010600)
                            .u32(0x12345678)
                            .u32(0)
                            .address(from)
                            .zeros(8)
                            .address(relay)
                            .mac(client)
                            .zeros(202)
                            .u32(0x63825363)
                            .u8(53)
                            .u8(1)
                            .u8(type)
                            .put(options)
                            .u8(255)
                            .bytes;
  return ethernet({{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, kLease.mac, kEtherIpv4,
                  ipv4(from, kAll, kUdp, udp(from, kAll, 68, 67, message)));
}

Bytes wanting(const model::IpAddress& address) { return Wire().u8(50).u8(4).address(address).bytes; }

// Where the message begins in an answer.
constexpr std::size_t kMessage = 14 + 20 + 8;

bool has(const Bytes& frame, const Bytes& bytes) {
  return !std::ranges::search(std::span(frame).subspan(kMessage + 240), bytes).empty();
}

TEST(Dhcp, OffersThePortsOwnAddressWithItsSubnetGatewayAndMtu) {
  const auto offer = answer_dhcp(kLease, question(1));
  ASSERT_TRUE(offer);
  const Packet packet = dissect(*offer);
  EXPECT_EQ(packet.source, kGatewayMac);
  EXPECT_EQ(packet.destination, kLease.mac);
  EXPECT_EQ(packet.from, *kLease.gateway);
  EXPECT_EQ(packet.from_port, 67);
  EXPECT_EQ(packet.to_port, 68);
  EXPECT_TRUE(std::ranges::equal(std::span(*offer).subspan(kMessage + 16, 4), Bytes{10, 52, 1, 7}));
  EXPECT_TRUE(std::ranges::equal(std::span(*offer).subspan(kMessage + 4, 4), Bytes{0x12, 0x34, 0x56, 0x78}));
  EXPECT_TRUE(has(*offer, {53, 1, 2}));
  EXPECT_TRUE(has(*offer, {1, 4, 255, 255, 255, 0}));
  EXPECT_TRUE(has(*offer, {3, 4, 10, 52, 1, 254}));
  EXPECT_TRUE(has(*offer, {26, 2, 0x05, 0xaa}));
  EXPECT_TRUE(has(*offer, {51, 4, 0, 1, 0x51, 0x80}));
}

TEST(Dhcp, GrantsWhatItOfferedAndRefusesAnyOtherAddress) {
  EXPECT_TRUE(has(*answer_dhcp(kLease, question(3, wanting(kLease.address))), {53, 1, 5}));
  EXPECT_TRUE(has(*answer_dhcp(kLease, question(3, {}, kLease.mac, kLease.address)), {53, 1, 5}));
  const auto refusal = answer_dhcp(kLease, question(3, wanting(ip("10.52.1.8"))));
  ASSERT_TRUE(refusal);
  EXPECT_TRUE(has(*refusal, {53, 1, 6}));
  EXPECT_TRUE(std::ranges::equal(std::span(*refusal).subspan(kMessage + 16, 4), Bytes{0, 0, 0, 0}));
  EXPECT_FALSE(has(*refusal, {3, 4}));
}

TEST(Dhcp, SaysNothingToQuestionsForAnotherOfAnotherOrOfAnotherKind) {
  EXPECT_FALSE(answer_dhcp(kLease, question(1, {}, *model::Mac::parse("52:54:00:00:01:08"))));
  EXPECT_FALSE(answer_dhcp(kLease, question(1, {}, kLease.mac, kNobody, ip("10.52.1.9"))));
  EXPECT_FALSE(answer_dhcp(kLease, question(3, Wire().u8(54).u8(4).address(ip("10.9.9.9")).bytes)));
  for (const std::uint8_t type : Bytes{0, 2, 4, 5, 6, 7, 9})
    EXPECT_FALSE(answer_dhcp(kLease, question(type)));
}

TEST(Dhcp, ReadsNothingBehindTheEndOfAFrame) {
  const Bytes whole = question(3, wanting(kLease.address));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(answer_dhcp(kLease, std::span(whole).first(length))) << length;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes broken = whole;
    broken[at] = 0xff;
    static_cast<void>(answer_dhcp(kLease, broken));
  }
}

TEST(Dhcp, HasALeaseOnlyForAPortWithAnIpv4AddressAndItsSubnet) {
  PortWiring port;
  port.mac = kLease.mac;
  port.mtu = 1450;
  const Segment segment{NetworkId("n"), 1, {}, {ip("fd52::fe"), ip("10.52.1.254")}};
  EXPECT_FALSE(lease_for(port, segment));
  port.addresses = {ip("fd52::7"), ip("10.52.1.7")};
  EXPECT_FALSE(lease_for(port, segment));
  port.subnets = {*model::Subnet::parse("fd52::/64"), *model::Subnet::parse("10.52.1.0/24")};
  EXPECT_EQ(lease_for(port, segment), kLease);
}

}  // namespace
}  // namespace causeway::agent
