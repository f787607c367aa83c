// SPDX-License-Identifier: Apache-2.0
// What applying manifests would do, as a value: made from the state without touching it, shown as a plan, and
// carried out by one transaction if it has neither findings nor workloads without a place. A draft is made
// anew for each request; that an apply does what a saved plan showed is the token's business.
//
// Absence is never deletion: what a file no longer names stays as it is, and a line without a sign says so.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/model/api.h"
#include "scheduler/core/state.h"

namespace causeway::scheduler {

struct Draft {
  std::vector<model::LocatedFinding> findings;  // not empty: the rest is incomplete
  std::vector<model::PlanLine> lines;
  std::vector<model::Unplaced> unplaced;
  int unchanged = 0;

  // Records as they shall be; only those that change.
  std::optional<model::Site> site;
  std::vector<model::DepartmentRecord> departments;
  std::vector<model::NetworkRecord> networks;  // a vni of 0: to be given out
  std::vector<model::RoomRecord> rooms;
  std::vector<model::WaveRecord> waves;
  std::vector<model::ApplicationRecord> applications;
  std::vector<model::Workload> workloads;

  [[nodiscard]] bool sound() const { return findings.empty() && unplaced.empty(); }
  [[nodiscard]] bool empty() const;  // nothing would change
};

Draft draft(State& state, const Actor& actor, const std::vector<model::Manifest>& manifests);

// Names the draft and the state that it rests on: another draft has another token, and so has the same one
// after something happened that plans rest on.
std::string token_of(const Draft& draft, Revision basis);

// Puts the records of a sound draft into the tables.
void carry_out(State& state, Draft draft);

// --- the parts that a draft is made of ---

// The manifests with what they no longer name, but what is still there, put back in; each such thing gets a
// line.
std::vector<model::Manifest> with_what_stands(const Tables& tables, std::vector<model::Manifest> manifests,
                                              Draft& into);

void draft_site(const Tables& tables, const model::Site& site, std::uint32_t document, Draft& into);
void draft_departments(const Tables& tables, const model::Departments& manifest, std::uint32_t document,
                       Draft& into);
void draft_rooms(const Tables& tables, const model::Rooms& manifest, Draft& into);

// A workload that a wave wants, before it has its place.
struct Wanted {
  model::Workload workload;  // as it shall be; without a host if it is new
  bool is_new = false;
  bool grows = false;  // needs more of its host than it has now
  bool changed = false;
  std::string text;        // of its line: what it is, or what changes
  bool bystander = false;  // no file names it: it has to fit on its host as before, and has no line
};

// All workloads of the waves with their addresses, in the order of their names.
std::map<WorkloadId, Wanted> draft_waves(const State& state, const Actor& actor,
                                         const model::Catalog& catalog,
                                         const std::vector<model::Manifest>& manifests, Draft& into);

// Gives each new workload a host and checks that those that grow still fit on theirs; whole or not at all.
// `as_it_is`: for placement the catalog says nothing else than the tables.
void draft_placement(State& state, const model::Catalog& catalog, bool as_it_is,
                     std::map<WorkloadId, Wanted>& wanted, Draft& into);

}  // namespace causeway::scheduler
