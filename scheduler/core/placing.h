// SPDX-License-Identifier: Apache-2.0
// The way to placement for whoever has to place something in the state as it is: on a snapshot that is kept
// between requests and follows the tables, so that a request costs what it asks for. What is kept is derived
// from the records and nothing rests on it: every plan is checked apart from the engine, and tests hold it
// against one that was made anew.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "common/core/ids.h"
#include "scheduler/placement/plan.h"
#include "scheduler/placement/standing.h"

namespace causeway::scheduler {

class State;

class Placing {
 public:
  // Whether the host can be reached may have changed.
  void touch(const HostId& host) { touched_.insert(host); }

  // Takes in what the tables have changed. Asked often, so that a request finds little left to do.
  void follow(State& state);

  // As placement::place_batch on the state as it is, checked. Whoever is asked to stay and can't is refused
  // without reasons.
  placement::Answer<placement::Plan> place_batch(State& state, const placement::Batch& batch,
                                                 const placement::Standing::Terms& terms);

  // In what it differs from one that is made anew; empty: in nothing.
  [[nodiscard]] std::string difference(State& state);

 private:
  void make_anew(const State& state);
  // False: something happened that it can't follow.
  bool follow_workloads(const State& state, const std::set<WorkloadId>& changed);
  void follow_hosts(const State& state, const std::set<HostId>& changed);

  std::unique_ptr<placement::Standing> standing_;  // none: the state is no valid snapshot
  std::set<HostId> touched_;
  bool judged_silent_ = false;  // those that were never heard
};

}  // namespace causeway::scheduler
