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

Scaled scale(const Problem& problem) {
  std::int64_t cpu_unit = 0, memory_unit = 0;
  for (const Item& item : problem.items) {
    cpu_unit = std::gcd(cpu_unit, item.cpu);
    memory_unit = std::gcd(memory_unit, item.memory);
  }
  cpu_unit = std::max<std::int64_t>(1, cpu_unit);
  memory_unit = std::max<std::int64_t>(1, memory_unit);
  Scaled scaled;
  while ((problem.cpu / cpu_unit + 1) * (problem.memory / memory_unit + 1) > kStatesMax) {
    scaled.exact = false;
    (problem.cpu / cpu_unit > problem.memory / memory_unit ? cpu_unit : memory_unit) *= 2;
  }
  scaled.problem = {problem.items, problem.cpu / cpu_unit, problem.memory / memory_unit};
  for (Item& item : scaled.problem.items) {
    item.cpu = (item.cpu + cpu_unit - 1) / cpu_unit;
    item.memory = (item.memory + memory_unit - 1) / memory_unit;
  }
  return scaled;
}

// The most valuable pattern, by a dynamic program over (CPU, memory); each item as often as one likes.
class Knapsack {
 public:
  explicit Knapsack(const Problem& problem)
      : problem_(problem),
        width_(static_cast<std::size_t>(problem.memory) + 1),
        value_((static_cast<std::size_t>(problem.cpu) + 1) * width_),
        last_(value_.size()) {}

  std::pair<double, Counts> best(const std::vector<double>& prices) {
    std::fill(value_.begin(), value_.end(), 0.0);
    std::fill(last_.begin(), last_.end(), -1);
    for (std::size_t i = 0; i < prices.size(); ++i) {
      if (prices[i] <= kEpsilon) continue;
      const Item& item = problem_.items[i];
      const std::size_t step =
          static_cast<std::size_t>(item.cpu) * width_ + static_cast<std::size_t>(item.memory);
      for (auto cpu = static_cast<std::size_t>(item.cpu); cpu <= static_cast<std::size_t>(problem_.cpu);
           ++cpu) {
        for (auto memory = static_cast<std::size_t>(item.memory); memory < width_; ++memory) {
          const std::size_t at = cpu * width_ + memory;
          const double with = value_[at - step] + prices[i];
          if (with <= value_[at] + kEpsilon) continue;
          value_[at] = with;
          last_[at] = static_cast<int>(i);
        }
      }
    }
    Counts counts(prices.size());
    std::size_t at = value_.size() - 1;
    const double best_value = value_[at];
    while (last_[at] >= 0) {
      const auto i = static_cast<std::size_t>(last_[at]);
      ++counts[i];
      at -= static_cast<std::size_t>(problem_.items[i].cpu) * width_ +
            static_cast<std::size_t>(problem_.items[i].memory);
    }
    return {best_value, std::move(counts)};
  }

 private:
  const Problem& problem_;
  std::size_t width_;
  std::vector<double> value_;
  std::vector<int> last_;
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
  for (std::size_t i = 0; i < rest.items.size(); ++i)
    solver.addRow(CoinPackedVector(), static_cast<double>(rest.items[i].count), COIN_DBL_MAX);
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

Packing round(const Problem& problem, const Relaxed& relaxed, bool with_cbc) {
  Laying laying(problem);
  for (std::size_t i = 0; i < relaxed.patterns.size(); ++i)
    laying.lay(relaxed.patterns[i], static_cast<std::int64_t>(relaxed.hosts[i] + 1e-6));
  Problem rest = problem;
  for (std::size_t i = 0; i < rest.items.size(); ++i) rest.items[i].count = laying.todo()[i];
  if (with_cbc) {
    const auto hosts = whole_rest(rest, relaxed.patterns);
    for (std::size_t i = 0; i < hosts.size(); ++i) laying.lay(relaxed.patterns[i], hosts[i]);
  } else {
    for (const Pattern& pattern : pack_simply(rest).patterns) {
      Counts counts(problem.items.size());
      for (const auto& [item, count] : pattern.items) counts[item] = count;
      laying.lay(counts, pattern.hosts);
    }
  }
  // What neither covered, if a limit was met.
  if (std::any_of(laying.todo().begin(), laying.todo().end(), [](std::int64_t left) { return left > 0; })) {
    for (std::size_t i = 0; i < rest.items.size(); ++i) rest.items[i].count = laying.todo()[i];
    for (const Pattern& pattern : pack_simply(rest).patterns) {
      Counts counts(problem.items.size());
      for (const auto& [item, count] : pattern.items) counts[item] = count;
      laying.lay(counts, pattern.hosts);
    }
  }
  return std::move(laying).done();
}

}  // namespace

Columns pack_by_columns(const Problem& problem) {
  const Scaled scaled = scale(problem);
  for (const Item& item : scaled.problem.items)
    if (item.cpu > scaled.problem.cpu || item.memory > scaled.problem.memory)
      return {};  // rounding made it too large
  const Relaxed relaxed = relax(scaled.problem, pack_simply(scaled.problem));
  Columns columns;
  if (scaled.exact && relaxed.optimal)
    columns.lower_bound = static_cast<std::int64_t>(std::ceil(relaxed.value - 1e-5));
  Packing simple = round(scaled.problem, relaxed, false);
  Packing whole = round(scaled.problem, relaxed, true);
  columns.packing = whole.hosts < simple.hosts ? std::move(whole) : std::move(simple);
  columns.packing->method = "column generation";
  return columns;
}

}  // namespace causeway::packing
