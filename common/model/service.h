// SPDX-License-Identifier: Apache-2.0
// What is offered under a name, by workloads and by systems outside: "tcp/443", "udp/10000-10100", "icmp/8".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/core/result.h"

namespace causeway::model {

enum class Protocol { tcp, udp, icmp, icmp6 };

inline constexpr std::uint8_t kEchoType = 8;
inline constexpr std::uint8_t kTimestampType = 13;
inline constexpr std::uint8_t kEcho6Type = 128;

struct Service {
  Protocol protocol = Protocol::tcp;
  // tcp and udp: the receiver's ports, from first to last. icmp and icmp6: the type of the question, which
  // stands alone.
  std::uint16_t first = 0;
  std::uint16_t last = first;

  bool operator==(const Service&) const = default;

  [[nodiscard]] std::string str() const;
  // Refuses what can't be offered.
  static Result<Service> parse(std::string_view text);
};

// A ping.
Service echo(bool v6);
// Whether who offers the one offers all of the other.
bool covers(const Service& offered, const Service& asked);
// Why it can't be offered, or "". Of ICMP only the questions that switches know the answers of can be: the
// answer to another one would come back to a closed port.
std::string service_problem(const Service& service);
// What to write instead: an example of each form.
inline constexpr std::string_view kServiceForms =
    "write tcp/443, udp/10000-10100, icmp/8 (echo), icmp/13 (timestamp) or icmp6/128 (echo)";

}  // namespace causeway::model
