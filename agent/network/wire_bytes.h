// SPDX-License-Identifier: Apache-2.0
// Reading and writing what stands in frames, most significant byte first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace causeway::agent {

using FrameBytes = std::vector<std::uint8_t>;
using FrameView = std::span<const std::uint8_t>;

// The caller knows that so many bytes are there.
inline std::uint16_t read16(FrameView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

inline void put(FrameBytes& bytes, FrameView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

inline void put16(FrameBytes& bytes, std::size_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8U & 0xffU));
  bytes.push_back(static_cast<std::uint8_t>(value & 0xffU));
}

inline void put32(FrameBytes& bytes, std::uint32_t value) {
  put16(bytes, value >> 16U);
  put16(bytes, value & 0xffffU);
}

// The internet checksum (RFC 1071) of an even number of bytes, or of an odd one as if a zero followed.
inline std::uint16_t checksum(FrameView bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    sum += i + 1 < bytes.size() ? read16(bytes, i) : static_cast<std::uint32_t>(bytes[i] << 8U);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

}  // namespace causeway::agent
