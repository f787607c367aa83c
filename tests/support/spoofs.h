// SPDX-License-Identifier: Apache-2.0
// What a hostile guest may try: a table of forged and malformed frames, none of which may arrive anywhere or
// be answered. The same table is put to the policy's meaning, to a real switch's trace, and onto real wires.
#pragma once

#include <string>
#include <vector>

#include "agent/network/network.h"
#include "tests/support/frame.h"

namespace causeway::agent {

struct Spoof {
  std::string name;
  Bytes frame;
};

// As the guest of `own` sends them, so that `victim`, a port of the same network, would get each of them or
// be harmed by it. Both have an IPv4 and an IPv6 address, in this order. All frames differ.
std::vector<Spoof> spoofs(const PortWiring& own, const PortWiring& victim);

}  // namespace causeway::agent
