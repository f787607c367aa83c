// SPDX-License-Identifier: Apache-2.0
#include "scheduler/store/chain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sodium.h>

#include <algorithm>

namespace causeway::store {

Hash next_hash(const Hash& previous, std::string_view bytes) {
  Hash hash{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, hash.size());
  crypto_generichash_update(&state, previous.data(), previous.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  crypto_generichash_final(&state, hash.data(), hash.size());
  return hash;
}

std::string_view bytes_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::optional<Hash> hash_from(std::string_view bytes) {
  Hash hash{};
  if (bytes.size() != hash.size()) return std::nullopt;
  std::ranges::copy(bytes, hash.begin());
  return hash;
}

Result<> ChainCheck::add(std::uint64_t sequence, std::string_view bytes, std::string_view stored_hash) {
  if (sequence != next_)
    return fail(Errc::corrupt,
                fmt::format("audit log: event {} is missing, event {} follows", next_, sequence));
  head_ = next_hash(head_, bytes);
  if (bytes_of(head_) != stored_hash)
    return fail(Errc::corrupt, fmt::format("audit log: event {} is not what was written", sequence));
  ++next_;
  return {};
}

Result<Chain> ChainCheck::finish(std::uint64_t next_event) const {
  if (next_ != next_event)
    return fail(Errc::corrupt,
                fmt::format("audit log: it ends with {} events, but {} were written", next_, next_event));
  return Chain{next_, next_ == 0 ? "" : fmt::format("{:02x}", fmt::join(head_, ""))};
}

}  // namespace causeway::store
