// SPDX-License-Identifier: Apache-2.0
// An index of slots by how much they have free, counted in levels: 128 by 128 cells, CPU by memory. A row of
// cells has a few words that say which of them hold anything, so that looking for the best cell is a matter
// of bits; a cell keeps its slots in ascending order, so that what is found depends on what is there and not
// on how it came there.
//
// A site of a hundred thousand hosts has more cells than any cache holds, and a change touches cells that
// nobody looked at for long. So a cell that holds few slots, as most do, is one cache line, and whoever
// changes several cells can ask for all of them (touch) before the first is needed.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "scheduler/placement/levels.h"

namespace causeway::placement {

// An ordered set of slot numbers: few in a row of their own, many as bits.
class alignas(64) SlotSet {
 public:
  using Member = std::uint16_t;
  static constexpr std::size_t kMembersMax = std::size_t{1} << 16;

  void insert(Member slot);
  void erase(Member slot);  // it is in the set
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // Asks `enough` about one slot after the other, the least first, until it says so.
  template <class Enough>
  void first(Enough&& enough) const {
    if (words_.empty()) {
      for (std::size_t i = 0; i < size_; ++i)
        if (enough(few_[i])) return;
      return;
    }
    for (std::size_t summary = 0; summary < kSummaries; ++summary) {
      for (std::uint64_t words = words_[summary]; words != 0; words &= words - 1) {
        const std::size_t word = summary * 64 + static_cast<std::size_t>(std::countr_zero(words));
        for (std::uint64_t bits = words_[kSummaries + word]; bits != 0; bits &= bits - 1)
          if (enough(static_cast<Member>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)))))
            return;
      }
    }
  }

 private:
  static constexpr std::size_t kFew = 18;             // what is left of a cache line
  static constexpr std::size_t kFewAgain = kFew / 2;  // so that a set does not change its form back and forth
  static constexpr std::size_t kSummaries = kMembersMax / 64 / 64;

  void insert_bit(Member slot);
  void erase_bit(Member slot);

  std::uint32_t size_ = 0;
  std::array<Member, kFew> few_{};  // ascending
  // Of many: kSummaries words that say which of the words behind them have bits; those have a bit a slot.
  std::vector<std::uint64_t> words_;
};
static_assert(sizeof(SlotSet) == 64);

class Grid {
 public:
  static constexpr int kSide = Levels::kFineLevels;
  using Cell = std::uint16_t;
  static Cell cell(Levels::Pair fine) { return static_cast<Cell>(fine.cpu * kSide + fine.memory); }

  Grid() : cells_(kSide), rows_(kSide) {}

  void insert(Cell cell, SlotSet::Member slot) {
    auto& row = cells_[cell / kSide];
    if (!row) row = std::make_unique<Cells>();
    (*row)[cell % kSide].insert(slot);
    word(cell) |= bit(cell);
    rows_in_use_[cell / kSide / 64] |= std::uint64_t{1} << (cell / kSide % 64);
  }
  void erase(Cell cell, SlotSet::Member slot) {
    SlotSet& slots = (*cells_[cell / kSide])[cell % kSide];
    slots.erase(slot);
    if (!slots.empty()) return;
    word(cell) &= ~bit(cell);
    if (rows_[cell / kSide] == Row{})
      rows_in_use_[cell / kSide / 64] &= ~(std::uint64_t{1} << (cell / kSide % 64));
  }

  // Has the cell's slots brought into the cache; changes nothing.
  void touch(Cell cell) const {
    if (const auto& row = cells_[cell / kSide]) __builtin_prefetch(&(*row)[cell % kSide], 1);
  }

  // The first CPU level from that one on that holds slots; the first memory level of a CPU level. kSide:
  // none.
  [[nodiscard]] int next_cpu(int from) const { return next(rows_in_use_, from); }
  [[nodiscard]] int next_memory(int cpu, int from) const {
    return next(rows_[static_cast<std::size_t>(cpu)], from);
  }
  // A cell that holds slots.
  [[nodiscard]] const SlotSet& at(Levels::Pair fine) const {
    return (*cells_[static_cast<std::size_t>(fine.cpu)])[static_cast<std::size_t>(fine.memory)];
  }

 private:
  using Cells = std::array<SlotSet, kSide>;
  using Row = std::array<std::uint64_t, kSide / 64>;  // a bit per level

  static int next(const Row& row, int from) {
    const auto start = static_cast<std::size_t>(from);
    for (std::size_t word = start / 64; word < row.size(); ++word) {
      const std::uint64_t bits = word == start / 64 ? row[word] & ~std::uint64_t{0} << start % 64 : row[word];
      if (bits != 0) return static_cast<int>(word) * 64 + std::countr_zero(bits);
    }
    return kSide;
  }
  std::uint64_t& word(Cell cell) { return rows_[cell / kSide][cell % kSide / 64]; }
  static std::uint64_t bit(Cell cell) { return std::uint64_t{1} << (cell % 64); }

  std::vector<std::unique_ptr<Cells>> cells_;  // a row's are made when it gets its first slot
  std::vector<Row> rows_;
  Row rows_in_use_{};
};

}  // namespace causeway::placement
