// SPDX-License-Identifier: Apache-2.0
// The hash chain of the audit log.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/core/result.h"
#include "scheduler/store/store.h"

namespace causeway::store {

using Hash = std::array<unsigned char, 32>;

// Of the event that `bytes` hold, behind the one with the hash `previous`. The first event's previous hash is
// zero.
Hash next_hash(const Hash& previous, std::string_view bytes);

// Goes along a log from its first event on.
class ChainCheck {
 public:
  // Corrupt if this is not the event that follows, or its hash is not the one that was stored with it.
  Result<> add(std::uint64_t sequence, std::string_view bytes, std::string_view stored_hash);
  // Corrupt if the log ends before the event that the state counted last.
  [[nodiscard]] Result<Chain> finish(std::uint64_t next_event) const;

 private:
  std::uint64_t next_ = 0;
  Hash head_{};
};

// The bytes of a hash as a database keeps them.
std::string_view bytes_of(const Hash& hash);
std::optional<Hash> hash_from(std::string_view bytes);

}  // namespace causeway::store
