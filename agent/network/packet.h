// SPDX-License-Identifier: Apache-2.0
// A frame as far as a policy tells frames apart: a value for questions like "would this pass?".
#pragma once

#include <cstdint>

#include "common/model/address.h"

namespace causeway::agent {

inline constexpr std::uint16_t kEtherArp = 0x0806;
inline constexpr std::uint16_t kEtherIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherIpv6 = 0x86dd;

inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIcmpv6 = 58;
inline constexpr std::uint8_t kIgmp = 2;
// Of IPv6: a packet that ends before its extension headers do, and a fragment that is not the first one.
inline constexpr std::uint8_t kUnfinished = 0;
inline constexpr std::uint8_t kFragmentHeader = 44;

inline constexpr std::uint16_t kEchoRequest = 8;  // of ICMP
inline constexpr std::uint16_t kTimestamp = 13;
inline constexpr std::uint16_t kEcho6Request = 128;  // of ICMPv6, as those below
inline constexpr std::uint16_t kRouterSolicitation = 133;
inline constexpr std::uint16_t kRouterAdvertisement = 134;
inline constexpr std::uint16_t kNeighbourSolicitation = 135;
inline constexpr std::uint16_t kNeighbourAdvertisement = 136;

enum class Fragment : std::uint8_t { whole, first, later };

struct Packet {
  model::Mac source;
  model::Mac destination;
  bool tagged = false;  // carries a VLAN tag
  std::uint16_t ether_type = kEtherIpv4;
  model::IpAddress from;  // IP source, ARP sender
  model::IpAddress to;    // IP destination, ARP target
  // IP only.
  Fragment fragment = Fragment::whole;  // a later one has no ports, and in IPv6 kFragmentHeader as protocol
  std::uint8_t protocol = kUdp;
  std::uint8_t hop_limit = 64;
  std::uint16_t from_port = 0;  // ICMP: the type
  std::uint16_t to_port = 0;    // ICMP: the code
  // ARP: 1 asks, 2 answers.
  std::uint16_t operation = 0;
  // ARP's sender hardware address; the link-layer address in neighbour discovery, zero if it is left out.
  model::Mac sender;
  model::IpAddress target;  // of neighbour discovery

  bool operator==(const Packet&) const = default;
};

}  // namespace causeway::agent
