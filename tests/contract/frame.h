// SPDX-License-Identifier: Apache-2.0
// Packets as bytes on a wire, so that a real switch can be asked what a policy is asked.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/network/packet.h"

namespace causeway::agent {

// A whole Ethernet frame without its checksum. `mark` is carried in the payload, so that a frame is known
// when it arrives.
std::vector<std::uint8_t> encode(const Packet& packet, std::uint32_t mark);

}  // namespace causeway::agent
