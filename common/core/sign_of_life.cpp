// SPDX-License-Identifier: Apache-2.0
#include "common/core/sign_of_life.h"

#include <fmt/format.h>

#include <charconv>

#include "common/core/text.h"

namespace causeway {

std::string sign_object(const HostId& host) { return "causeway.sign." + host.str(); }

std::string to_text(const SignOfLife& sign) {
  return fmt::format("count {}\naddress {}\n", sign.count, sign.address);
}

std::optional<SignOfLife> parse_sign(std::string_view text) {
  const auto lines = split(text, '\n');
  if (lines.size() < 2 || !lines[0].starts_with("count ") || !lines[1].starts_with("address "))
    return std::nullopt;
  SignOfLife sign;
  const auto digits = std::string_view(lines[0]).substr(6);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), sign.count);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  sign.address = lines[1].substr(8);
  return sign;
}

std::string host_of_client(std::string_view address) {
  for (const std::string_view protocol : {"v1:", "v2:", "any:"})
    if (address.starts_with(protocol)) address.remove_prefix(protocol.size());
  if (address.starts_with('[')) return std::string(address.substr(1, address.find(']') - 1));
  return std::string(address.substr(0, address.find(':')));
}

}  // namespace causeway
