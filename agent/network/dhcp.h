// SPDX-License-Identifier: Apache-2.0
// DHCP (RFC 2131) as a host answers its guests: each has the one address that the scheduler gave it, so there
// is no pool, no state and nothing to forget. Whoever asks is told the same, also while the scheduler is
// away.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "agent/network/network.h"

namespace causeway::agent {

// What a port's guest is told.
struct Lease {
  model::Mac mac;
  model::IpAddress address;                 // IPv4
  int prefix_length = 0;                    // of its subnet
  std::optional<model::IpAddress> gateway;  // the router; also the name under which the host answers
  std::uint16_t mtu = 0;

  bool operator==(const Lease&) const = default;
};

// The port's lease; none for a port without an IPv4 address or without its subnet.
std::optional<Lease> lease_for(const PortWiring& port, const Segment& segment);

// The answer to a frame of the guest, as a frame. Nothing for what is no question of DHCP, is malformed, or
// asks for another's MAC. A guest that wants another address than its own is refused it (NAK).
std::optional<std::vector<std::uint8_t>> answer_dhcp(const Lease& lease, std::span<const std::uint8_t> frame);

}  // namespace causeway::agent
