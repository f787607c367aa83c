// SPDX-License-Identifier: Apache-2.0
// An index of slots by how much they have free, counted in levels: 64 by 64 cells, CPU by memory. A row of 64
// cells has one word that says which of them hold anything, so that looking for the best cell is a matter of
// bits; a cell keeps its slots in ascending order, so that what is found depends on what is there and not on
// how it came there.
#pragma once

#include <array>
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
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t bits = bits_[i]; bits != 0; bits &= bits - 1) {
        const Index slot = words_[i] * 64 + static_cast<Index>(std::countr_zero(bits));
        if (admit(slot)) return slot;
      }
    }
    return kNone;
  }

 private:
  [[nodiscard]] std::size_t find(Index word) const;  // the first that is not less

  std::vector<Index> words_;         // slot / 64
  std::vector<std::uint64_t> bits_;  // of each word
};

class Grid {
 public:
  static constexpr int kSide = Levels::kFineLevels;
  using Cell = std::uint16_t;
  using Row = std::array<std::uint64_t, kSide / 64>;
  static Cell cell(Levels::Pair fine) { return static_cast<Cell>(fine.cpu * kSide + fine.memory); }

  Grid() : cells_(kSide), rows_(kSide) {}

  void insert(Cell cell, Index slot) {
    if (cells_[cell / kSide].empty()) cells_[cell / kSide].resize(kSide);
    cells_[cell / kSide][cell % kSide].insert(slot);
    word(cell) |= bit(cell);
    rows_in_use_[cell / kSide / 64] |= std::uint64_t{1} << (cell / kSide % 64);
  }
  void erase(Cell cell, Index slot) {
    SlotSet& slots = cells_[cell / kSide][cell % kSide];
    slots.erase(slot);
    if (!slots.empty()) return;
    word(cell) &= ~bit(cell);
    if (rows_[cell / kSide] == Row{})
      rows_in_use_[cell / kSide / 64] &= ~(std::uint64_t{1} << (cell / kSide % 64));
  }

  // The first CPU level from that one on that holds slots, or kSide.
  [[nodiscard]] int next_row(int cpu) const {
    for (std::size_t word = static_cast<std::size_t>(cpu) / 64; word < rows_in_use_.size(); ++word) {
      std::uint64_t bits = rows_in_use_[word];
      if (word == static_cast<std::size_t>(cpu) / 64) bits &= ~std::uint64_t{0} << (cpu % 64);
      if (bits != 0) return static_cast<int>(word) * 64 + std::countr_zero(bits);
    }
    return kSide;
  }
  // Which memory levels of a CPU level hold slots.
  [[nodiscard]] const Row& row(int cpu) const { return rows_[static_cast<std::size_t>(cpu)]; }
  // A cell whose bit is set.
  [[nodiscard]] const SlotSet& at(Levels::Pair fine) const {
    return cells_[static_cast<std::size_t>(fine.cpu)][static_cast<std::size_t>(fine.memory)];
  }

 private:
  std::uint64_t& word(Cell cell) { return rows_[cell / kSide][cell % kSide / 64]; }
  static std::uint64_t bit(Cell cell) { return std::uint64_t{1} << (cell % 64); }

  std::vector<std::vector<SlotSet>> cells_;  // a row's are made when it gets its first slot
  std::vector<Row> rows_;
  Row rows_in_use_{};
};

}  // namespace causeway::placement
