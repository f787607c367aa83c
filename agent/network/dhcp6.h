// SPDX-License-Identifier: Apache-2.0
// How a host tells its guests their IPv6 addresses: router advertisements (RFC 4861) with gateway, subnet and
// MTU, which send the guest to DHCPv6 (RFC 8415) for the address that the scheduler gave it. As with DHCP
// there is no state, and nothing is asked of the scheduler.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "agent/network/network.h"

namespace causeway::agent {

// What a port's guest is told.
struct Lease6 {
  model::Mac mac;
  model::IpAddress address;  // IPv6
  int prefix_length = 0;     // of its subnet
  bool has_gateway = false;  // the host's link-local address is the router's, whatever the network's is
  std::uint16_t mtu = 0;

  bool operator==(const Lease6&) const = default;
};

// Where guests ask, and who answers: link-local addresses that are the same on every host.
model::IpAddress all_routers();
model::IpAddress all_dhcp6_servers();

// The port's lease; none for a port without an IPv6 address or without its subnet.
std::optional<Lease6> lease6_for(const PortWiring& port, const Segment& segment);

// The advertisement as a frame to the guest that nobody asked for. A guest forgets its gateway when it has
// heard none for kGatewaySeconds.
inline constexpr std::uint16_t kGatewaySeconds = 9000;
std::vector<std::uint8_t> advertisement(const Lease6& lease);

// The answer to a frame of the guest, as a frame: to a router solicitation or a question of DHCPv6. Nothing
// for all else, for what is malformed, or for another server.
std::optional<std::vector<std::uint8_t>> answer_ipv6(const Lease6& lease,
                                                     std::span<const std::uint8_t> frame);

}  // namespace causeway::agent
