// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/engine.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "common/core/check.h"

namespace causeway::placement {
namespace {

// The score by levels left, with what the best can still be further on in the row and in the rows behind.
struct LevelTable {
  std::array<std::array<Points, kLevels>, kLevels> points{};     // [cpu][memory]
  std::array<std::array<Points, kLevels>, kLevels> row_bound{};  // best of this and more memory
  std::array<Points, kLevels> bound{};                           // best of this and more CPU

  LevelTable() {
    for (int cpu = kLevels - 1; cpu >= 0; --cpu) {
      const auto c = static_cast<std::size_t>(cpu);
      for (int memory = kLevels - 1; memory >= 0; --memory) {
        const auto m = static_cast<std::size_t>(memory);
        points[c][m] = level_points({cpu, memory});
        row_bound[c][m] = m + 1 < kLevels ? std::max(points[c][m], row_bound[c][m + 1]) : points[c][m];
      }
      bound[c] = c + 1 < kLevels ? std::max(row_bound[c][0], bound[c + 1]) : row_bound[c][0];
    }
  }
};

const LevelTable& level_table() {
  static const auto table = std::make_unique<const LevelTable>();
  return *table;
}

bool better(const Choice& a, const Choice& b) {
  if (a.points != b.points) return a.points > b.points;
  if (a.host != b.host) return a.host < b.host;
  return a.slot.nodes < b.slot.nodes;
}

}  // namespace

Engine::Engine(const Snapshot& snapshot)
    : site_(snapshot), levels_(site_), usage_(usage_of(site_, snapshot.workloads)) {
  note_allowances();
  sort_into_classes();
  for (Index host = 0; host < site_.hosts(); ++host) insert_slots(host);
  hosts_in_rack_.resize(site_.racks().size());
  for (Index host = 0; host < site_.hosts(); ++host) hosts_in_rack_[site_.rack(host)].push_back(host);
  const std::size_t domains[] = {site_.hosts(), site_.racks().size(), site_.halls().size()};
  for (std::size_t scope = 0; scope < kScopes; ++scope) {
    closed_by_[scope].resize(domains[scope]);
    counted_[scope].resize(domains[scope]);
    counted_by_[scope].resize(domains[scope]);
    special_by_[scope].resize(domains[scope]);
  }
}

void Engine::sort_into_classes() {
  std::map<std::tuple<std::set<ZoneId>, bool, std::set<ZoneId>, std::set<std::string>, DepartmentId, int>,
           Index>
      known;
  entries_.resize(site_.hosts());
  for (Index i = 0; i < site_.hosts(); ++i) {
    const Host& host = site_.host(i);
    Index& current = known
                         .emplace(std::tuple(host.zones, host.exchange_host, host.uplinks, host.traits,
                                             host.dedicated_to, host.overcommit_percent),
                                  kNone)
                         .first->second;
    const std::size_t nodes = host.numa.size();
    const auto full = [&](const HostClass& entry) {
      return entry.host_of_slot[0].size() + 1 > SlotSet::kMembersMax ||
             entry.host_of_slot[1].size() + nodes > SlotSet::kMembersMax ||
             entry.host_of_slot[2].size() + nodes * nodes / 2 > SlotSet::kMembersMax;
    };
    if (current == kNone || full(classes_[current])) {
      current = static_cast<Index>(classes_.size());
      classes_.push_back({.like = host, .grids = {}, .host_of_slot = {}});
    }
    enter(i, current);
  }
}

// Numbers the host's slots; the next hosts of the class get higher numbers, so that the least slot is on the
// host with the least name. A host that is not up has its numbers too: it may come back.
void Engine::enter(Index host, Index host_class) {
  Entry& entry = entries_[host];
  entry.host_class = host_class;
  entry.nodes = static_cast<std::uint8_t>(site_.nodes_of(host));
  entry.huge_pages = site_.capacity(host).huge_pages != 0;
  entry.up = entry.open = site_.host(host).state == HostState::up;
  entry.first_cell = static_cast<Index>(cells_.size());
  HostClass& mine = classes_[host_class];
  const std::size_t nodes = entry.nodes;
  const std::size_t slots[kKinds] = {1, nodes, nodes == 0 ? 0 : nodes * (nodes - 1) / 2};
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    auto& host_of = mine.host_of_slot[kind];
    entry.first_slot[kind] = static_cast<SlotSet::Member>(host_of.size());
    host_of.insert(host_of.end(), slots[kind], host);
    for (const bool huge : {false, true}) {
      if (slots[kind] == 0 || (huge && !entry.huge_pages)) continue;
      if (!mine.grids[kind][huge]) mine.grids[kind][huge].emplace();
      cells_.resize(cells_.size() + slots[kind]);
    }
  }
}

void Engine::note_allowances() {
  constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();
  for (const auto& department : site_.departments()) {
    for (const auto& zone : site_.zones()) {
      const auto found = department.quotas.find(zone.id);
      const Quota quota = found == department.quotas.end() ? Quota{} : found->second;
      allowances_.push_back({.mlps = zone.mlps,
                             .vcpus = quota.vcpus.value_or(kUnlimited),
                             .memory = quota.memory.value_or(MiB{kUnlimited}),
                             .volumes = quota.volumes.value_or(GiB{kUnlimited}),
                             .pool = zone.pool.value_or(GiB{kUnlimited})});
    }
  }
}

// Asks visit(grid, slot) for all slots of the host: first for ordinary pages, then for huge ones, each time
// the host, its nodes, and its pairs of nodes.
template <class Visit>
void Engine::for_each_slot(const Entry& entry, Visit&& visit) {
  auto& grids = classes_[entry.host_class].grids;
  const std::size_t nodes = entry.nodes;
  const std::size_t slots[kKinds] = {1, nodes, nodes == 0 ? 0 : nodes * (nodes - 1) / 2};
  for (std::size_t huge = 0; huge <= static_cast<std::size_t>(entry.huge_pages); ++huge)
    for (std::size_t kind = 0; kind < kKinds; ++kind)
      for (std::size_t i = 0; i < slots[kind]; ++i)
        // NOLINTNEXTLINE(bugprone-unchecked-optional-access): a class has the grids of its hosts
        visit(*grids[kind][huge], static_cast<SlotSet::Member>(entry.first_slot[kind] + i));
}

Slot Engine::slot_of(const Entry& entry, std::size_t kind, SlotSet::Member slot) const {
  if (kind == 0) return {};
  int left = slot - entry.first_slot[kind];
  if (kind == 1) return {{left, -1}};
  int first = 0;
  for (int row = entry.nodes - 1; left >= row; --row, ++first) left -= row;
  return {{first, first + 1 + left}};
}

// The cells in which the host's slots belong now, in the order of for_each_slot, into measured_.
void Engine::measure(Index host) {
  const Entry& entry = entries_[host];
  const Amounts& all = usage_.free(host);
  const Amounts half = {all.cpu / 2, all.memory / 2, all.huge_pages / 2};
  std::array<Amounts, kNumaNodesMax> node;
  for (int i = 0; i < entry.nodes; ++i)
    node[static_cast<std::size_t>(i)] = usage_.free_on_node(site_, host, i);
  measured_.clear();
  for (int huge = 0; huge <= static_cast<int>(entry.huge_pages); ++huge) {
    const auto note = [&](const Amounts& free, int kind) {
      measured_.push_back(Grid::cell(levels_.fine_of(free, kind, huge != 0)));
    };
    note(all, 0);
    for (std::size_t a = 0; a < entry.nodes; ++a) note(node[a], 1);
    for (std::size_t a = 0; a < entry.nodes; ++a)
      for (std::size_t b = a + 1; b < entry.nodes; ++b) note(least(half, least(node[a], node[b])), 2);
  }
}

void Engine::insert_slots(Index host) {
  const Entry& entry = entries_[host];
  if (!entry.open) return;
  measure(host);
  std::copy(measured_.begin(), measured_.end(), cells_.begin() + entry.first_cell);
  const Grid::Cell* cell = measured_.data();
  for_each_slot(entry, [&](Grid& grid, SlotSet::Member slot) { grid.insert(*cell++, slot); });
}

void Engine::refresh_slots(Index host) {
  const Entry& entry = entries_[host];
  if (!entry.open) return;
  measure(host);
  Grid::Cell* const known = &cells_[entry.first_cell];
  std::size_t i = 0;
  for_each_slot(entry, [&](const Grid& grid, SlotSet::Member) {
    if (known[i] != measured_[i]) grid.touch(known[i]), grid.touch(measured_[i]);
    ++i;
  });
  i = 0;
  for_each_slot(entry, [&](Grid& grid, SlotSet::Member slot) {
    if (known[i] != measured_[i]) {
      grid.erase(known[i], slot);
      grid.insert(measured_[i], slot);
      known[i] = measured_[i];
    }
    ++i;
  });
}

void Engine::close(Index host) {
  Entry& entry = entries_[host];
  if (!entry.open) return;
  const Grid::Cell* cell = &cells_[entry.first_cell];
  for_each_slot(entry, [&](Grid& grid, SlotSet::Member slot) { grid.erase(*cell++, slot); });
  entry.open = false;
}

void Engine::reopen(Index host) {
  Entry& entry = entries_[host];
  if (entry.open || !entry.up) return;
  entry.open = true;
  insert_slots(host);
}

void Engine::set_state(Index host, HostState state) {
  site_.set_state(host, state);
  entries_[host].up = state == HostState::up;
  if (entries_[host].up)
    reopen(host);
  else
    close(host);
}

Shape Engine::shape(const Request& request) const {
  Shape shape{.want = resolve(site_, request), .fits = {}};
  for (Index i = 0; i < classes_.size(); ++i) {
    const Host& host = classes_[i].like;
    const bool open =
        host.zones.contains(request.zone) && host.exchange_host != request.exchange_gateway.empty() &&
        (request.exchange_gateway.empty() || host.zones.contains(request.exchange_gateway)) &&
        std::ranges::includes(host.uplinks, request.uplinks) &&
        (host.dedicated_to.empty() || host.dedicated_to == request.department) &&
        std::includes(host.traits.begin(), host.traits.end(), request.traits.begin(), request.traits.end());
    if (!open) continue;
    const Amounts demand = demand_in(shape.want, host.overcommit_percent);
    shape.fits.push_back({.host_class = i,
                          .demand = demand,
                          .levels = levels_.fine_of(demand, request.numa_nodes, request.huge_pages),
                          .standing = standing_points(host, request)});
  }
  // The best standing first: what comes behind it is then mostly out of the question.
  std::stable_sort(shape.fits.begin(), shape.fits.end(),
                   [](const Shape::Fit& a, const Shape::Fit& b) { return a.standing > b.standing; });
  return shape;
}

void Engine::take(const Want& want, Index host, std::span<const int> numa_nodes) {
  usage_.take(site_, want, host, numa_nodes);
  refresh_slots(host);
}

void Engine::give_back(const Want& want, Index host, std::span<const int> numa_nodes) {
  usage_.give_back(site_, want, host, numa_nodes);
  refresh_slots(host);
}

void Engine::take(const Placed& placed) {
  take(resolve(site_, placed.request), site_.host_index(placed.host), placed.numa_nodes);
}

void Engine::give_back(const Placed& placed) {
  give_back(resolve(site_, placed.request), site_.host_index(placed.host), placed.numa_nodes);
}

bool Engine::gates_admit(const Want& want) const {
  const Request& request = *want.request;
  const Allowance& allowed = allowances_[want.department * site_.zones().size() + want.zone];
  const auto& used = usage_.tenant(want.department, want.zone);
  return request.mlps <= allowed.mlps && used.vcpus + request.vcpus <= allowed.vcpus &&
         used.memory + request.memory <= allowed.memory &&
         (request.volumes.value == 0 || (used.volumes + request.volumes <= allowed.volumes &&
                                         usage_.pool(want.zone) + request.volumes <= allowed.pool));
}

void Engine::mark_domains(const Want& want) {
  ++question_;
  base_ = 0;
  any_closed_ = {};
  any_special_ = {};
  soft_.clear();
  together_.clear();
  specials_.clear();
  for (const Index group : want.groups) {
    for (const BoundRule& bound : site_.rules(group)) {
      const Rule& rule = bound.rule;
      if (usage_.members(bound.counted).empty()) {  // the rule is kept everywhere
        if (!rule.hard()) base_ += points(rule.weight, 1);
      } else if (rule.hard() && rule.kind == Rule::Kind::keep_apart) {
        close_domains(bound);
      } else {
        (rule.hard() ? together_ : soft_).push_back(&bound);
        mark_special(bound);
      }
    }
  }
}

void Engine::close_domains(const BoundRule& bound) {
  const Rule& rule = bound.rule;
  const auto scope = static_cast<std::size_t>(rule.scope);
  const auto most = static_cast<std::uint32_t>(rule.max_per_domain);
  ++count_;
  for (const Index member : usage_.members(bound.counted)) {
    const Index domain = site_.domain(rule.scope, member);
    if (most > 1) {
      if (std::exchange(counted_by_[scope][domain], count_) != count_) counted_[scope][domain] = 0;
      if (++counted_[scope][domain] < most) continue;
    }
    closed_by_[scope][domain] = question_;
    any_closed_[scope] = true;
  }
}

// Halls are few and large: search_elsewhere() goes through them one by one instead.
void Engine::mark_special(const BoundRule& bound) {
  if (bound.rule.scope == Scope::hall) return;
  const auto scope = static_cast<std::size_t>(bound.rule.scope);
  any_special_[scope] = true;
  for (const Index member : usage_.members(bound.counted)) {
    const Index domain = site_.domain(bound.rule.scope, member);
    if (std::exchange(special_by_[scope][domain], question_) != question_)
      specials_.push_back({.scope = bound.rule.scope, .domain = domain, .host = member});
  }
}

bool Engine::closed(Index host) const {
  return (any_closed_[1] && closed_by_[1][site_.rack(host)] == question_) ||
         (any_closed_[0] && closed_by_[0][host] == question_) ||
         (any_closed_[2] && closed_by_[2][site_.hall(host)] == question_);
}

bool Engine::special(Index host) const {
  return (any_special_[1] && special_by_[1][site_.rack(host)] == question_) ||
         (any_special_[0] && special_by_[0][host] == question_);
}

// The readable way, for the few hosts that rules single out.
void Engine::consider(const Shape& shape, Index host, Choice& best) const {
  const Entry& entry = entries_[host];
  if (!entry.open || closed(host)) return;
  const auto fit = std::find_if(shape.fits.begin(), shape.fits.end(), [&](const Shape::Fit& candidate) {
    return candidate.host_class == entry.host_class;
  });
  if (fit == shape.fits.end()) return;
  for (const BoundRule* together : together_)
    if (!keeps(site_, usage_, *together, host)) return;
  Points base = base_ + fit->standing;
  for (const BoundRule* soft : soft_)
    if (keeps(site_, usage_, *soft, host)) base += points(soft->rule.weight, 1);
  const Request& request = *shape.want.request;
  const auto try_slot = [&](const Slot& slot) {
    const Amounts free = free_in(site_, usage_, host, slot);
    if (!fits(fit->demand, free)) return;
    const auto at = levels_.of(free, request.numa_nodes, request.huge_pages);
    const Points sum = base + level_points({at.cpu - Levels::coarse(fit->levels.cpu),
                                            at.memory - Levels::coarse(fit->levels.memory)});
    const Choice here{.host = host, .slot = slot, .points = sum};
    if (better(here, best)) best = here;
  };
  if (request.numa_nodes == 0) return try_slot({});
  for (int a = 0; a < entry.nodes; ++a) {
    if (request.numa_nodes == 1) try_slot({{a, -1}});
    for (int b = a + 1; request.numa_nodes == 2 && b < entry.nodes; ++b) try_slot({{a, b}});
  }
}

// What a host there can reach: rules of the domain's own scope or a wider one say the same about all of it,
// for the others the best is assumed.
Points Engine::at_most(const Shape& shape, const Special& domain) const {
  Points most = base_ + shape.fits.front().standing + level_table().bound[0];
  for (const BoundRule* soft : soft_)
    if (soft->rule.scope < domain.scope || keeps(site_, usage_, *soft, domain.host))
      most += points(soft->rule.weight, 1);
  return most;
}

// Hosts in domains that soft rules know something about, or that a hard keep-together leaves.
void Engine::consider_special(const Shape& shape, Choice& best) const {
  if (shape.fits.empty()) return;
  for (const Special& domain : specials_) {
    if (at_most(shape, domain) < best.points) continue;
    if (domain.scope == Scope::host)
      consider(shape, domain.host, best);
    else
      for (const Index host : hosts_in_rack_[domain.domain]) consider(shape, host, best);
  }
}

template <class Admit>
void Engine::search(const Shape& shape, Points base, Admit&& admit, Choice& best) const {
  const LevelTable& table = level_table();
  const Request& request = *shape.want.request;
  const auto kind = static_cast<std::size_t>(request.numa_nodes);
  for (const Shape::Fit& fit : shape.fits) {
    const Points above = base + fit.standing;
    if (above + table.bound[0] < best.points) break;  // the best standing comes first
    const HostClass& host_class = classes_[fit.host_class];
    const auto& grid = host_class.grids[kind][request.huge_pages];
    if (!grid) continue;
    const auto left = [](int level, int wanted) {
      return static_cast<std::size_t>(Levels::coarse(level) - Levels::coarse(wanted));
    };
    const auto try_cell = [&](Levels::Pair at, Points points) {
      grid->at(at).first([&](SlotSet::Member number) {
        const Index host = host_class.host_of_slot[kind][number];
        const Choice here{.host = host, .slot = slot_of(entries_[host], kind, number), .points = points};
        if (!better(here, best)) return true;  // nor is anything behind it in this cell
        if (!admit(host) || !fits(fit.demand, free_in(site_, usage_, host, here.slot))) return false;
        best = here;
        return true;
      });
    };
    for (int cpu = grid->next_cpu(fit.levels.cpu); cpu < Grid::kSide; cpu = grid->next_cpu(cpu + 1)) {
      const auto cpu_left = left(cpu, fit.levels.cpu);
      if (above + table.bound[cpu_left] < best.points) break;
      for (int memory = grid->next_memory(cpu, fit.levels.memory); memory < Grid::kSide;
           memory = grid->next_memory(cpu, memory + 1)) {
        const auto memory_left = left(memory, fit.levels.memory);
        if (above + table.row_bound[cpu_left][memory_left] < best.points) break;
        const Points points = above + table.points[cpu_left][memory_left];
        if (points >= best.points) try_cell({cpu, memory}, points);
      }
    }
  }
}

// Outside the special domains, rules by host and rack say the same everywhere; rules by hall differ by hall.
void Engine::search_elsewhere(const Shape& shape, Choice& best) const {
  const auto by_hall = [](const BoundRule* bound) { return bound->rule.scope == Scope::hall; };
  if (!std::all_of(together_.begin(), together_.end(), by_hall)) return;  // only special domains are left
  const bool halls_differ = std::any_of(soft_.begin(), soft_.end(), by_hall);
  const auto halls = halls_differ ? static_cast<Index>(site_.halls().size()) : Index{1};
  for (Index hall = 0; hall < halls; ++hall) {
    Points here = base_;
    for (const BoundRule* soft : soft_) {
      const bool apart = soft->rule.kind == Rule::Kind::keep_apart;
      const auto members = usage_.members(soft->counted);
      const auto beside = by_hall(soft) ? std::count_if(members.begin(), members.end(),
                                                        [&](Index host) { return site_.hall(host) == hall; })
                                        : 0;
      if (apart ? beside < soft->rule.max_per_domain : beside > 0) here += points(soft->rule.weight, 1);
    }
    const auto admit = [&](Index host) {
      return !special(host) && (!halls_differ || site_.hall(host) == hall) && !closed(host) &&
             std::all_of(together_.begin(), together_.end(),
                         [&](const BoundRule* bound) { return keeps(site_, usage_, *bound, host); });
    };
    search(shape, here, admit, best);
  }
}

std::optional<Choice> Engine::best(const Shape& shape) {
  if (!gates_admit(shape.want)) return std::nullopt;
  mark_domains(shape.want);
  Choice best{.host = kNone, .slot = {}, .points = -1};
  if (shape.only != kNone) {
    consider(shape, shape.only, best);
  } else if (!soft_.empty() || !together_.empty()) {
    search_elsewhere(shape, best);
    consider_special(shape, best);
  } else if (any_closed_ != std::array<bool, kScopes>{}) {
    search(shape, base_, [&](Index host) { return !closed(host); }, best);
  } else {
    search(shape, base_, [](Index) { return true; }, best);
  }
  if (best.host == kNone) return std::nullopt;
  return best;
}

std::vector<Choice> Engine::best(const Shape& shape, std::size_t count) {
  std::vector<Choice> choices;
  while (choices.size() < count) {
    const auto next = best(shape);
    if (!next) break;
    choices.push_back(*next);
    close(next->host);
  }
  for (const Choice& choice : choices) reopen(choice.host);
  return choices;
}

}  // namespace causeway::placement
