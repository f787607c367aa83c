// SPDX-License-Identifier: Apache-2.0
// The engine in its fast form. It gives the same answers as the reference, choice for choice, without looking
// at every host:
// - hosts that no filter tells apart (same zones, traits, dedication, overcommit, all exchange hosts or none)
//   form a class;
//   a request's shape knows the classes it may stand on, so state, zone, dedication and traits are decided
//   once per shape;
// - each class indexes its slots (whole hosts, NUMA nodes, pairs of nodes) by free levels (grid.h), and the
//   score by levels is a table, so that the best cell is found by bits and pruned by bounds;
// - rules name few domains: those that are closed are marked, and those about which rules say something else
//   than about the rest of the site ("special") are looked at by themselves, if they can still win at all.
// What is used is a Usage, the same book as the reference's; the index is derived from it and follows each
// change.
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
  Index only = kNone;  // the one host that is asked about; kNone: all of them
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
  // The host must not be closed.
  void set_state(Index host, HostState state);

  // Takes the host out of every choice, or back in, whatever its state: for trying losses and drains.
  [[nodiscard]] bool open(Index host) const { return entries_[host].open; }
  void close(Index host);
  void reopen(Index host);

  [[nodiscard]] const Site& site() const { return site_; }
  [[nodiscard]] const Levels& levels() const { return levels_; }
  [[nodiscard]] const Usage& usage() const { return usage_; }

 private:
  static constexpr std::size_t kKinds = 3;   // of slots: whole hosts, NUMA nodes, pairs of nodes
  static constexpr std::size_t kScopes = 3;  // host, rack, hall

  // Of hosts that are alike; where there are more than a grid can number, the next ones form another class.
  struct HostClass {
    Host like;  // any of its hosts
    // [kind][huge pages]; empty where no host of the class has such slots.
    std::array<std::array<std::optional<Grid>, 2>, kKinds> grids;
    std::array<std::vector<Index>, kKinds> host_of_slot;
  };

  // What the index knows of a host, in one place because every change asks for all of it.
  struct Entry {
    Index host_class = kNone;
    Index first_cell = 0;                              // in cells_, in the order of for_each_slot
    std::array<SlotSet::Member, kKinds> first_slot{};  // in its class
    std::uint8_t nodes = 0;
    bool huge_pages = false;
    bool up = false;
    bool open = false;
  };

  // A host, rack or hall about which soft rules or a hard keep-together say something of its own.
  struct Special {
    Scope scope = Scope::host;
    Index domain = kNone;
    Index host = kNone;  // one that stands there
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
  void enter(Index host, Index host_class);
  void insert_slots(Index host);
  void refresh_slots(Index host);
  template <class Visit>
  void for_each_slot(const Entry& entry, Visit&& visit);
  [[nodiscard]] Slot slot_of(const Entry& entry, std::size_t kind, SlotSet::Member slot) const;
  void measure(Index host);

  [[nodiscard]] bool gates_admit(const Want& want) const;
  void mark_domains(const Want& want);
  void close_domains(const BoundRule& bound);
  void mark_special(const BoundRule& bound);
  [[nodiscard]] bool closed(Index host) const;
  [[nodiscard]] bool special(Index host) const;
  [[nodiscard]] Points at_most(const Shape& shape, const Special& domain) const;
  void consider(const Shape& shape, Index host, Choice& best) const;
  void consider_special(const Shape& shape, Choice& best) const;
  void search_elsewhere(const Shape& shape, Choice& best) const;
  template <class Admit>
  void search(const Shape& shape, Points base, Admit&& admit, Choice& best) const;

  Site site_;
  Levels levels_;
  Usage usage_;

  std::vector<Allowance> allowances_;  // department * zones + zone
  std::vector<HostClass> classes_;
  std::vector<Entry> entries_;     // by host
  std::vector<Grid::Cell> cells_;  // where each slot stands in its grid
  std::vector<std::vector<Index>> hosts_in_rack_;

  // Scratch of one question. A domain is marked by the number of the question.
  std::uint64_t question_ = 0;
  Points base_ = 0;  // what soft rules are worth whose groups have no members yet: they are kept everywhere
  std::array<bool, kScopes> any_closed_{};
  std::array<std::vector<std::uint64_t>, kScopes> closed_by_;  // [scope][domain]
  std::array<std::vector<std::uint32_t>, kScopes> counted_;    // members in the domain, for the rule at hand
  std::array<std::vector<std::uint64_t>, kScopes> counted_by_;
  std::uint64_t count_ = 0;
  std::vector<const BoundRule*> soft_;      // whose groups have members
  std::vector<const BoundRule*> together_;  // hard, whose groups have members
  std::array<bool, kScopes> any_special_{};
  std::array<std::vector<std::uint64_t>, kScopes> special_by_;
  std::vector<Special> specials_;
  std::vector<Grid::Cell> measured_;  // of one host: where its slots belong as things stand
};

}  // namespace causeway::placement
