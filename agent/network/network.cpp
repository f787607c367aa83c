// SPDX-License-Identifier: Apache-2.0
#include "agent/network/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace causeway::agent {
namespace {

// FNV-1a, because a name that stands on running hosts must be the same in every release and on every machine.
constexpr std::uint64_t kFnvOffset = 0xcbf29ce484222325U;
constexpr std::uint64_t kFnvPrime = 0x100000001b3U;

std::uint64_t hash(std::string_view text, std::uint64_t seed = kFnvOffset) {
  for (const char c : text) seed = (seed ^ static_cast<std::uint8_t>(c)) * kFnvPrime;
  return seed;
}

}  // namespace

std::string tap_name(const PortId& port) {
  return fmt::format("cw{:011x}", hash(port.str()) & 0xfff'ffff'ffffU);
}

std::string bridge_name(const ZoneId& zone) { return "cw-" + zone.str().substr(0, 8); }

PolicyDigest digest(const ZonePolicy& policy) {
  // Every line is a statement about the bridge that stands alone, so that their order says nothing.
  std::vector<std::string> lines;
  for (const Segment& segment : policy.segments) {
    lines.push_back(fmt::format("segment {} {}", segment.network, segment.vni));
    for (const model::RemotePort& remote : segment.remote) {
      lines.push_back(
          fmt::format("remote {} {} {}", segment.network, remote.mac.str(), remote.underlay.str()));
      for (const model::IpAddress& address : remote.addresses)
        lines.push_back(fmt::format("remote {} {} has {}", segment.network, remote.mac.str(), address.str()));
    }
  }
  for (const PortWiring& port : policy.ports) {
    lines.push_back(fmt::format("port {} {} {}", port.port, port.network, port.mac.str()));
    for (const model::IpAddress& address : port.addresses)
      lines.push_back(fmt::format("port {} has {}", port.port, address.str()));
  }
  std::ranges::sort(lines);
  std::uint64_t value = hash(policy.zone.str());
  for (const std::string& line : lines) value = hash("\n", hash(line, value));
  return PolicyDigest{value};
}

}  // namespace causeway::agent
