// SPDX-License-Identifier: Apache-2.0
// The heart of the agent: what to do next, from what shall be and what is. Pure and total: any two values
// give an answer, and no clock, thread or driver is involved. Laws, each a property test:
//   quiet:  converge(d, o) is empty when o already satisfies d;
//   safe:   nothing that is not ours is ever touched, and what no assignment says shall be absent is never
//           removed;
//   steady: carrying out any prefix of the actions and converging again ends at quiet.
//
// An action is given only when everything it rests on is there in the observation, so the actions of one
// answer don't depend on each other: a start is given when its volumes are ready, its definition is the
// newest and each of its ports is open, and not before. What was done is written into the observation
// (assume) and the next step follows from asking again.
//
// A running workload is never stopped because its definition changed: the definition holds from its next
// start, and the view says so. A port, volume or domain of ours that the assignment doesn't name is shown as
// foreign and left where it is; such a port has no rules, so programming its zone closes it.
#pragma once

#include <string>
#include <vector>

#include "agent/reconcile/action.h"
#include "agent/reconcile/desired.h"
#include "agent/reconcile/observed.h"
#include "common/model/assignment.h"

namespace causeway::agent {

// How far one workload is.
struct View {
  WorkloadId id;
  bool known = true;  // false: the hypervisor could not be looked at, `phase` says only what is wished
  model::Phase phase = model::Phase::pending;
  int steps_done = 0;      // of preparing and starting it
  int steps = 0;           // 0: there is nothing to prepare
  std::string waiting_on;  // what holds it up, beyond the actions in `next`; empty: nothing
  std::vector<Key> next;   // the actions that bring it on, its own and those it shares with others

  bool operator==(const View&) const = default;
};

struct Judgement {
  std::vector<Action> actions;       // in the order of rank_of
  std::vector<View> views;           // parallel to Desired::workloads
  std::vector<std::string> foreign;  // found here and left alone: "domain web-old", sorted
};

Judgement judge(const Desired& desired, const Observed& observed);

// The actions alone.
std::vector<Action> converge(const Desired& desired, const Observed& observed);

}  // namespace causeway::agent
