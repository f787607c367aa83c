// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/grid.h"

#include <algorithm>

#include "common/core/check.h"

namespace causeway::placement {

std::size_t SlotSet::find(Index word) const {
  return static_cast<std::size_t>(std::lower_bound(words_.begin(), words_.end(), word) - words_.begin());
}

void SlotSet::insert(Index slot) {
  const std::size_t at = find(slot / 64);
  if (at == words_.size() || words_[at] != slot / 64) {
    words_.insert(words_.begin() + static_cast<std::ptrdiff_t>(at), slot / 64);
    bits_.insert(bits_.begin() + static_cast<std::ptrdiff_t>(at), 0);
  }
  bits_[at] |= std::uint64_t{1} << (slot % 64);
}

void SlotSet::erase(Index slot) {
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  const std::size_t at = find(slot / 64);
  CAUSEWAY_CHECK(at < words_.size() && words_[at] == slot / 64 && (bits_[at] & bit) != 0);
  bits_[at] &= ~bit;
  if (bits_[at] != 0) return;
  words_.erase(words_.begin() + static_cast<std::ptrdiff_t>(at));
  bits_.erase(bits_.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace causeway::placement
