// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/grid.h"

#include <algorithm>

#include "common/core/check.h"

namespace causeway::placement {

void SlotSet::insert(Member slot) {
  if (words_.empty() && size_ < kFew) {
    auto* const end = few_.begin() + size_;
    auto* const at = std::lower_bound(few_.begin(), end, slot);
    std::move_backward(at, end, end + 1);
    *at = slot;
  } else {
    if (words_.empty()) {
      words_.resize(kSummaries);
      for (const Member member : few_) insert_bit(member);
    }
    insert_bit(slot);
  }
  ++size_;
}

void SlotSet::erase(Member slot) {
  if (words_.empty()) {
    auto* const end = few_.begin() + size_;
    auto* const at = std::lower_bound(few_.begin(), end, slot);
    CAUSEWAY_CHECK(at != end && *at == slot);
    std::move(at + 1, end, at);
    --size_;
    return;
  }
  erase_bit(slot);
  if (--size_ > kFewAgain) return;
  std::size_t count = 0;
  first([&](Member member) {
    few_[count++] = member;
    return false;
  });
  words_ = {};
}

void SlotSet::insert_bit(Member slot) {
  const std::size_t word = slot / 64;
  if (words_.size() <= kSummaries + word) words_.resize(kSummaries + word + 1);
  words_[kSummaries + word] |= std::uint64_t{1} << (slot % 64);
  words_[word / 64] |= std::uint64_t{1} << (word % 64);
}

void SlotSet::erase_bit(Member slot) {
  const std::size_t word = slot / 64;
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  CAUSEWAY_CHECK(kSummaries + word < words_.size() && (words_[kSummaries + word] & bit) != 0);
  words_[kSummaries + word] &= ~bit;
  if (words_[kSummaries + word] == 0) words_[word / 64] &= ~(std::uint64_t{1} << (word % 64));
}

}  // namespace causeway::placement
