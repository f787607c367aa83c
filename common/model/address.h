// SPDX-License-Identifier: Apache-2.0
// Addresses of the virtual networks as values: MAC, IPv4 and IPv6 addresses, and subnets.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/core/result.h"

namespace causeway::model {

struct Mac {
  std::array<std::uint8_t, 6> bytes{};

  auto operator<=>(const Mac&) const = default;
  // "52:54:00:ab:cd:ef", lower case.
  [[nodiscard]] std::string str() const;
  static Result<Mac> parse(std::string_view text);
};

// An IPv4 or IPv6 address. IPv4 is kept in the first four bytes; the rest is zero.
struct IpAddress {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const IpAddress&) const = default;
  [[nodiscard]] int bits() const { return v6 ? 128 : 32; }
  // The canonical text: dotted for IPv4, RFC 5952 for IPv6.
  [[nodiscard]] std::string str() const;
  static Result<IpAddress> parse(std::string_view text);
  // The address that many steps behind this one; wraps at the end of the address space.
  [[nodiscard]] IpAddress plus(std::uint64_t steps) const;
};

// A subnet: its first address and its length. "10.52.3.0/24", "fd52:3::/64".
struct Subnet {
  IpAddress first;
  int length = 0;

  auto operator<=>(const Subnet&) const = default;
  [[nodiscard]] std::string str() const;
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] bool overlaps(const Subnet& other) const;
  // The last address: the broadcast address of an IPv4 subnet.
  [[nodiscard]] IpAddress last() const;
  // Refuses an address with bits set behind the length, and says what was probably meant.
  static Result<Subnet> parse(std::string_view text);
};

}  // namespace causeway::model
