// SPDX-License-Identifier: Apache-2.0
#include "common/core/digest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace causeway {

Sha256::Sha256() { crypto_hash_sha256_init(&state_); }

void Sha256::add(std::string_view piece) {
  crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
}

Sha256::Bytes Sha256::bytes() {
  Bytes result;
  crypto_hash_sha256_final(&state_, result.data());
  return result;
}

std::string Sha256::hex() { return fmt::format("{:02x}", fmt::join(bytes(), "")); }

std::string uuid_of(std::string_view text) {
  Sha256 digest;
  digest.add(text);
  auto bytes = digest.bytes();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x80);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  const auto hex = fmt::format("{:02x}", fmt::join(bytes, ""));
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20, 12));
}

}  // namespace causeway
