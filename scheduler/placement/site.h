// SPDX-License-Identifier: Apache-2.0
// The standing part of a snapshot with its names resolved: hosts, racks, halls, zones, departments and groups
// as small indices in the order of their names, so that the rest of the folder computes on arrays. Made once
// from a valid snapshot; groups can be added later, because batches bring new ones. Changing a host's state
// or adding hosts makes a new Site.
#pragma once

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
  Amounts& operator+=(const Amounts& other);
  Amounts& operator-=(const Amounts& other);
  friend Amounts operator+(Amounts a, const Amounts& b) { return a += b; }
  friend Amounts operator-(Amounts a, const Amounts& b) { return a -= b; }
};

bool fits(const Amounts& demand, const Amounts& free);

class Site {
 public:
  struct HostEntry {
    Host host;
    Index rack = kNone;
    Index hall = kNone;
    Amounts capacity;
    std::vector<Amounts> numa;  // capacity of each node
  };

  explicit Site(const Snapshot& snapshot);

  [[nodiscard]] std::size_t hosts() const { return hosts_.size(); }
  [[nodiscard]] const HostEntry& host(Index index) const { return hosts_[index]; }
  [[nodiscard]] std::span<const Zone> zones() const { return zones_; }
  [[nodiscard]] std::span<const Rack> racks() const { return racks_; }
  [[nodiscard]] std::span<const Department> departments() const { return departments_; }
  [[nodiscard]] std::span<const Group> groups() const { return groups_; }

  // The host, rack or hall that a host stands in.
  [[nodiscard]] Index domain(Scope scope, Index host) const;
  [[nodiscard]] std::string_view domain_name(Scope scope, Index host) const;

  // kNone when the site has no such name.
  [[nodiscard]] Index host_index(const HostId& id) const { return find(host_by_name_, id.str()); }
  [[nodiscard]] Index zone_index(const ZoneId& id) const { return find(zone_by_name_, id.str()); }
  [[nodiscard]] Index department_index(const DepartmentId& id) const {
    return find(department_by_name_, id.str());
  }
  [[nodiscard]] Index group_index(const GroupId& id) const { return find(group_by_name_, id.str()); }

  // The group's index; a group that the site has already keeps its index and takes the new rules.
  Index add_group(const Group& group);

 private:
  using ByName = std::unordered_map<std::string, Index>;
  static Index find(const ByName& names, const std::string& name);

  std::vector<HostEntry> hosts_;
  std::vector<Zone> zones_;
  std::vector<Rack> racks_;
  std::vector<HallId> halls_;
  std::vector<Department> departments_;
  std::vector<Group> groups_;
  ByName host_by_name_, zone_by_name_, department_by_name_, group_by_name_;
};

// A request with its names resolved: everything that choosing a host needs to know about it.
struct Want {
  const Request* request = nullptr;  // outlives the Want
  Index zone = kNone;
  Index department = kNone;
  std::vector<Index> groups;  // ascending

  // What it takes from that host, and from each of its NUMA nodes there (zero if it asks for none).
  [[nodiscard]] Amounts on(const Site::HostEntry& host) const;
  [[nodiscard]] Amounts per_node(const Site::HostEntry& host) const;
};

// The request must be valid against the site.
Want resolve(const Site& site, const Request& request);

}  // namespace causeway::placement
