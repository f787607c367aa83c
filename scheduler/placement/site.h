// SPDX-License-Identifier: Apache-2.0
// The standing part of a snapshot with its names resolved: hosts, racks, halls, zones, departments and groups
// as small indices in the order of their names, so that the rest of the folder computes on arrays. Made once
// from a valid snapshot; groups can be added later, because batches bring new ones, and a host's state
// follows what happens to it. Anything else makes a new Site.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scheduler/placement/snapshot.h"

namespace causeway::placement {

using Index = std::uint32_t;
inline constexpr Index kNone = ~Index{0};

// Amounts that a host, a NUMA node or a slot has or gives. CPU is counted in hundredths of a vCPU ("shares"):
// a core has overcommit_percent of them, an ordinary vCPU takes 100, a pinned one takes a whole core's.
struct Amounts {
  std::int64_t cpu = 0;
  std::int64_t memory = 0;      // MiB of ordinary pages
  std::int64_t huge_pages = 0;  // MiB of huge pages

  bool operator==(const Amounts&) const = default;
  Amounts& operator+=(const Amounts& other) {
    cpu += other.cpu;
    memory += other.memory;
    huge_pages += other.huge_pages;
    return *this;
  }
  Amounts& operator-=(const Amounts& other) {
    return *this += Amounts{-other.cpu, -other.memory, -other.huge_pages};
  }
  friend Amounts operator+(Amounts a, const Amounts& b) { return a += b; }
  friend Amounts operator-(Amounts a, const Amounts& b) { return a -= b; }
};

inline bool fits(const Amounts& demand, const Amounts& free) {
  return demand.cpu <= free.cpu && demand.memory <= free.memory && demand.huge_pages <= free.huge_pages;
}

// The lesser of each amount.
inline Amounts least(const Amounts& a, const Amounts& b) {
  return {.cpu = std::min(a.cpu, b.cpu),
          .memory = std::min(a.memory, b.memory),
          .huge_pages = std::min(a.huge_pages, b.huge_pages)};
}

// A rule of a group with the group resolved whose members it counts.
struct BoundRule {
  Rule rule;
  Index counted = kNone;  // the group itself, or the one that it keeps apart from
};

class Site {
 public:
  explicit Site(const Snapshot& snapshot);

  [[nodiscard]] std::size_t hosts() const { return hosts_.size(); }
  [[nodiscard]] const Host& host(Index index) const { return hosts_[index]; }
  [[nodiscard]] std::span<const Zone> zones() const { return zones_; }
  [[nodiscard]] std::span<const Rack> racks() const { return racks_; }
  [[nodiscard]] std::span<const HallId> halls() const { return halls_; }
  [[nodiscard]] std::span<const Department> departments() const { return departments_; }
  [[nodiscard]] std::span<const Group> groups() const { return groups_; }
  [[nodiscard]] std::span<const BoundRule> rules(Index group) const { return rules_[group]; }

  // What engines ask for most stands in columns of its own.
  [[nodiscard]] const Amounts& capacity(Index host) const { return capacity_[host]; }
  // The most that any host has: CPU, and memory with its huge pages.
  [[nodiscard]] std::int64_t largest_cpu() const { return largest_cpu_; }
  [[nodiscard]] MiB largest_memory() const { return largest_memory_; }
  [[nodiscard]] int overcommit_percent(Index host) const { return columns_[host].overcommit_percent; }
  [[nodiscard]] Index rack(Index host) const { return columns_[host].rack; }
  [[nodiscard]] Index hall(Index host) const { return columns_[host].hall; }
  // The NUMA nodes of all hosts in one row: those of a host begin at first_node(host).
  [[nodiscard]] std::size_t nodes() const { return node_capacity_.size(); }
  [[nodiscard]] Index first_node(Index host) const { return columns_[host].first_node; }
  [[nodiscard]] int nodes_of(Index host) const { return columns_[host].nodes; }
  [[nodiscard]] const Amounts& node_capacity(Index node) const { return node_capacity_[node]; }

  // The host, rack or hall that a host stands in.
  [[nodiscard]] Index domain(Scope scope, Index host) const {
    return scope == Scope::host ? host : scope == Scope::rack ? rack(host) : hall(host);
  }
  [[nodiscard]] std::string_view domain_name(Scope scope, Index host) const;

  // kNone when the site has no such name.
  [[nodiscard]] Index host_index(const HostId& id) const { return find(host_by_name_, id.str()); }
  [[nodiscard]] Index zone_index(const ZoneId& id) const { return find(zone_by_name_, id.str()); }
  [[nodiscard]] Index department_index(const DepartmentId& id) const {
    return find(department_by_name_, id.str());
  }
  [[nodiscard]] Index group_index(const GroupId& id) const { return find(group_by_name_, id.str()); }

  // The group's index; a group that the site has already keeps its index and takes the new rules. A group
  // that a rule names and nobody added yet is there from then on, without rules.
  Index add_group(const Group& group);
  void set_state(Index host, HostState state) { hosts_[host].state = state; }

 private:
  struct Column {
    Index rack = kNone;
    Index hall = kNone;
    Index first_node = 0;
    int nodes = 0;
    int overcommit_percent = 100;
  };
  using ByName = std::unordered_map<std::string, Index>;
  static Index find(const ByName& names, const std::string& name);
  Index ensure_group(const GroupId& id);

  std::vector<Host> hosts_;
  std::vector<Column> columns_;
  std::vector<Amounts> capacity_;
  std::int64_t largest_cpu_ = 0;
  MiB largest_memory_;
  std::vector<Amounts> node_capacity_;
  std::vector<Zone> zones_;
  std::vector<Rack> racks_;
  std::vector<HallId> halls_;
  std::vector<Department> departments_;
  std::vector<Group> groups_;
  std::vector<std::vector<BoundRule>> rules_;  // by group
  ByName host_by_name_, zone_by_name_, department_by_name_, group_by_name_;
};

// A request with its names resolved: everything that choosing a host needs to know about it.
struct Want {
  const Request* request = nullptr;  // outlives the Want
  Index zone = kNone;
  Index department = kNone;
  std::vector<Index> groups;  // ascending

  // What it takes from a host with that overcommit, and from each of its NUMA nodes there (zero if it asks
  // for none).
  [[nodiscard]] Amounts total(int overcommit_percent) const;
  [[nodiscard]] Amounts per_node(int overcommit_percent) const;
};

// The request must be valid against the site.
Want resolve(const Site& site, const Request& request);

}  // namespace causeway::placement
