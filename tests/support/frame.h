// SPDX-License-Identifier: Apache-2.0
// Packets as bytes on a wire, so that a real switch can be asked what a policy is asked, and the pieces that
// frames are made of, for those that no Packet describes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "agent/network/packet.h"

namespace causeway::agent {

using Bytes = std::vector<std::uint8_t>;

// Bytes in network order, put one behind the other.
struct Wire {
  Bytes bytes;

  Wire& u8(std::uint8_t value);
  Wire& u16(std::uint16_t value);
  Wire& u32(std::uint32_t value);
  Wire& mac(const model::Mac& value);
  Wire& address(const model::IpAddress& value);
  Wire& zeros(std::size_t count);
  Wire& put(const Bytes& more);
};

// Each is the header and the body behind it, with what checksums need.
Bytes ethernet(const model::Mac& to, const model::Mac& from, std::uint16_t type, const Bytes& body);
// `fragment` is the header's field of flags and offset.
Bytes ipv4(const model::IpAddress& from, const model::IpAddress& to, std::uint8_t protocol, const Bytes& body,
           std::uint16_t fragment = 0x4000, std::uint8_t hop_limit = 64);
Bytes ipv6(const model::IpAddress& from, const model::IpAddress& to, std::uint8_t next, const Bytes& body,
           std::uint8_t hop_limit = 64);
Bytes udp(const model::IpAddress& from, const model::IpAddress& to, std::uint16_t from_port,
          std::uint16_t to_port, const Bytes& body);
// `body` is all behind the checksum.
Bytes icmp(std::uint8_t type, std::uint8_t code, const Bytes& body);
Bytes icmp6(const model::IpAddress& from, const model::IpAddress& to, std::uint8_t type, std::uint8_t code,
            const Bytes& body);

// A whole Ethernet frame without its checksum. `mark` is carried in the payload, so that a frame is known
// when it arrives.
Bytes encode(const Packet& packet, std::uint32_t mark);

// What a frame says, read as its receiver would. What can't be read is as in a new Packet, with no Ethernet
// type where there is none.
Packet dissect(std::span<const std::uint8_t> frame);

// What an ARP or neighbour discovery frame says. Nothing for any other frame, and for one whose checksum is
// wrong.
std::optional<Packet> decode_neighbour(std::span<const std::uint8_t> frame);

}  // namespace causeway::agent
