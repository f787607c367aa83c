// SPDX-License-Identifier: Apache-2.0
// SHA-256, for checksums that people write and for identities that must come out the same on every machine.
#pragma once

#include <sodium/crypto_hash_sha256.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace causeway {

// Of content that comes in pieces.
class Sha256 {
 public:
  using Bytes = std::array<unsigned char, crypto_hash_sha256_BYTES>;

  Sha256();
  void add(std::string_view piece);
  // Ends the computation; the object can only be destroyed after it.
  Bytes bytes();
  std::string hex();  // 64 lower-case digits

 private:
  crypto_hash_sha256_state state_;
};

// A UUID (RFC 9562, version 8) that is always the same for the same text.
std::string uuid_of(std::string_view text);

}  // namespace causeway
