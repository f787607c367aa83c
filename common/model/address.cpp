// SPDX-License-Identifier: Apache-2.0
#include "common/model/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace causeway::model {
namespace {

// The address with every bit behind `length` set to `bit`.
IpAddress masked(IpAddress address, int length, bool bit) {
  for (int i = length; i < address.bits(); ++i) {
    auto& byte = address.bytes[static_cast<std::size_t>(i / 8)];
    const auto mask = static_cast<std::uint8_t>(0x80 >> (i % 8));
    byte = static_cast<std::uint8_t>(bit ? byte | mask : byte & ~mask);
  }
  return address;
}

}  // namespace

std::string Mac::str() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "00:00:00:00:00:00";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[i * 3] = kDigits[bytes[i] >> 4U];
    text[i * 3 + 1] = kDigits[bytes[i] & 0xfU];
  }
  return text;
}

Result<Mac> Mac::parse(std::string_view text) {
  const auto malformed = [&] {
    return fail(Errc::invalid, fmt::format("'{}' is no MAC address; write it as 52:54:00:12:34:56", text));
  };
  Mac mac;
  if (text.size() != 17) return malformed();
  for (std::size_t i = 0; i < 6; ++i) {
    if (i > 0 && text[i * 3 - 1] != ':') return malformed();
    const char* start = text.data() + i * 3;
    const auto [end, error] = std::from_chars(start, start + 2, mac.bytes[i], 16);
    if (error != std::errc{} || end != start + 2) return malformed();
  }
  return mac;
}

std::string IpAddress::str() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (v6) return inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
  // By the hundred thousand in digests of what hosts shall do: inet_ntop() takes ten times as long.
  char* end = text;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) *end++ = '.';
    end = std::to_chars(end, text + sizeof text, bytes[i]).ptr;
  }
  return {text, end};
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress address;
  const std::string terminated(text);
  address.v6 = text.contains(':');
  if (inet_pton(address.v6 ? AF_INET6 : AF_INET, terminated.c_str(), address.bytes.data()) != 1)
    return fail(Errc::invalid,
                fmt::format("'{}' is no IP address; write it as 10.52.3.21 or fd52:3::21", text));
  return address;
}

IpAddress IpAddress::plus(std::uint64_t steps) const {
  IpAddress sum = *this;
  unsigned carry = 0;
  for (int i = bits() / 8 - 1; i >= 0 && (steps != 0 || carry != 0); --i) {
    auto& byte = sum.bytes[static_cast<std::size_t>(i)];
    const unsigned total = byte + static_cast<unsigned>(steps & 0xff) + carry;
    byte = static_cast<std::uint8_t>(total & 0xff);
    carry = total >> 8;
    steps >>= 8;
  }
  return sum;
}

std::string Subnet::str() const { return fmt::format("{}/{}", first.str(), length); }

bool Subnet::contains(const IpAddress& address) const {
  return address.v6 == first.v6 && masked(address, length, false) == first;
}

bool Subnet::overlaps(const Subnet& other) const { return contains(other.first) || other.contains(first); }

IpAddress Subnet::last() const { return masked(first, length, true); }

Result<Subnet> Subnet::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos)
    return fail(Errc::invalid,
                fmt::format("'{}' is no subnet; write it with its length, as 10.52.3.0/24", text));
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::unexpected(address.error());
  Subnet subnet{*address, 0};
  const auto digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), subnet.length);
  if (error != std::errc{} || end != digits.data() + digits.size() || subnet.length < 0 ||
      subnet.length > address->bits())
    return fail(Errc::invalid,
                fmt::format("'{}': the length is a number from 0 to {}", text, address->bits()));
  const IpAddress start = masked(*address, subnet.length, false);
  if (start != *address)
    return fail(Errc::invalid, fmt::format("'{}' is an address inside a subnet; the subnet is {}/{}", text,
                                           start.str(), subnet.length));
  return subnet;
}

}  // namespace causeway::model
