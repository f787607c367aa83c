// SPDX-License-Identifier: Apache-2.0
#include "scheduler/packing/heuristics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

namespace causeway::packing {
namespace {

struct Share {  // of a host
  double cpu;
  double memory;
};

struct Bin {
  std::int64_t cpu;
  std::int64_t memory;
  std::map<std::size_t, std::int64_t> items;
};

std::vector<Share> shares_of(const Problem& problem) {
  std::vector<Share> shares;
  for (const Item& item : problem.items)
    shares.push_back({static_cast<double>(item.cpu) / static_cast<double>(problem.cpu),
                      static_cast<double>(item.memory) / static_cast<double>(problem.memory)});
  return shares;
}

Packing packing_of(const std::vector<Bin>& bins, std::string method) {
  std::map<std::map<std::size_t, std::int64_t>, std::int64_t> equal;
  for (const Bin& bin : bins) ++equal[bin.items];
  Packing packing;
  for (const auto& [items, hosts] : equal) packing.patterns.push_back({{items.begin(), items.end()}, hosts});
  packing.hosts = static_cast<std::int64_t>(bins.size());
  packing.method = std::move(method);
  return packing;
}

// One item after the other in falling order of size, into the first bin or the fullest one that it fits.
std::vector<Bin> fit_decreasing(const Problem& problem, const std::vector<double>& size, bool fullest) {
  std::vector<std::size_t> order(problem.items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return size[a] > size[b]; });
  std::vector<Bin> bins;
  std::size_t first_open = 0;
  for (const std::size_t i : order) {
    const Item& item = problem.items[i];
    const auto fits = [&](const Bin& bin) { return item.cpu <= bin.cpu && item.memory <= bin.memory; };
    const auto left = [&](const Bin& bin) {
      return static_cast<double>(bin.cpu) / static_cast<double>(problem.cpu) +
             static_cast<double>(bin.memory) / static_cast<double>(problem.memory);
    };
    std::size_t from = first_open;
    for (std::int64_t n = 0; n < item.count; ++n) {
      // Equal items follow each other, so first fit never has to look again where the last one did not fit.
      std::optional<std::size_t> at;
      for (std::size_t bin = fullest ? first_open : from; bin < bins.size(); ++bin) {
        if (!fits(bins[bin]) || (at && left(bins[bin]) >= left(bins[*at]))) continue;
        at = bin;
        if (!fullest) break;
      }
      if (!at) {
        bins.push_back({problem.cpu, problem.memory, {}});
        at = bins.size() - 1;
      }
      from = *at;
      bins[*at].cpu -= item.cpu;
      bins[*at].memory -= item.memory;
      ++bins[*at].items[i];
      while (first_open < bins.size() && (bins[first_open].cpu == 0 || bins[first_open].memory == 0))
        ++first_open;
    }
  }
  return bins;
}

// Host by host: the item with the largest scalar product of its shares with what is left, weighed by what all
// that is still to come needs of each resource.
std::vector<Bin> fill_by_product(const Problem& problem, const std::vector<Share>& shares, double power) {
  std::vector<std::int64_t> todo;
  std::int64_t left = 0;
  Share total{0, 0};
  for (std::size_t i = 0; i < problem.items.size(); ++i) {
    todo.push_back(problem.items[i].count);
    left += todo.back();
    total.cpu += shares[i].cpu * static_cast<double>(todo.back());
    total.memory += shares[i].memory * static_cast<double>(todo.back());
  }
  std::vector<Bin> bins;
  while (left > 0) {
    Bin bin{problem.cpu, problem.memory, {}};
    while (true) {
      const Share free{static_cast<double>(bin.cpu) / static_cast<double>(problem.cpu),
                       static_cast<double>(bin.memory) / static_cast<double>(problem.memory)};
      std::optional<std::size_t> best;
      double most = -1;
      for (std::size_t i = 0; i < todo.size(); ++i) {
        if (todo[i] == 0 || problem.items[i].cpu > bin.cpu || problem.items[i].memory > bin.memory) continue;
        const double product = total.cpu * std::pow(shares[i].cpu, power) * free.cpu +
                               total.memory * std::pow(shares[i].memory, power) * free.memory;
        if (product > most) most = product, best = i;
      }
      if (!best) break;
      const Item& item = problem.items[*best];
      // As many of it at once as leave the choice open for the last ones.
      const std::int64_t room = std::min(item.cpu == 0 ? left : bin.cpu / item.cpu,
                                         item.memory == 0 ? left : bin.memory / item.memory);
      const std::int64_t taken = std::max<std::int64_t>(1, std::min(todo[*best], room) / 4);
      bin.cpu -= taken * item.cpu;
      bin.memory -= taken * item.memory;
      bin.items[*best] += taken;
      todo[*best] -= taken;
      left -= taken;
      total.cpu -= shares[*best].cpu * static_cast<double>(taken);
      total.memory -= shares[*best].memory * static_cast<double>(taken);
    }
    bins.push_back(std::move(bin));
  }
  return bins;
}

// Host by host: the largest item that is left, then of the rest what leaves least of the scarce resource
// unused (the minimum bin slack of Gupta and Ho). A dynamic program over the scarce resource keeps for each
// amount of it the least of the other one, with each item at most as often as it is left.
class SlackFiller {
 public:
  SlackFiller(const Problem& problem, bool cpu_is_scarce) {
    for (const Item& item : problem.items) {
      scarce_.push_back(cpu_is_scarce ? item.cpu : item.memory);
      other_.push_back(cpu_is_scarce ? item.memory : item.cpu);
      todo_.push_back(item.count);
    }
    std::int64_t unit = 0;
    for (const auto amount : scarce_) unit = std::gcd(unit, amount);
    unit = std::max<std::int64_t>(1, unit);
    for (auto& amount : scarce_) amount /= unit;
    capacity_ = (cpu_is_scarce ? problem.cpu : problem.memory) / unit;
    other_capacity_ = cpu_is_scarce ? problem.memory : problem.cpu;
    order_.resize(scarce_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return scarce_[a] > scarce_[b]; });
  }

  // Steps of the dynamic program for all hosts, roughly.
  [[nodiscard]] double work(std::int64_t hosts) const {
    return static_cast<double>(capacity_) * static_cast<double>(scarce_.size()) * static_cast<double>(hosts);
  }

  // A pattern is repeated as long as one part in `caution` of what is left of its scarcest item lasts.
  std::vector<Bin> run(std::int64_t caution) {
    std::vector<Bin> bins;
    for (const std::size_t largest : order_) {
      while (todo_[largest] > 0) {
        Bin bin{0, 0, fill(largest)};
        std::int64_t times = todo_[largest];
        for (const auto& [item, count] : bin.items) times = std::min(times, todo_[item] / count);
        times = std::max<std::int64_t>(1, times / caution);
        for (const auto& [item, count] : bin.items) todo_[item] -= count * times;
        bins.insert(bins.end(), static_cast<std::size_t>(times), bin);
      }
    }
    return bins;
  }

 private:
  std::map<std::size_t, std::int64_t> fill(std::size_t largest) {
    const auto states = static_cast<std::size_t>(capacity_ - scarce_[largest]) + 1;
    const std::int64_t room = other_capacity_ - other_[largest];
    least_.assign(states, room + 1);
    last_.assign(states, -1);
    least_[0] = 0;
    for (const std::size_t i : order_) {
      const std::int64_t left = todo_[i] - (i == largest ? 1 : 0);
      const auto step = static_cast<std::size_t>(scarce_[i]);
      if (left <= 0 || step == 0 || step >= states) continue;
      used_.assign(states, 0);
      for (std::size_t at = step; at < states; ++at) {
        // Only sums that were out of reach are new: what large items reach is not rewritten by small ones.
        if (last_[at] >= 0 || least_[at - step] > room || used_[at - step] >= left) continue;
        const std::int64_t other = least_[at - step] + other_[i];
        if (other > room) continue;
        least_[at] = other;
        last_[at] = static_cast<int>(i);
        used_[at] = used_[at - step] + 1;
      }
      if (last_[states - 1] >= 0) break;
    }
    std::size_t at = states - 1;
    while (at > 0 && last_[at] < 0) --at;
    std::map<std::size_t, std::int64_t> items;
    ++items[largest];
    for (; at > 0; at -= static_cast<std::size_t>(scarce_[static_cast<std::size_t>(last_[at])]))
      ++items[static_cast<std::size_t>(last_[at])];
    return items;
  }

  std::vector<std::int64_t> scarce_, other_, todo_;
  std::vector<std::size_t> order_;
  std::int64_t capacity_ = 0, other_capacity_ = 0;
  std::vector<std::int64_t> least_;
  std::vector<int> last_;
  std::vector<std::int64_t> used_;
};

}  // namespace

std::int64_t simple_bound(const Problem& problem) {
  std::int64_t cpu = 0, memory = 0, large_by_cpu = 0, large_by_memory = 0;
  for (const Item& item : problem.items) {
    cpu += item.cpu * item.count;
    memory += item.memory * item.count;
    if (2 * item.cpu > problem.cpu) large_by_cpu += item.count;
    if (2 * item.memory > problem.memory) large_by_memory += item.count;
  }
  return std::max({(cpu + problem.cpu - 1) / problem.cpu, (memory + problem.memory - 1) / problem.memory,
                   large_by_cpu, large_by_memory});
}

Packing pack_simply(const Problem& problem) {
  const auto shares = shares_of(problem);
  const std::int64_t bound = simple_bound(problem);
  Share total{0, 0};
  for (std::size_t i = 0; i < shares.size(); ++i) {
    total.cpu += shares[i].cpu * static_cast<double>(problem.items[i].count);
    total.memory += shares[i].memory * static_cast<double>(problem.items[i].count);
  }
  const std::pair<std::string, double (*)(const Share&, const Share&)> sizes[] = {
      {"larger share", [](const Share& s, const Share&) { return std::max(s.cpu, s.memory); }},
      {"sum of shares", [](const Share& s, const Share&) { return s.cpu + s.memory; }},
      {"weighed sum",
       [](const Share& s, const Share& all) { return s.cpu * all.cpu + s.memory * all.memory; }},
      {"cpu", [](const Share& s, const Share&) { return s.cpu + 1e-6 * s.memory; }},
      {"memory", [](const Share& s, const Share&) { return s.memory + 1e-6 * s.cpu; }},
  };
  Packing best;
  best.hosts = std::numeric_limits<std::int64_t>::max();
  const auto consider = [&](const std::vector<Bin>& bins, const std::string& method) {
    if (static_cast<std::int64_t>(bins.size()) < best.hosts) best = packing_of(bins, method);
    return best.hosts == bound;
  };
  const auto run = [&] {
    for (const bool fullest : {false, true}) {
      for (const auto& [name, size] : sizes) {
        std::vector<double> by;
        for (const Share& share : shares) by.push_back(size(share, total));
        if (consider(fit_decreasing(problem, by, fullest),
                     (fullest ? "best fit by " : "first fit by ") + name))
          return;
      }
    }
    for (const double power : {1.0, 1.5, 0.5, 2.0})
      if (consider(fill_by_product(problem, shares, power), "scalar product")) return;
    constexpr double kWorkMax = 2e10;
    const bool cpu_is_scarce = total.cpu >= total.memory;
    for (const std::int64_t caution : {2, 8, 1 << 20}) {
      SlackFiller filler(problem, cpu_is_scarce);
      if (filler.work(bound) < kWorkMax && consider(filler.run(caution), "minimum slack")) return;
    }
  };
  run();
  best.lower_bound = bound;
  return best;
}

}  // namespace causeway::packing
