// SPDX-License-Identifier: Apache-2.0
// What placement answers: a plan, or a refusal that says why and what would help. Both are values for people
// and for tables; the numbers in them come from the filters and scorers of policy.h and from nowhere else.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "common/core/finding.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::placement {

// One scorer's say about one host.
struct ScorePart {
  std::string scorer;
  double weight = 0;
  double value = 0;  // in [0, 1]; its part of the score is weight * value
};

struct Candidate {
  HostId host;
  std::vector<int> numa_nodes;
  double score = 0;  // sum of the parts
  std::vector<ScorePart> parts;
};

struct Placement {
  WorkloadId workload;
  Candidate chosen;
  std::vector<Candidate> runners_up;  // best first, at most kRunnersUpMax
};

inline constexpr std::size_t kRunnersUpMax = 3;

struct Plan {
  std::vector<Group> groups;          // new with this plan
  std::vector<Placed> workloads;      // what to add to the snapshot, in the order of the requests
  std::vector<Placement> placements;  // why there, one for each of `workloads`
};

// One constraint's share of a refusal.
struct Exclusion {
  std::string constraint;  // a filter's name
  int hosts = 0;           // that it excludes
  int alone = 0;           // that it alone excludes: lifting it would open them
  std::string example;     // "h12: 12GiB memory more than the 4GiB free"
};

// A host that is near to being fit, fewest obstacles first.
struct NearHost {
  HostId host;
  std::vector<std::string> lacks;  // one sentence for each constraint in the way
};

// A change that was tried on a copy of the snapshot.
struct Counterfactual {
  std::string change;  // "if host h12 is uncordoned"
  HostId host;         // where the workload would then stand
};

struct Refusal {
  WorkloadId workload;
  Findings findings;                            // the request itself is wrong: nothing was tried
  int hosts = 0;                                // that were looked at
  std::vector<Exclusion> exclusions;            // most hosts first
  std::vector<NearHost> nearest;                // at most kNearestMax
  std::vector<Counterfactual> counterfactuals;  // those that would make it fit
  std::vector<WorkloadId>
      conflicts;  // of a batch: a minimal set that can't be placed together, the refused one in it

  // "no host of 60 fits civil-affairs/web/1: memory excludes 41, zone 19".
  [[nodiscard]] std::string summary() const;
};

inline constexpr std::size_t kNearestMax = 3;

// "Nowhere" is an answer with reasons, not an error.
template <class T>
using Answer = std::expected<T, Refusal>;

}  // namespace causeway::placement
