// SPDX-License-Identifier: Apache-2.0
#include "scheduler/packing/columns.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "coin/CbcModel.hpp"
#include "coin/ClpSimplex.hpp"
#include "coin/CoinPackedVector.hpp"
#include "coin/OsiClpSolverInterface.hpp"
#include "scheduler/packing/heuristics.h"

namespace causeway::packing {
namespace {

using Counts = std::vector<std::int64_t>;  // of each item, on one host

constexpr std::int64_t kStatesMax = 400'000;  // of the dynamic program: some milliseconds a pattern
constexpr int kPatternsMax = 3000;
constexpr double kEpsilon = 1e-7;

// The amounts as multiples of their common divisor; if that leaves too many states, rounded up to coarser
// ones. Then patterns are still right, but the bound is lost.
struct Scaled {
  Problem problem;
  bool exact = true;
};

// The amounts as multiples of their common divisor, or nothing if that leaves too many states. (Rounding up
// to coarser units would give right patterns, but what it wastes is more than what columns gain.)
std::optional<Problem> scaled(const Problem& problem) {
  std::int64_t cpu_unit = 0, memory_unit = 0;
  for (const Item& item : problem.items) {
    cpu_unit = std::gcd(cpu_unit, item.cpu);
    memory_unit = std::gcd(memory_unit, item.memory);
  }
  cpu_unit = std::max<std::int64_t>(1, cpu_unit);
  memory_unit = std::max<std::int64_t>(1, memory_unit);
  Problem units{problem.items, problem.cpu / cpu_unit, problem.memory / memory_unit};
  if ((units.cpu + 1) * (units.memory + 1) > kStatesMax) return std::nullopt;
  for (Item& item : units.items) {
    item.cpu /= cpu_unit;
    item.memory /= memory_unit;
  }
  return units;
}

// The most valuable pattern, by a dynamic program over (CPU, memory); each item at most as often as there is
// of it, which is done by cutting its count into parts of 1, 2, 4 and so on.
class Knapsack {
 public:
  explicit Knapsack(const Problem& problem)
      : problem_(problem),
        width_(static_cast<std::size_t>(problem.memory) + 1),
        value_((static_cast<std::size_t>(problem.cpu) + 1) * width_) {
    for (std::size_t i = 0; i < problem.items.size(); ++i) {
      const Item& item = problem.items[i];
      std::int64_t left = item.count;
      if (item.cpu > 0) left = std::min(left, problem.cpu / item.cpu);
      if (item.memory > 0) left = std::min(left, problem.memory / item.memory);
      for (std::int64_t size = 1; left > 0; left -= size, size *= 2) {
        size = std::min(size, left);
        parts_.push_back({i, size});
      }
    }
    taken_.resize(parts_.size());
  }

  std::pair<double, Counts> best(const std::vector<double>& prices) {
    std::fill(value_.begin(), value_.end(), 0.0);
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      const auto [i, size] = parts_[part];
      taken_[part].assign(value_.size(), false);
      if (prices[i] <= kEpsilon) continue;
      const double price = prices[i] * static_cast<double>(size);
      const auto cpu_step = static_cast<std::size_t>(problem_.items[i].cpu * size);
      const auto memory_step = static_cast<std::size_t>(problem_.items[i].memory * size);
      const std::size_t step = cpu_step * width_ + memory_step;
      for (auto cpu = static_cast<std::size_t>(problem_.cpu) + 1; cpu-- > cpu_step;) {
        for (std::size_t memory = width_; memory-- > memory_step;) {
          const std::size_t at = cpu * width_ + memory;
          const double with = value_[at - step] + price;
          if (with <= value_[at] + kEpsilon) continue;
          value_[at] = with;
          taken_[part][at] = true;
        }
      }
    }
    Counts counts(prices.size());
    std::size_t at = value_.size() - 1;
    for (std::size_t part = parts_.size(); part-- > 0;) {
      if (!taken_[part][at]) continue;
      const auto [i, size] = parts_[part];
      counts[i] += size;
      at -= static_cast<std::size_t>(problem_.items[i].cpu * size) * width_ +
            static_cast<std::size_t>(problem_.items[i].memory * size);
    }
    return {value_.back(), std::move(counts)};
  }

 private:
  struct Part {
    std::size_t item;
    std::int64_t size;
  };
  const Problem& problem_;
  std::size_t width_;
  std::vector<double> value_;
  std::vector<Part> parts_;
  std::vector<std::vector<bool>> taken_;
};

CoinPackedVector column_of(const Counts& counts) {
  CoinPackedVector column;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) column.insert(static_cast<int>(i), static_cast<double>(counts[i]));
  return column;
}

// The patterns that the linear program wants, with what it makes of them.
struct Relaxed {
  std::vector<Counts> patterns;
  std::vector<double> hosts;
  double value = 0;
  bool optimal = false;
};

Relaxed relax(const Problem& problem, const Packing& start) {
  ClpSimplex program;
  program.setLogLevel(0);
  program.resize(static_cast<int>(problem.items.size()), 0);
  for (std::size_t i = 0; i < problem.items.size(); ++i)
    program.setRowBounds(static_cast<int>(i), static_cast<double>(problem.items[i].count), COIN_DBL_MAX);
  Relaxed relaxed;
  const auto add = [&](Counts counts) {
    const CoinPackedVector column = column_of(counts);
    program.addColumn(column.getNumElements(), column.getIndices(), column.getElements(), 0, COIN_DBL_MAX, 1);
    relaxed.patterns.push_back(std::move(counts));
  };
  for (const Pattern& pattern : start.patterns) {
    Counts counts(problem.items.size());
    for (const auto& [item, count] : pattern.items) counts[item] = count;
    add(std::move(counts));
  }
  Knapsack knapsack(problem);
  while (static_cast<int>(relaxed.patterns.size()) < kPatternsMax) {
    program.primal(1);
    if (program.status() != 0) break;
    const double* duals = program.dualRowSolution();
    auto [value, counts] = knapsack.best({duals, duals + problem.items.size()});
    if (value <= 1 + 1e-6) {
      relaxed.optimal = true;
      break;
    }
    add(std::move(counts));
  }
  program.primal(1);
  relaxed.value = program.objectiveValue();
  relaxed.hosts.assign(program.primalColumnSolution(),
                       program.primalColumnSolution() + relaxed.patterns.size());
  return relaxed;
}

// Whole hosts of the patterns for what is left after rounding down, by Cbc over the patterns that there are.
std::vector<std::int64_t> whole_rest(const Problem& rest, const std::vector<Counts>& patterns) {
  OsiClpSolverInterface solver;
  solver.messageHandler()->setLogLevel(0);
  for (const Item& item : rest.items)
    solver.addRow(CoinPackedVector(), static_cast<double>(item.count), COIN_DBL_MAX);
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    solver.addCol(column_of(patterns[i]), 0, COIN_DBL_MAX, 1);
    solver.setInteger(static_cast<int>(i));
  }
  CbcModel model(solver);
  model.setLogLevel(0);
  model.solver()->messageHandler()->setLogLevel(0);
  model.setMaximumNodes(2000);
  model.branchAndBound();
  if (model.bestSolution() == nullptr) return {};
  std::vector<std::int64_t> hosts;
  for (std::size_t i = 0; i < patterns.size(); ++i) hosts.push_back(std::llround(model.bestSolution()[i]));
  return hosts;
}

// Patterns may carry more of an item than is left of it: the surplus is taken off while patterns are laid
// down.
class Laying {
 public:
  explicit Laying(const Problem& problem) {
    for (const Item& item : problem.items) todo_.push_back(item.count);
  }
  void lay(const Counts& counts, std::int64_t hosts) {
    for (; hosts > 0; --hosts) {
      Pattern pattern;
      for (std::size_t i = 0; i < counts.size(); ++i) {
        const std::int64_t taken = std::min(counts[i], todo_[i]);
        if (taken > 0) pattern.items.emplace_back(i, taken);
        todo_[i] -= taken;
      }
      if (pattern.items.empty()) return;
      ++packing_.hosts;
      if (!packing_.patterns.empty() && packing_.patterns.back().items == pattern.items)
        ++packing_.patterns.back().hosts;
      else
        packing_.patterns.push_back(std::move(pattern));
    }
  }
  [[nodiscard]] const Counts& todo() const { return todo_; }
  Packing done() && { return std::move(packing_); }

 private:
  Counts todo_;
  Packing packing_;
};

Problem rest_of(const Problem& problem, const Laying& laying) {
  Problem rest = problem;
  for (std::size_t i = 0; i < rest.items.size(); ++i) rest.items[i].count = laying.todo()[i];
  return rest;
}

bool any_left(const Laying& laying) {
  return std::any_of(laying.todo().begin(), laying.todo().end(), [](std::int64_t left) { return left > 0; });
}

void lay_simply(const Problem& problem, Laying& laying) {
  for (const Pattern& pattern : pack_simply(rest_of(problem, laying)).patterns) {
    Counts counts(problem.items.size());
    for (const auto& [item, count] : pattern.items) counts[item] = count;
    laying.lay(counts, pattern.hosts);
  }
}

void lay_rounded_down(const Relaxed& relaxed, Laying& laying) {
  for (std::size_t i = 0; i < relaxed.patterns.size(); ++i)
    laying.lay(relaxed.patterns[i], static_cast<std::int64_t>(relaxed.hosts[i] + 1e-6));
}

// Rounded down, and the rest by the simple heuristics.
Packing round_simply(const Problem& problem, const Relaxed& relaxed) {
  Laying laying(problem);
  lay_rounded_down(relaxed, laying);
  lay_simply(problem, laying);
  return std::move(laying).done();
}

// Rounded down, and the rest by Cbc over the patterns that there are.
Packing round_by_branching(const Problem& problem, const Relaxed& relaxed) {
  Laying laying(problem);
  lay_rounded_down(relaxed, laying);
  const auto hosts = whole_rest(rest_of(problem, laying), relaxed.patterns);
  for (std::size_t i = 0; i < hosts.size(); ++i) laying.lay(relaxed.patterns[i], hosts[i]);
  if (any_left(laying)) lay_simply(problem, laying);
  return std::move(laying).done();
}

// Rounded down, and the rest relaxed again with new patterns that know how little is left; the pattern that
// is nearest to whole is laid when rounding down lays none.
Packing round_by_diving(const Problem& problem, Relaxed relaxed) {
  Laying laying(problem);
  while (true) {
    const auto before = laying.todo();
    lay_rounded_down(relaxed, laying);
    if (laying.todo() == before) {
      const auto nearest =
          std::max_element(relaxed.hosts.begin(), relaxed.hosts.end()) - relaxed.hosts.begin();
      laying.lay(relaxed.patterns[static_cast<std::size_t>(nearest)], 1);
    }
    if (laying.todo() == before || !any_left(laying)) break;
    const Problem rest = rest_of(problem, laying);
    relaxed = relax(rest, pack_simply(rest));
  }
  if (any_left(laying)) lay_simply(problem, laying);
  return std::move(laying).done();
}

}  // namespace

Columns pack_by_columns(const Problem& problem) {
  const auto units = scaled(problem);
  if (!units) return {};
  const Relaxed relaxed = relax(*units, pack_simply(*units));
  Columns columns;
  if (relaxed.optimal) columns.lower_bound = static_cast<std::int64_t>(std::ceil(relaxed.value - 1e-5));
  const auto keep_better = [&](Packing packing) {
    packing.method = "column generation";
    const bool least = packing.hosts == columns.lower_bound;
    if (!columns.packing || packing.hosts < columns.packing->hosts) columns.packing = std::move(packing);
    return least;
  };
  if (!keep_better(round_simply(*units, relaxed)) && !keep_better(round_by_branching(*units, relaxed)))
    keep_better(round_by_diving(*units, relaxed));
  return columns;
}

}  // namespace causeway::packing
