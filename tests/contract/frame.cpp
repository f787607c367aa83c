// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/frame.h"

#include <algorithm>
#include <cstddef>

namespace causeway::agent {
namespace {

using Bytes = std::vector<std::uint8_t>;

void put8(Bytes& bytes, std::uint8_t value) { bytes.push_back(value); }

void put16(Bytes& bytes, std::uint16_t value) {
  put8(bytes, static_cast<std::uint8_t>(value >> 8U));
  put8(bytes, static_cast<std::uint8_t>(value & 0xffU));
}

void put32(Bytes& bytes, std::uint32_t value) {
  put16(bytes, static_cast<std::uint16_t>(value >> 16U));
  put16(bytes, static_cast<std::uint16_t>(value & 0xffffU));
}

void put(Bytes& bytes, const model::Mac& mac) {
  bytes.insert(bytes.end(), mac.bytes.begin(), mac.bytes.end());
}

void put(Bytes& bytes, const model::IpAddress& address, std::size_t length) {
  bytes.insert(bytes.end(), address.bytes.begin(),
               address.bytes.begin() + static_cast<std::ptrdiff_t>(length));
}

void put(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

// RFC 1071, over bytes and what has been summed before.
std::uint32_t sum(const Bytes& bytes, std::uint32_t before) {
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

std::uint32_t pseudo_header(const Packet& packet, std::size_t length) {
  Bytes header;
  const std::size_t address = packet.from.v6 ? 16 : 4;
  put(header, packet.from, address);
  put(header, packet.to, address);
  put32(header, static_cast<std::uint32_t>(length));
  put32(header, packet.protocol);
  return sum(header, 0);
}

Bytes transport(const Packet& packet, std::uint32_t mark) {
  Bytes bytes;
  if (packet.protocol == kIcmp || packet.protocol == kIcmpv6) {
    put8(bytes, static_cast<std::uint8_t>(packet.from_port));
    put8(bytes, static_cast<std::uint8_t>(packet.to_port));
    put16(bytes, 0);
    const bool neighbour = packet.protocol == kIcmpv6 && (packet.from_port == kNeighbourSolicitation ||
                                                          packet.from_port == kNeighbourAdvertisement);
    if (neighbour) {
      put32(bytes, packet.from_port == kNeighbourAdvertisement ? 0x60000000U : 0);
      put(bytes, packet.target, 16);
      if (packet.sender != model::Mac{}) {
        put8(bytes, packet.from_port == kNeighbourSolicitation ? 1 : 2);
        put8(bytes, 1);
        put(bytes, packet.sender);
      }
    } else {
      put32(bytes, 1);
      put32(bytes, mark);
    }
    set_checksum(bytes, 2, packet.protocol == kIcmpv6 ? pseudo_header(packet, bytes.size()) : 0);
    return bytes;
  }
  put16(bytes, packet.from_port);
  put16(bytes, packet.to_port);
  if (packet.protocol == kTcp) {
    put32(bytes, mark);
    put32(bytes, 0);
    put16(bytes, 0x5002);  // five words, SYN
    put16(bytes, 0xffff);
    put32(bytes, 0);
    set_checksum(bytes, 16, pseudo_header(packet, bytes.size()));
  } else {
    put16(bytes, 12);
    put16(bytes, 0);
    put32(bytes, mark);
    set_checksum(bytes, 6, pseudo_header(packet, bytes.size()));
  }
  return bytes;
}

Bytes arp(const Packet& packet) {
  Bytes bytes;
  put16(bytes, 1);
  put16(bytes, kEtherIpv4);
  put8(bytes, 6);
  put8(bytes, 4);
  put16(bytes, packet.operation);
  put(bytes, packet.sender);
  put(bytes, packet.from, 4);
  put(bytes, model::Mac{});
  put(bytes, packet.to, 4);
  return bytes;
}

Bytes ipv4(const Packet& packet, const Bytes& payload) {
  Bytes bytes;
  put16(bytes, 0x4500);
  put16(bytes, static_cast<std::uint16_t>(20 + payload.size()));
  put32(bytes, 0x00004000);  // don't fragment
  put8(bytes, packet.hop_limit);
  put8(bytes, packet.protocol);
  put16(bytes, 0);
  put(bytes, packet.from, 4);
  put(bytes, packet.to, 4);
  set_checksum(bytes, 10, 0);
  put(bytes, payload);
  return bytes;
}

Bytes ipv6(const Packet& packet, const Bytes& payload) {
  Bytes bytes;
  put32(bytes, 0x60000000);
  put16(bytes, static_cast<std::uint16_t>(payload.size()));
  put8(bytes, packet.protocol);
  put8(bytes, packet.hop_limit);
  put(bytes, packet.from, 16);
  put(bytes, packet.to, 16);
  put(bytes, payload);
  return bytes;
}

}  // namespace

std::vector<std::uint8_t> encode(const Packet& packet, std::uint32_t mark) {
  Bytes frame;
  put(frame, packet.destination);
  put(frame, packet.source);
  if (packet.tagged) put32(frame, 0x81000001);
  put16(frame, packet.ether_type);
  if (packet.ether_type == kEtherArp) put(frame, arp(packet));
  if (packet.ether_type == kEtherIpv4) put(frame, ipv4(packet, transport(packet, mark)));
  if (packet.ether_type == kEtherIpv6) put(frame, ipv6(packet, transport(packet, mark)));
  // Padding to the least that a frame has, and the mark again, where every kind of frame has room for it.
  while (frame.size() < 80) put8(frame, 0);
  put32(frame, mark);
  return frame;
}

namespace {

model::Mac mac_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  model::Mac mac;
  std::ranges::copy(bytes.subspan(at, 6), mac.bytes.begin());
  return mac;
}

model::IpAddress address_at(std::span<const std::uint8_t> bytes, std::size_t at, bool v6) {
  model::IpAddress address{v6, {}};
  std::ranges::copy(bytes.subspan(at, v6 ? 16 : 4), address.bytes.begin());
  return address;
}

std::optional<Packet> decode_arp(Packet packet, std::span<const std::uint8_t> body) {
  if (body.size() < 28) return std::nullopt;
  packet.operation = static_cast<std::uint16_t>(body[6] << 8U | body[7]);
  packet.sender = mac_at(body, 8);
  packet.from = address_at(body, 14, false);
  packet.to = address_at(body, 24, false);
  return packet;
}

std::optional<Packet> decode_icmp6(Packet packet, std::span<const std::uint8_t> body) {
  if (body.size() < 40 || body[6] != kIcmpv6) return std::nullopt;
  packet.protocol = kIcmpv6;
  packet.hop_limit = body[7];
  packet.from = address_at(body, 8, true);
  packet.to = address_at(body, 24, true);
  const std::size_t length = static_cast<std::size_t>(body[4] << 8U | body[5]);
  if (length < 24 || body.size() < 40 + length) return std::nullopt;
  const auto message = body.subspan(40, length);
  if (sum(Bytes(message.begin(), message.end()), pseudo_header(packet, length)) != 0xffff)
    return std::nullopt;
  packet.from_port = message[0];
  packet.to_port = message[1];
  packet.target = address_at(message, 8, true);
  const std::uint8_t option = packet.from_port == kNeighbourSolicitation ? 1 : 2;
  if (length >= 32 && message[24] == option) packet.sender = mac_at(message, 26);
  return packet;
}

}  // namespace

std::optional<Packet> decode_neighbour(std::span<const std::uint8_t> frame) {
  if (frame.size() < 14) return std::nullopt;
  Packet packet;
  packet.destination = mac_at(frame, 0);
  packet.source = mac_at(frame, 6);
  packet.ether_type = static_cast<std::uint16_t>(frame[12] << 8U | frame[13]);
  if (packet.ether_type == kEtherArp) return decode_arp(packet, frame.subspan(14));
  if (packet.ether_type == kEtherIpv6) return decode_icmp6(packet, frame.subspan(14));
  return std::nullopt;
}

}  // namespace causeway::agent
