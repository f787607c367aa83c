// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/engine.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <tuple>

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
  number_slots();
  sort_into_classes();
  for (Index host = 0; host < site_.hosts(); ++host) insert_slots(host);
  hosts_in_rack_.resize(site_.racks().size());
  for (Index host = 0; host < site_.hosts(); ++host) hosts_in_rack_[site_.rack(host)].push_back(host);
  const std::size_t domains[] = {site_.hosts(), site_.racks().size(), site_.halls().size()};
  for (std::size_t scope = 0; scope < 3; ++scope) {
    closed_by_[scope].resize(domains[scope]);
    counted_[scope].resize(domains[scope]);
    counted_by_[scope].resize(domains[scope]);
  }
  favoured_by_.resize(site_.hosts());
}

void Engine::sort_into_classes() {
  std::map<std::tuple<std::set<ZoneId>, std::set<std::string>, DepartmentId, int>, Index> known;
  class_of_.assign(site_.hosts(), kNone);
  for (Index i = 0; i < site_.hosts(); ++i) {
    const Host& host = site_.host(i);
    if (host.state != HostState::up) continue;
    const auto [entry, added] =
        known.emplace(std::tuple(host.zones, host.traits, host.dedicated_to, host.overcommit_percent),
                      static_cast<Index>(classes_.size()));
    if (added) classes_.push_back({.like = host, .grids = {}});
    class_of_[i] = entry->second;
  }
  class_when_open_ = class_of_;
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

void Engine::number_slots() {
  first_pair_.reserve(site_.hosts() + 1);
  Index pairs = 0;
  for (Index host = 0; host < site_.hosts(); ++host) {
    const auto nodes = static_cast<Index>(site_.nodes_of(host));
    first_pair_.push_back(pairs);
    pairs += nodes == 0 ? 0 : nodes * (nodes - 1) / 2;
    host_of_slot_[0].push_back(host);
    host_of_slot_[1].insert(host_of_slot_[1].end(), nodes, host);
    host_of_slot_[2].resize(pairs, host);
  }
  first_pair_.push_back(pairs);
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    for (auto& cells : cell_of_slot_[kind]) cells.resize(host_of_slot_[kind].size());
}

Index Engine::slots_begin(Index host, std::size_t kind) const {
  if (kind == 0) return host;
  if (kind == 2) return first_pair_[host];
  return host < site_.hosts() ? site_.first_node(host) : static_cast<Index>(site_.nodes());
}

Slot Engine::slot_of(Index host, std::size_t kind, Index slot) const {
  if (kind == 0) return {};
  auto left = static_cast<int>(slot - slots_begin(host, kind));
  if (kind == 1) return {{left, -1}};
  int first = 0;
  for (int row = site_.nodes_of(host) - 1; left >= row; --row, ++first) left -= row;
  return {{first, first + 1 + left}};
}

Grid::Cell Engine::cell_of(Index host, std::size_t kind, Index slot, bool huge) const {
  const Amounts free = free_in(site_, usage_, host, slot_of(host, kind, slot));
  return Grid::cell(levels_.fine_of(free, static_cast<int>(kind), huge));
}

void Engine::insert_slots(Index host) {
  if (class_of_[host] == kNone) return;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (const bool huge : {false, true}) {
      if (huge && site_.capacity(host).huge_pages == 0) continue;
      auto& grid = classes_[class_of_[host]].grids[kind][huge];
      for (Index slot = slots_begin(host, kind); slot < slots_end(host, kind); ++slot) {
        if (!grid) grid.emplace();
        cell_of_slot_[kind][huge][slot] = cell_of(host, kind, slot, huge);
        grid->insert(cell_of_slot_[kind][huge][slot], slot);
      }
    }
  }
}

void Engine::refresh_slots(Index host) {
  if (class_of_[host] == kNone) return;
  auto& grids = classes_[class_of_[host]].grids;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (const bool huge : {false, true}) {
      if (huge && site_.capacity(host).huge_pages == 0) continue;
      for (Index slot = slots_begin(host, kind); slot < slots_end(host, kind); ++slot) {
        Grid::Cell& known = cell_of_slot_[kind][huge][slot];
        const Grid::Cell now = cell_of(host, kind, slot, huge);
        if (now == known) continue;
        grids[kind][huge]->erase(known, slot);
        grids[kind][huge]->insert(now, slot);
        known = now;
      }
    }
  }
}

void Engine::close(Index host) {
  if (class_of_[host] == kNone) return;
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    for (const bool huge : {false, true})
      for (Index slot = slots_begin(host, kind); slot < slots_end(host, kind); ++slot)
        if (!huge || site_.capacity(host).huge_pages != 0)
          classes_[class_of_[host]].grids[kind][huge]->erase(cell_of_slot_[kind][huge][slot], slot);
  class_of_[host] = kNone;
}

void Engine::reopen(Index host) {
  if (class_of_[host] != kNone) return;
  class_of_[host] = class_when_open_[host];
  insert_slots(host);
}

Shape Engine::shape(const Request& request) const {
  Shape shape{.want = resolve(site_, request), .fits = {}};
  for (Index i = 0; i < classes_.size(); ++i) {
    const Host& host = classes_[i].like;
    const bool open =
        host.zones.contains(request.zone) &&
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
  any_closed_ = false;
  soft_.clear();
  together_.clear();
  for (const Index group : want.groups) {
    for (const BoundRule& bound : site_.rules(group)) {
      const Rule& rule = bound.rule;
      const auto members = usage_.members(bound.counted);
      if (members.empty()) {  // the rule is kept everywhere
        if (!rule.hard()) base_ += points(rule.weight, 1);
        continue;
      }
      if (!rule.hard()) {
        soft_.push_back(&bound);
        continue;
      }
      if (rule.kind == Rule::Kind::keep_together) {
        together_.push_back(&bound);
        continue;
      }
      const auto scope = static_cast<std::size_t>(rule.scope);
      ++count_;
      for (const Index member : members) {
        const Index domain = site_.domain(rule.scope, member);
        if (counted_by_[scope][domain] != count_) {
          counted_by_[scope][domain] = count_;
          counted_[scope][domain] = 0;
        }
        if (++counted_[scope][domain] >= static_cast<std::uint32_t>(rule.max_per_domain)) {
          closed_by_[scope][domain] = question_;
          any_closed_ = true;
        }
      }
    }
  }
}

bool Engine::closed(Index host) const {
  return closed_by_[0][host] == question_ || closed_by_[1][site_.rack(host)] == question_ ||
         closed_by_[2][site_.hall(host)] == question_;
}

// The readable way, for the few hosts that rules single out.
void Engine::consider(const Shape& shape, Index host, Choice& best) {
  const auto fit = std::find_if(shape.fits.begin(), shape.fits.end(), [&](const Shape::Fit& candidate) {
    return candidate.host_class == class_of_[host];
  });
  if (fit == shape.fits.end() || closed(host)) return;
  for (const BoundRule* together : together_)
    if (!keeps(site_, usage_, *together, host)) return;
  Points base = base_ + fit->standing;
  for (const BoundRule* soft : soft_)
    if (keeps(site_, usage_, *soft, host)) base += points(soft->rule.weight, 1);
  const Request& request = *shape.want.request;
  const auto kind = static_cast<std::size_t>(request.numa_nodes);
  for (Index slot = slots_begin(host, kind); slot < slots_end(host, kind); ++slot) {
    const Slot nodes = slot_of(host, kind, slot);
    const Amounts free = free_in(site_, usage_, host, nodes);
    if (!fits(fit->demand, free)) continue;
    const auto at = levels_.of(free, request.numa_nodes, request.huge_pages);
    const Points sum = base + level_points({at.cpu - Levels::coarse(fit->levels.cpu),
                                            at.memory - Levels::coarse(fit->levels.memory)});
    const Choice here{.host = host, .slot = nodes, .points = sum};
    if (better(here, best)) best = here;
  }
}

// Hosts in domains that soft rules know something about, or that a hard keep-together leaves, in favoured_.
void Engine::consider_favoured(const Shape& shape, Choice& best) {
  favoured_.clear();
  const auto favour = [&](Index host) {
    if (favoured_by_[host] == question_) return;
    favoured_by_[host] = question_;
    favoured_.push_back(host);
  };
  const auto favour_members = [&](const BoundRule* bound) {
    for (const Index member : usage_.members(bound->counted)) {
      if (bound->rule.scope == Scope::host) favour(member);
      if (bound->rule.scope != Scope::rack) continue;
      for (const Index host : hosts_in_rack_[site_.rack(member)]) favour(host);
    }
  };
  for (const BoundRule* bound : soft_) favour_members(bound);
  for (const BoundRule* bound : together_) favour_members(bound);
  for (const Index host : favoured_) consider(shape, host, best);
}

template <class Admit>
void Engine::search(const Shape& shape, Points base, Admit&& admit, Choice& best) const {
  const LevelTable& table = level_table();
  const Request& request = *shape.want.request;
  const auto kind = static_cast<std::size_t>(request.numa_nodes);
  const auto& host_of = host_of_slot_[kind];
  for (const Shape::Fit& fit : shape.fits) {
    const auto& grid = classes_[fit.host_class].grids[kind][request.huge_pages];
    if (!grid) continue;
    const Points above = base + fit.standing;
    const int cpu_wanted = Levels::coarse(fit.levels.cpu);
    const int memory_wanted = Levels::coarse(fit.levels.memory);
    for (int cpu = grid->next_row(fit.levels.cpu); cpu < Grid::kSide;
         cpu = cpu + 1 < Grid::kSide ? grid->next_row(cpu + 1) : Grid::kSide) {
      const auto cpu_left = static_cast<std::size_t>(Levels::coarse(cpu) - cpu_wanted);
      if (above + table.bound[cpu_left] < best.points) break;
      const Grid::Row& row = grid->row(cpu);
      for (std::size_t word = static_cast<std::size_t>(fit.levels.memory) / 64; word < row.size(); ++word) {
        std::uint64_t bits = row[word];
        if (word == static_cast<std::size_t>(fit.levels.memory) / 64)
          bits &= ~std::uint64_t{0} << (fit.levels.memory % 64);
        for (; bits != 0; bits &= bits - 1) {
          const int memory = static_cast<int>(word) * 64 + std::countr_zero(bits);
          const auto memory_left = static_cast<std::size_t>(Levels::coarse(memory) - memory_wanted);
          if (above + table.row_bound[cpu_left][memory_left] < best.points) {
            word = row.size() - 1;  // nothing better in this row
            break;
          }
          const Points sum = above + table.points[cpu_left][memory_left];
          if (sum < best.points) continue;
          grid->at({cpu, memory}).first([&](Index slot) {
            const Choice here{
                .host = host_of[slot], .slot = slot_of(host_of[slot], kind, slot), .points = sum};
            if (!better(here, best)) return true;  // nor is anything behind it in this cell
            if (!admit(here.host) || !fits(fit.demand, free_in(site_, usage_, here.host, here.slot)))
              return false;
            best = here;
            return true;
          });
        }
      }
    }
  }
}

// Outside the favoured hosts, rules by host and rack say the same everywhere; rules by hall differ by hall.
void Engine::search_unfavoured(const Shape& shape, Choice& best) {
  const auto by_hall = [](const BoundRule* bound) { return bound->rule.scope == Scope::hall; };
  if (!std::all_of(together_.begin(), together_.end(), by_hall)) return;  // only favoured hosts are left
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
      return favoured_by_[host] != question_ && (!halls_differ || site_.hall(host) == hall) &&
             !closed(host) && std::all_of(together_.begin(), together_.end(), [&](const BoundRule* bound) {
               return keeps(site_, usage_, *bound, host);
             });
    };
    search(shape, here, admit, best);
  }
}

std::optional<Choice> Engine::best(const Shape& shape) {
  if (!gates_admit(shape.want)) return std::nullopt;
  mark_domains(shape.want);
  Choice best{.host = kNone, .slot = {}, .points = -1};
  if (!soft_.empty() || !together_.empty()) {
    consider_favoured(shape, best);
    search_unfavoured(shape, best);
  } else if (any_closed_) {
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
