// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/batch.h"

#include <algorithm>
#include <map>
#include <utility>

namespace causeway::placement {
namespace {

constexpr int kRounds = 24;

std::vector<std::size_t> hardest_first(const Engine& engine, std::span<const Shape> shapes) {
  const auto largest_cpu = static_cast<double>(std::max<std::int64_t>(1, engine.site().largest_cpu()));
  const auto largest_memory =
      static_cast<double>(std::max<std::int64_t>(1, engine.site().largest_memory().value));
  struct Weight {
    double
        share;  // of the largest host, the larger of CPU and memory; twice as much when bound to NUMA nodes
    bool ruled;
    std::size_t index;
  };
  std::vector<Weight> weights;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Request& request = *shapes[i].want.request;
    const double cpu = 100.0 * static_cast<double>(request.vcpus) / largest_cpu;
    const double memory = static_cast<double>(request.memory.value) / largest_memory;
    const bool ruled =
        std::any_of(shapes[i].want.groups.begin(), shapes[i].want.groups.end(), [&](Index group) {
          const auto rules = engine.site().rules(group);
          return std::any_of(rules.begin(), rules.end(),
                             [](const BoundRule& bound) { return bound.rule.hard(); });
        });
    weights.push_back({std::max(cpu, memory) * (request.numa_nodes == 1 ? 2 : 1), ruled, i});
  }
  std::sort(weights.begin(), weights.end(), [&](const Weight& a, const Weight& b) {
    if (a.share != b.share) return a.share > b.share;
    if (a.ruled != b.ruled) return a.ruled;
    return shapes[a.index].want.request->workload < shapes[b.index].want.request->workload;
  });
  std::vector<std::size_t> order;
  for (const Weight& weight : weights) order.push_back(weight.index);
  return order;
}

// Requests that a hard keep-together ties to each other and to nobody who stands already.
class Cohorts {
 public:
  Cohorts(const Engine& engine, std::span<const Shape> shapes, std::span<const std::size_t> order) {
    of_.assign(shapes.size(), nullptr);
    for (const std::size_t i : order) {
      for (const Index group : shapes[i].want.groups) {
        for (const BoundRule& bound : engine.site().rules(group)) {
          const bool ties = bound.rule.kind == Rule::Kind::keep_together && bound.rule.hard();
          if (!ties || !engine.usage().members(group).empty() || of_[i] != nullptr) continue;
          Cohort& cohort = by_group_[group];
          cohort.scope = bound.rule.scope;
          cohort.members.push_back(i);
          of_[i] = &cohort;
        }
      }
    }
  }

  struct Cohort {
    Scope scope = Scope::host;
    std::vector<std::size_t> members;  // in the order of the pass
    bool tried = false;
  };
  Cohort* of(std::size_t request) { return of_[request]; }

 private:
  std::map<Index, Cohort> by_group_;
  std::vector<Cohort*> of_;
};

void take(Engine& engine, std::span<const Shape> shapes, Seating& seating, std::size_t i,
          const Choice& choice) {
  engine.take(shapes[i].want, choice.host, choice.slot.numa_nodes());
  seating.choices[i] = choice;
  seating.order.push_back(i);
}

// All of the cohort in one domain, or nothing: the first member alone would choose a tight domain, which may
// be too tight for the rest. So a domain that does not take everybody is closed, and the first member chooses
// again.
bool take_together(Engine& engine, std::span<const Shape> shapes, Seating& seating,
                   const Cohorts::Cohort& cohort) {
  constexpr int kDomainsMax = 256;
  const std::size_t before = seating.order.size();
  std::vector<Index> closed;
  bool done = false;
  for (int tries = 0; tries < kDomainsMax && !done; ++tries) {
    done = true;
    for (const std::size_t i : cohort.members) {
      const auto choice = engine.best(shapes[i]);
      if (!choice) {
        done = false;
        break;
      }
      take(engine, shapes, seating, i, *choice);
    }
    if (done || seating.order.size() == before) break;
    const Index tried = engine.site().domain(cohort.scope, seating.choices[seating.order[before]].host);
    while (seating.order.size() > before) {
      const std::size_t i = seating.order.back();
      engine.give_back(shapes[i].want, seating.choices[i].host, seating.choices[i].slot.numa_nodes());
      seating.choices[i] = {};
      seating.order.pop_back();
    }
    for (Index host = 0; host < engine.site().hosts(); ++host) {
      if (engine.site().domain(cohort.scope, host) != tried || !engine.open(host)) continue;
      engine.close(host);
      closed.push_back(host);
    }
  }
  for (const Index host : closed) engine.reopen(host);
  return done;
}

// One pass in that order.
Seating pass(Engine& engine, std::span<const Shape> shapes, std::span<const std::size_t> order, bool whole) {
  Seating seating{.choices = std::vector<Choice>(shapes.size()), .order = {}, .left_over = {}};
  seating.order.reserve(order.size());
  Cohorts cohorts(engine, shapes, order);
  for (const std::size_t i : order) {
    if (seating.choices[i].host != kNone) continue;  // with its cohort
    Cohorts::Cohort* cohort = cohorts.of(i);
    if (cohort != nullptr && cohort->members.size() > 1 && !std::exchange(cohort->tried, true) &&
        take_together(engine, shapes, seating, *cohort))
      continue;
    const auto choice = engine.best(shapes[i]);
    if (!choice) {
      seating.left_over.push_back(i);
      if (whole) break;
      continue;
    }
    take(engine, shapes, seating, i, *choice);
  }
  return seating;
}

}  // namespace

void give_back(Engine& engine, std::span<const Shape> shapes, const Seating& seating) {
  for (auto i = seating.order.rbegin(); i != seating.order.rend(); ++i)
    engine.give_back(shapes[*i].want, seating.choices[*i].host, seating.choices[*i].slot.numa_nodes());
}

Seating seat(Engine& engine, std::span<const Shape> shapes, bool whole) {
  std::vector<std::size_t> order = hardest_first(engine, shapes);
  std::vector<std::size_t> best_order = order;
  std::size_t fewest = shapes.size() + 1;
  Seating first_try;
  for (int round = 0; round < kRounds; ++round) {
    Seating seating = pass(engine, shapes, order, whole);
    if (seating.left_over.empty()) return seating;
    give_back(engine, shapes, seating);
    if (round == 0) first_try = seating;
    if (!whole && seating.left_over.size() < fewest) {
      fewest = seating.left_over.size();
      best_order = order;
    }
    // In front, in their order; a request that fails even there has no place at all.
    const bool hopeless = whole && order.front() == seating.left_over.front();
    if (hopeless) break;
    std::vector<std::size_t> next = seating.left_over;
    std::vector<bool> in_front(shapes.size());
    for (const std::size_t i : next) in_front[i] = true;
    for (const std::size_t i : order)
      if (!in_front[i]) next.push_back(i);
    if (next == order) break;
    order = std::move(next);
  }
  if (!whole) return pass(engine, shapes, best_order, whole);
  first_try.order.clear();
  return first_try;
}

}  // namespace causeway::placement
