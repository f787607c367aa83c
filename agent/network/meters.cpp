// SPDX-License-Identifier: Apache-2.0
#include "agent/network/meters.h"

#include <algorithm>

namespace causeway::agent {
namespace {

// A guest that starts asks for some neighbours at once, and one that talks to a whole subnet asks for each of
// them twice a minute.
constexpr std::uint32_t kQuestionsPerSecond = 50;
constexpr std::uint32_t kQuestionsAtOnce = 100;
// A router of the way out asks for each workload that it is sent something for.
constexpr std::uint32_t kRoutersQuestions = 1000;

// A tenth of a second's worth may come at once, which senders that adapt need to fill their rate; and at
// least a few packets as large as the kernel's datapath sees them before they are cut (64 KiB).
constexpr std::uint32_t kKilobitsOfAMegabit = 1000;
constexpr std::uint32_t kBurstsASecond = 10;
constexpr std::uint32_t kBurstMin = 2000;

Meter of_bandwidth(std::uint32_t id, MbitPerSecond bandwidth) {
  const auto rate = static_cast<std::uint32_t>(bandwidth.value) * kKilobitsOfAMegabit;
  return {id, rate, std::max(rate / kBurstsASecond, kBurstMin), Meter::Counts::kilobits};
}

// So many meters a port may have.
constexpr std::uint32_t kMetersPerPort = 4;

}  // namespace

std::uint32_t question_meter(std::uint32_t port_number) { return port_number * kMetersPerPort; }

std::uint32_t sending_meter(std::uint32_t port_number) { return port_number * kMetersPerPort + 1; }

std::uint32_t receiving_meter(std::uint32_t port_number) { return port_number * kMetersPerPort + 2; }

std::vector<Meter> make_meters(const ZonePolicy& policy, const PortNumbers& numbers) {
  std::vector<Meter> meters;
  for (const PortWiring& port : policy.ports) {
    const auto number = numbers.ports.find(port.port);
    if (number == numbers.ports.end()) continue;
    meters.push_back({question_meter(number->second), kQuestionsPerSecond, kQuestionsAtOnce});
    if (port.bandwidth == MbitPerSecond{}) continue;
    meters.push_back(of_bandwidth(sending_meter(number->second), port.bandwidth));
    meters.push_back(of_bandwidth(receiving_meter(number->second), port.bandwidth));
  }
  if (policy.way_out && numbers.uplink != 0)
    meters.push_back({question_meter(numbers.uplink), kRoutersQuestions, kRoutersQuestions});
  std::ranges::sort(meters);
  return meters;
}

}  // namespace causeway::agent
