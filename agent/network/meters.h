// SPDX-License-Identifier: Apache-2.0
// How much a port may do: the meters that a policy's flows name. A meter drops what is above its rate, and is
// a port's own, so that no guest can use up another's share.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/network/flows.h"

namespace causeway::agent {

struct Meter {
  enum class Counts : std::uint8_t { packets, kilobits };

  std::uint32_t id = 0;     // unique on a bridge, 1 and up
  std::uint32_t rate = 0;   // a second
  std::uint32_t burst = 0;  // what may come at once
  Counts counts = Counts::packets;

  auto operator<=>(const Meter&) const = default;
};

// Of the questions for neighbours (ARP, neighbour solicitations) that come in by the port of that number:
// each one is answered by the host, and a guest that asks without end would keep it busy. The uplink has one
// where it is a way out.
std::uint32_t question_meter(std::uint32_t port_number);

// Of all that the guest behind the port of that number sends, and of all that is sent to it. Only a port with
// a bandwidth has them.
std::uint32_t sending_meter(std::uint32_t port_number);
std::uint32_t receiving_meter(std::uint32_t port_number);

// Sorted by id. A port without a number has none; its flows can't be made either.
std::vector<Meter> make_meters(const ZonePolicy& policy, const PortNumbers& numbers);

}  // namespace causeway::agent
