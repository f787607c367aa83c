// SPDX-License-Identifier: Apache-2.0
// The engine in its fast form. It gives the same answers as the reference, choice for choice, without looking
// at every host:
// - hosts that no filter tells apart (same zones, traits, dedication, overcommit) form a class; a request's
// shape knows
//   the classes it may stand on, so state, zone, dedication and traits are decided once per shape;
// - each class indexes its slots (whole hosts, NUMA nodes, pairs of nodes) by free levels (grid.h), and the
// score by
//   levels is a table, so that the best cell is found by bits and pruned by bounds;
// - rules name few domains: those that are closed are marked, those that are favoured are looked at one by
// one. What is used is a Usage, the same book as the reference's; the index is derived from it and follows
// each change.
//
// One thread at a time, also for the questions: they use scratch marks.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "scheduler/placement/grid.h"
#include "scheduler/placement/plan.h"
#include "scheduler/placement/policy.h"

namespace causeway::placement {

// A request resolved as far as it can be before the hosts' load is looked at. Workloads that differ in name
// and groups only can share one: set want.groups (ascending) before each use.
struct Shape {
  struct Fit {  // on one class of hosts
    Index host_class = kNone;
    Amounts demand;       // of a slot
    Levels::Pair levels;  // of the demand, fine
    Points standing = 0;
  };
  Want want;
  std::vector<Fit> fits;
};

class Engine {
 public:
  // The snapshot must be valid; it is read once and not kept.
  explicit Engine(const Snapshot& snapshot);

  // The request must be valid and outlive the shape.
  [[nodiscard]] Shape shape(const Request& request) const;

  // Where it would go as things stand, or nothing; changes nothing.
  [[nodiscard]] std::optional<Choice> best(const Shape& shape);

  // The best on different hosts, best first.
  [[nodiscard]] std::vector<Choice> best(const Shape& shape, std::size_t count);

  void take(const Want& want, Index host, std::span<const int> numa_nodes);
  void give_back(const Want& want, Index host, std::span<const int> numa_nodes);
  void take(const Placed& placed);
  void give_back(const Placed& placed);

  Index add_group(const Group& group) { return site_.add_group(group); }

  // Takes the host out of every choice, or back in, whatever its state: for trying losses and drains.
  [[nodiscard]] bool open(Index host) const { return class_of_[host] != kNone; }
  void close(Index host);
  void reopen(Index host);

  [[nodiscard]] const Site& site() const { return site_; }
  [[nodiscard]] const Levels& levels() const { return levels_; }
  [[nodiscard]] const Usage& usage() const { return usage_; }

 private:
  static constexpr std::size_t kKinds = 3;

  struct HostClass {
    Host like;  // any of its hosts
    // [kind][huge pages]; empty where no host of the class has such slots.
    std::array<std::array<std::optional<Grid>, 2>, kKinds> grids;
  };

  struct Allowance {  // of one department in one zone: what the gates look up, in a row
    int mlps = 0;
    std::int64_t vcpus = 0;
    MiB memory;
    GiB volumes;
    GiB pool;
  };

  void note_allowances();
  void sort_into_classes();
  void number_slots();
  void insert_slots(Index host);
  void refresh_slots(Index host);
  [[nodiscard]] Index slots_begin(Index host, std::size_t kind) const;
  [[nodiscard]] Index slots_end(Index host, std::size_t kind) const { return slots_begin(host + 1, kind); }
  [[nodiscard]] Slot slot_of(Index host, std::size_t kind, Index slot) const;
  [[nodiscard]] Grid::Cell cell_of(Index host, std::size_t kind, Index slot, bool huge) const;

  [[nodiscard]] bool gates_admit(const Want& want) const;
  void mark_domains(const Want& want);
  [[nodiscard]] bool closed(Index host) const;
  void consider(const Shape& shape, Index host, Choice& best);
  void consider_favoured(const Shape& shape, Choice& best);
  void search_unfavoured(const Shape& shape, Choice& best);
  template <class Admit>
  void search(const Shape& shape, Points base, Admit&& admit, Choice& best) const;

  Site site_;
  Levels levels_;
  Usage usage_;

  std::vector<Allowance> allowances_;  // department * zones + zone
  std::vector<HostClass> classes_;
  std::vector<Index> class_of_;  // kNone: not up, or closed
  std::vector<Index> class_when_open_;
  std::vector<Index> first_pair_;  // by host
  std::array<std::vector<Index>, kKinds> host_of_slot_;
  std::array<std::array<std::vector<Grid::Cell>, 2>, kKinds> cell_of_slot_;
  std::vector<std::vector<Index>> hosts_in_rack_;

  // Scratch of one question. A domain is marked by the number of the question.
  std::uint64_t question_ = 0;
  Points base_ = 0;  // what soft rules are worth whose groups have no members yet: they are kept everywhere
  bool any_closed_ = false;
  std::array<std::vector<std::uint64_t>, 3> closed_by_;  // [scope][domain]
  std::array<std::vector<std::uint32_t>, 3> counted_;    // members in the domain, for the rule at hand
  std::array<std::vector<std::uint64_t>, 3> counted_by_;
  std::uint64_t count_ = 0;
  std::vector<const BoundRule*> soft_;      // whose groups have members
  std::vector<const BoundRule*> together_;  // hard, whose groups have members
  std::vector<std::uint64_t> favoured_by_;  // hosts looked at one by one
  std::vector<Index> favoured_;
};

}  // namespace causeway::placement
