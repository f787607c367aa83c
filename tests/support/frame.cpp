// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame.h"

#include <algorithm>
#include <cstddef>

namespace causeway::agent {
namespace {

constexpr std::uint16_t kTagged = 0x8100;
constexpr std::uint16_t kTaggedTwice = 0x88a8;
constexpr std::uint16_t kLeastType = 0x600;  // below it the field is a length, and LLC follows
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kAuthentication = 51;
constexpr std::uint8_t kDestination = 60;

// RFC 1071, over bytes and what has been summed before.
std::uint32_t sum(std::span<const std::uint8_t> bytes, std::uint32_t before) {
  std::uint32_t total = before;
  for (std::size_t i = 0; i < bytes.size(); ++i) total += i % 2 == 0 ? bytes[i] << 8U : bytes[i];
  while (total > 0xffff) total = (total & 0xffff) + (total >> 16U);
  return total;
}

void set_checksum(Bytes& bytes, std::size_t at, std::uint32_t before) {
  const auto checksum = static_cast<std::uint16_t>(~sum(bytes, before) & 0xffffU);
  bytes[at] = static_cast<std::uint8_t>(checksum >> 8U);
  bytes[at + 1] = static_cast<std::uint8_t>(checksum & 0xffU);
}

std::uint32_t pseudo_header(const model::IpAddress& from, const model::IpAddress& to, std::uint8_t protocol,
                            std::size_t length) {
  return sum(Wire().address(from).address(to).u32(static_cast<std::uint32_t>(length)).u32(protocol).bytes, 0);
}

Bytes tcp(const Packet& packet, std::uint32_t mark) {
  Bytes bytes = Wire()
                    .u16(packet.from_port)
                    .u16(packet.to_port)
                    .u32(mark)
                    .u32(0)
                    .u16(0x5002)  // five words, SYN
                    .u16(0xffff)
                    .u32(0)
                    .bytes;
  set_checksum(bytes, 16, pseudo_header(packet.from, packet.to, kTcp, bytes.size()));
  return bytes;
}

Bytes neighbour(const Packet& packet) {
  const bool asks = packet.from_port == kNeighbourSolicitation;
  Wire body;
  body.u32(asks ? 0 : 0x60000000U).address(packet.target);
  if (packet.sender != model::Mac{}) body.u8(asks ? 1 : 2).u8(1).mac(packet.sender);
  return body.bytes;
}

Bytes transport(const Packet& packet, std::uint32_t mark) {
  const auto type = static_cast<std::uint8_t>(packet.from_port);
  const auto code = static_cast<std::uint8_t>(packet.to_port);
  if (packet.fragment == Fragment::later) return Wire().u32(mark).u32(mark).bytes;
  switch (packet.protocol) {
    case kIcmp: return icmp(type, code, Wire().u32(1).u32(mark).bytes);
    case kIcmpv6: {
      const bool speaks_of_neighbours =
          type == kNeighbourSolicitation || packet.from_port == kNeighbourAdvertisement;
      return icmp6(packet.from, packet.to, type, code,
                   speaks_of_neighbours ? neighbour(packet) : Wire().u32(1).u32(mark).bytes);
    }
    case kTcp: return tcp(packet, mark);
    case kUdp:
      return udp(packet.from, packet.to, packet.from_port, packet.to_port, Wire().u32(mark).u32(0).bytes);
    default: return Wire().u32(mark).u32(mark).bytes;
  }
}

Bytes arp(const Packet& packet) {
  return Wire()
      .u16(1)
      .u16(kEtherIpv4)
      .u8(6)
      .u8(4)
      .u16(packet.operation)
      .mac(packet.sender)
      .address(packet.from)
      .zeros(6)
      .address(packet.to)
      .bytes;
}

std::uint16_t fragment_field(Fragment fragment) {
  if (fragment == Fragment::whole) return 0x4000;      // don't fragment
  return fragment == Fragment::first ? 0x2000 : 0x10;  // more of them; or the one at 128 bytes
}

Bytes ipv6_of(const Packet& packet, const Bytes& body) {
  if (packet.fragment == Fragment::whole)
    return ipv6(packet.from, packet.to, packet.protocol, body, packet.hop_limit);
  const bool first = packet.fragment == Fragment::first;
  const Wire fragment = Wire().u8(first ? packet.protocol : kUdp).u8(0).u16(first ? 1 : 0x80).u32(7);
  return ipv6(packet.from, packet.to, kFragmentHeader, Wire(fragment).put(body).bytes, packet.hop_limit);
}

}  // namespace

Wire& Wire::u8(std::uint8_t value) {
  bytes.push_back(value);
  return *this;
}

Wire& Wire::u16(std::uint16_t value) {
  return u8(static_cast<std::uint8_t>(value >> 8U)).u8(static_cast<std::uint8_t>(value & 0xffU));
}

Wire& Wire::u32(std::uint32_t value) {
  return u16(static_cast<std::uint16_t>(value >> 16U)).u16(static_cast<std::uint16_t>(value & 0xffffU));
}

Wire& Wire::mac(const model::Mac& value) {
  bytes.insert(bytes.end(), value.bytes.begin(), value.bytes.end());
  return *this;
}

Wire& Wire::address(const model::IpAddress& value) {
  bytes.insert(bytes.end(), value.bytes.begin(), value.bytes.begin() + (value.v6 ? 16 : 4));
  return *this;
}

Wire& Wire::zeros(std::size_t count) {
  bytes.resize(bytes.size() + count);
  return *this;
}

Wire& Wire::put(const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
  return *this;
}

Bytes ethernet(const model::Mac& to, const model::Mac& from, std::uint16_t type, const Bytes& body) {
  return Wire().mac(to).mac(from).u16(type).put(body).bytes;
}

Bytes ipv4(const model::IpAddress& from, const model::IpAddress& to, std::uint8_t protocol, const Bytes& body,
           std::uint16_t fragment, std::uint8_t hop_limit) {
  Bytes header = Wire()
                     .u16(0x4500)
                     .u16(static_cast<std::uint16_t>(20 + body.size()))
                     .u16(7)
                     .u16(fragment)
                     .u8(hop_limit)
                     .u8(protocol)
                     .u16(0)
                     .address(from)
                     .address(to)
                     .bytes;
  set_checksum(header, 10, 0);
  header.insert(header.end(), body.begin(), body.end());
  return header;
}

Bytes ipv6(const model::IpAddress& from, const model::IpAddress& to, std::uint8_t next, const Bytes& body,
           std::uint8_t hop_limit) {
  return Wire()
      .u32(0x60000000)
      .u16(static_cast<std::uint16_t>(body.size()))
      .u8(next)
      .u8(hop_limit)
      .address(from)
      .address(to)
      .put(body)
      .bytes;
}

Bytes udp(const model::IpAddress& from, const model::IpAddress& to, std::uint16_t from_port,
          std::uint16_t to_port, const Bytes& body) {
  Bytes bytes = Wire()
                    .u16(from_port)
                    .u16(to_port)
                    .u16(static_cast<std::uint16_t>(8 + body.size()))
                    .u16(0)
                    .put(body)
                    .bytes;
  set_checksum(bytes, 6, pseudo_header(from, to, kUdp, bytes.size()));
  return bytes;
}

Bytes icmp(std::uint8_t type, std::uint8_t code, const Bytes& body) {
  Bytes bytes = Wire().u8(type).u8(code).u16(0).put(body).bytes;
  set_checksum(bytes, 2, 0);
  return bytes;
}

Bytes icmp6(const model::IpAddress& from, const model::IpAddress& to, std::uint8_t type, std::uint8_t code,
            const Bytes& body) {
  Bytes bytes = Wire().u8(type).u8(code).u16(0).put(body).bytes;
  set_checksum(bytes, 2, pseudo_header(from, to, kIcmpv6, bytes.size()));
  return bytes;
}

Bytes encode(const Packet& packet, std::uint32_t mark) {
  Bytes body;
  if (packet.ether_type == kEtherArp) body = arp(packet);
  if (packet.ether_type == kEtherIpv4)
    body = ipv4(packet.from, packet.to, packet.protocol, transport(packet, mark),
                fragment_field(packet.fragment), packet.hop_limit);
  if (packet.ether_type == kEtherIpv6) body = ipv6_of(packet, transport(packet, mark));
  if (packet.tagged) body = Wire().u16(1).u16(packet.ether_type).put(body).bytes;
  Wire frame{ethernet(packet.destination, packet.source, packet.tagged ? kTagged : packet.ether_type, body)};
  // Padding to the least that a frame has, and the mark again, where every kind of frame has room for it.
  if (frame.bytes.size() < 80) frame.zeros(80 - frame.bytes.size());
  return frame.u32(mark).bytes;
}

namespace {

using View = std::span<const std::uint8_t>;

std::uint16_t u16_at(View bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

model::Mac mac_at(View bytes, std::size_t at) {
  model::Mac mac;
  std::ranges::copy(bytes.subspan(at, 6), mac.bytes.begin());
  return mac;
}

model::IpAddress address_at(View bytes, std::size_t at, bool v6) {
  model::IpAddress address{v6, {}};
  std::ranges::copy(bytes.subspan(at, v6 ? 16 : 4), address.bytes.begin());
  return address;
}

void read_arp(Packet& packet, View body) {
  const bool of_ethernet = body.size() >= 28 && u16_at(body, 0) == 1 && u16_at(body, 2) == kEtherIpv4 &&
                           body[4] == 6 && body[5] == 4;
  if (!of_ethernet) return;
  packet.operation = u16_at(body, 6);
  packet.sender = mac_at(body, 8);
  packet.from = address_at(body, 14, false);
  packet.to = address_at(body, 24, false);
}

void read_neighbour(Packet& packet, View message) {
  if (message.size() < 24) return;
  packet.target = address_at(message, 8, true);
  const std::uint8_t wanted = packet.from_port == kNeighbourSolicitation ? 1 : 2;
  // An option that can't be read is as good as none, with all behind it; one that is there twice spoils the
  // message.
  for (std::size_t at = 24; at + 8 <= message.size();) {
    const std::size_t length = std::size_t{message[at + 1]} * 8;
    if (length == 0 || at + length > message.size()) return;
    if (message[at] == wanted && packet.sender != model::Mac{}) {
      packet.target = model::IpAddress{true, {}};
      packet.sender = {};
      return;
    }
    if (message[at] == wanted && length == 8) packet.sender = mac_at(message, at + 2);
    at += length;
  }
}

void read_transport(Packet& packet, View body) {
  const bool is_icmp = packet.protocol == (packet.ether_type == kEtherIpv4 ? kIcmp : kIcmpv6);
  if (is_icmp && body.size() >= 8) {
    packet.from_port = body[0];
    packet.to_port = body[1];
    const bool speaks_of_neighbours =
        packet.ether_type == kEtherIpv6 &&
        (packet.from_port == kNeighbourSolicitation || packet.from_port == kNeighbourAdvertisement);
    if (speaks_of_neighbours) read_neighbour(packet, body);
  }
  const std::size_t least = packet.protocol == kTcp ? 20 : 8;
  if ((packet.protocol == kTcp || packet.protocol == kUdp) && body.size() >= least) {
    packet.from_port = u16_at(body, 0);
    packet.to_port = u16_at(body, 2);
  }
}

void read_ipv4(Packet& packet, View body) {
  if (body.size() < 20) return;
  const std::size_t header = std::size_t{body[0] & 0xfU} * 4;
  const std::size_t length = u16_at(body, 2);
  if (header < 20 || header > body.size() || length < header || length > body.size()) return;
  packet.from = address_at(body, 12, false);
  packet.to = address_at(body, 16, false);
  packet.hop_limit = body[8];
  packet.protocol = body[9];
  const std::uint16_t field = u16_at(body, 6);
  if ((field & 0x1fffU) != 0)
    packet.fragment = Fragment::later;
  else if ((field & 0x2000U) != 0)
    packet.fragment = Fragment::first;
  if (packet.fragment != Fragment::later) read_transport(packet, body.subspan(header, length - header));
}

void read_ipv6(Packet& packet, View body) {
  if (body.size() < 40 || u16_at(body, 4) > body.size() - 40) return;
  packet.hop_limit = body[7];
  packet.from = address_at(body, 8, true);
  packet.to = address_at(body, 24, true);
  View rest = body.subspan(40, u16_at(body, 4));
  for (std::uint8_t next = body[6];;) {
    const bool extension = next == kHopByHop || next == kRouting || next == kAuthentication ||
                           next == kDestination || next == kFragmentHeader;
    if (!extension) {
      packet.protocol = next;
      return read_transport(packet, rest);
    }
    std::size_t length = 8;
    if (rest.size() >= 8 && next == kAuthentication) length = (std::size_t{rest[1]} + 2) * 4;
    if (rest.size() >= 8 && next != kAuthentication && next != kFragmentHeader)
      length = (std::size_t{rest[1]} + 1) * 8;
    if (rest.size() < length) {
      packet.protocol = kUnfinished;
      return;
    }
    if (next == kFragmentHeader && u16_at(rest, 2) != 0) {
      packet.fragment = u16_at(rest, 2) < 8 ? Fragment::first : Fragment::later;
      if (packet.fragment == Fragment::later) {
        packet.protocol = kFragmentHeader;
        return;
      }
    }
    next = rest[0];
    rest = rest.subspan(length);
  }
}

}  // namespace

Packet dissect(std::span<const std::uint8_t> frame) {
  Packet packet;
  packet.ether_type = 0;
  if (frame.size() < 14) return packet;
  packet.destination = mac_at(frame, 0);
  packet.source = mac_at(frame, 6);
  packet.ether_type = u16_at(frame, 12);
  View body = frame.subspan(14);
  while ((packet.ether_type == kTagged || packet.ether_type == kTaggedTwice) && body.size() >= 4) {
    packet.tagged = true;
    packet.ether_type = u16_at(body, 2);
    body = body.subspan(4);
  }
  if (packet.ether_type < kLeastType) {
    const Bytes snap{0xaa, 0xaa, 3, 0, 0, 0};
    const bool typed = body.size() >= 8 && std::ranges::equal(body.first(6), snap);
    packet.ether_type = typed ? u16_at(body, 6) : std::uint16_t{0};
    if (typed) body = body.subspan(8);
  }
  packet.from.v6 = packet.to.v6 = packet.ether_type == kEtherIpv6;
  packet.target.v6 = packet.from.v6;
  switch (packet.ether_type) {
    case kEtherArp: read_arp(packet, body); break;
    case kEtherIpv4: read_ipv4(packet, body); break;
    case kEtherIpv6: read_ipv6(packet, body); break;
    default: break;
  }
  return packet;
}

std::optional<Packet> decode_neighbour(std::span<const std::uint8_t> frame) {
  const Packet packet = dissect(frame);
  if (packet.ether_type == kEtherArp) return packet.operation == 0 ? std::nullopt : std::optional(packet);
  const bool speaks_of_neighbours =
      packet.ether_type == kEtherIpv6 && packet.protocol == kIcmpv6 &&
      (packet.from_port == kNeighbourSolicitation || packet.from_port == kNeighbourAdvertisement);
  if (!speaks_of_neighbours) return std::nullopt;
  const std::size_t length = u16_at(frame, 18);
  const auto pseudo = pseudo_header(packet.from, packet.to, kIcmpv6, length);
  return sum(frame.subspan(54, length), pseudo) == 0xffff ? std::optional(packet) : std::nullopt;
}

}  // namespace causeway::agent
