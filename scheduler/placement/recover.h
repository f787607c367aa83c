// SPDX-License-Identifier: Apache-2.0
// Where workloads go when hosts are lost or emptied, and whether a zone keeps the reserve that its policy
// asks for. The reserve is exact: for each host (or rack) of the zone a whole plan is made for its loss, with
// every constraint, instead of adding up free memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/placement/plan.h"

namespace causeway::placement {

// A host, rack or hall by its name.
struct Domain {
  Scope scope = Scope::host;
  std::string name;

  bool operator==(const Domain&) const = default;
};

class Trial;

struct Evacuation {
  std::vector<Placed> moves;          // where each goes, by workload; the old place is the snapshot's
  std::vector<Refusal> stranded;      // that find no place elsewhere, with the reasons
  std::vector<WorkloadId> left_down;  // not protected: nobody restarts them

  [[nodiscard]] bool complete() const { return stranded.empty(); }
};

// One engine for many such questions about one snapshot: each takes hosts away, seats what stood there
// elsewhere, and puts everything back. The snapshot must be valid and outlive this.
class Recovery {
 public:
  explicit Recovery(const Snapshot& snapshot);
  ~Recovery();
  Recovery(const Recovery&) = delete;
  Recovery& operator=(const Recovery&) = delete;

  // As plan_failover and plan_drain below.
  Evacuation failover(const Domain& lost);
  Evacuation drain(const Domain& emptied);

 private:
  std::unique_ptr<Trial> trial_;
};

// All hosts of the domain are lost at once: their protected workloads start elsewhere, as many as can. The
// snapshot must be valid and have the domain.
Evacuation plan_failover(const Snapshot& snapshot, const Domain& lost);

// The hosts of the domain are to be emptied while they run: all their workloads move.
Evacuation plan_drain(const Snapshot& snapshot, const Domain& emptied);

// What the zone's reserve is for the loss of; it must have one.
Scope reserve_scope(const Zone& zone);

// A domain whose loss would leave protected workloads without a place.
struct Exposure {
  Domain domain;
  std::vector<Refusal> stranded;
};

// The exposures of a zone under its own reserve policy; empty means the reserve holds.
std::vector<Exposure> exposures(const Snapshot& snapshot, const ZoneId& zone);

// Whether the plan uses up a reserve that held before it: then the refusal that says so.
std::optional<Refusal> broken_reserve(const Snapshot& snapshot, const Plan& plan);

}  // namespace causeway::placement
