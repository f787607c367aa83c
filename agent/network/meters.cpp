// SPDX-License-Identifier: Apache-2.0
#include "agent/network/meters.h"

#include <algorithm>

namespace causeway::agent {
namespace {

// A guest that starts asks for some neighbours at once, and one that talks to a whole subnet asks for each of
// them twice a minute.
constexpr std::uint32_t kQuestionsPerSecond = 50;
constexpr std::uint32_t kQuestionsAtOnce = 100;

// So many meters a port may have.
constexpr std::uint32_t kMetersPerPort = 4;

}  // namespace

std::uint32_t question_meter(std::uint32_t port_number) { return port_number * kMetersPerPort; }

std::vector<Meter> make_meters(const ZonePolicy& policy, const PortNumbers& numbers) {
  std::vector<Meter> meters;
  for (const PortWiring& port : policy.ports)
    if (const auto number = numbers.ports.find(port.port); number != numbers.ports.end())
      meters.push_back({question_meter(number->second), kQuestionsPerSecond, kQuestionsAtOnce});
  std::ranges::sort(meters);
  return meters;
}

}  // namespace causeway::agent
