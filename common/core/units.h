// SPDX-License-Identifier: Apache-2.0
// Amounts with their unit in the type. Arithmetic stays inside one unit; a change of unit is written out.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace causeway {

template <class Tag>
struct Amount {
  std::int64_t value = 0;

  auto operator<=>(const Amount&) const = default;
  Amount& operator+=(Amount other) { return value += other.value, *this; }
  Amount& operator-=(Amount other) { return value -= other.value, *this; }
  friend Amount operator+(Amount a, Amount b) { return Amount{a.value + b.value}; }
  friend Amount operator-(Amount a, Amount b) { return Amount{a.value - b.value}; }
  friend Amount operator*(Amount a, std::int64_t times) { return Amount{a.value * times}; }
};

using MiB = Amount<struct MiBTag>;
using GiB = Amount<struct GiBTag>;

constexpr MiB to_mib(GiB amount) { return MiB{amount.value * 1024}; }
// Rounds up: a volume of 1 MiB occupies a whole GiB of a quota.
constexpr GiB to_gib(MiB amount) { return GiB{(amount.value + 1023) / 1024}; }

// What a line carries: millions of bits each second.
using MbitPerSecond = Amount<struct MbitPerSecondTag>;

// As people write it: "8GiB", "1536MiB", "2TiB".
std::string to_string(MiB amount);
std::string to_string(GiB amount);
std::string to_string(MbitPerSecond rate);  // "200Mbit", "10Gbit"

inline namespace literals {
constexpr MiB operator""_MiB(unsigned long long value) { return MiB{static_cast<std::int64_t>(value)}; }
constexpr GiB operator""_GiB(unsigned long long value) { return GiB{static_cast<std::int64_t>(value)}; }
}  // namespace literals

}  // namespace causeway
