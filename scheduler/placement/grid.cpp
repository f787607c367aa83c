// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/grid.h"

#include <algorithm>

#include "common/core/check.h"

namespace causeway::placement {

std::vector<SlotSet::Word>::iterator SlotSet::find(Index index) {
  return std::lower_bound(words_.begin(), words_.end(), index,
                          [](const Word& word, Index wanted) { return word.index < wanted; });
}

void SlotSet::insert(Index slot) {
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  const auto word = find(slot / 64);
  if (word != words_.end() && word->index == slot / 64)
    word->bits |= bit;
  else
    words_.insert(word, {slot / 64, bit});
}

void SlotSet::erase(Index slot) {
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  const auto word = find(slot / 64);
  CAUSEWAY_CHECK(word != words_.end() && word->index == slot / 64 && (word->bits & bit) != 0);
  word->bits &= ~bit;
  if (word->bits == 0) words_.erase(word);
}

}  // namespace causeway::placement
