// SPDX-License-Identifier: Apache-2.0
// What is offered under a name, by workloads and by systems outside: a protocol and a port.
#pragma once

#include <cstdint>

namespace causeway::model {

enum class Protocol { tcp, udp };

// What a workload offers to others.
struct Service {
  Protocol protocol = Protocol::tcp;
  std::uint16_t port = 0;

  bool operator==(const Service&) const = default;
};

}  // namespace causeway::model
