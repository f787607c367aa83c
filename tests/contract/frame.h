// SPDX-License-Identifier: Apache-2.0
// Packets as bytes on a wire, so that a real switch can be asked what a policy is asked.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "agent/network/packet.h"

namespace causeway::agent {

// A whole Ethernet frame without its checksum. `mark` is carried in the payload, so that a frame is known
// when it arrives.
std::vector<std::uint8_t> encode(const Packet& packet, std::uint32_t mark);

// What an ARP or neighbour discovery frame says. Nothing for any other frame, and for one whose checksum is
// wrong.
std::optional<Packet> decode_neighbour(std::span<const std::uint8_t> frame);

}  // namespace causeway::agent
