// SPDX-License-Identifier: Apache-2.0
// An index of slots by how much they have free, counted in levels: 64 by 64 cells, CPU by memory. A row of 64
// cells has one word that says which of them hold anything, so that looking for the best cell is a matter of
// bits; a cell keeps its slots in ascending order, so that what is found depends on what is there and not on
// how it came there.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "scheduler/placement/levels.h"

namespace causeway::placement {

// An ordered set of slot numbers: words of 64 neighbours, only those that hold any, ascending.
class SlotSet {
 public:
  void insert(Index slot);
  void erase(Index slot);  // it is in the set
  [[nodiscard]] bool empty() const { return words_.empty(); }

  // The least slot that `admit` lets pass, or kNone.
  template <class Admit>
  Index first(Admit&& admit) const {
    for (const Word& word : words_) {
      for (std::uint64_t bits = word.bits; bits != 0; bits &= bits - 1) {
        const Index slot = word.index * 64 + static_cast<Index>(std::countr_zero(bits));
        if (admit(slot)) return slot;
      }
    }
    return kNone;
  }

 private:
  struct Word {
    Index index;
    std::uint64_t bits;
  };
  std::vector<Word>::iterator find(Index index);
  std::vector<Word> words_;
};

class Grid {
 public:
  using Cell = std::uint16_t;
  static Cell cell(Levels::Pair at) { return static_cast<Cell>(at.cpu * kLevels + at.memory); }

  Grid() : cells_(kLevels * kLevels), rows_(kLevels) {}

  void insert(Cell cell, Index slot) {
    cells_[cell].insert(slot);
    rows_[cell / kLevels] |= std::uint64_t{1} << (cell % kLevels);
  }
  void erase(Cell cell, Index slot) {
    cells_[cell].erase(slot);
    if (cells_[cell].empty()) rows_[cell / kLevels] &= ~(std::uint64_t{1} << (cell % kLevels));
  }

  // Which memory levels of a CPU level hold slots.
  [[nodiscard]] std::uint64_t row(int cpu) const { return rows_[static_cast<std::size_t>(cpu)]; }
  [[nodiscard]] const SlotSet& at(Levels::Pair levels) const { return cells_[cell(levels)]; }

 private:
  std::vector<SlotSet> cells_;
  std::vector<std::uint64_t> rows_;
};

}  // namespace causeway::placement
