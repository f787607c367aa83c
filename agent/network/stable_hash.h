// SPDX-License-Identifier: Apache-2.0
// A number for a text that is the same in every release and on every machine, because names that are derived
// from it stand on running hosts.
#pragma once

#include <cstdint>
#include <string_view>

namespace causeway::agent {

// FNV-1a. Several texts one after the other: the hash so far is the next one's seed.
constexpr std::uint64_t stable_hash(std::string_view text, std::uint64_t seed = 0xcbf29ce484222325U) {
  for (const char c : text) seed = (seed ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return seed;
}

}  // namespace causeway::agent
