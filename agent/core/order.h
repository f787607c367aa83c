// SPDX-License-Identifier: Apache-2.0
// What passes between an agent's core and the workers that call its drivers: orders go out, and each comes
// back once with what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "agent/reconcile/action.h"
#include "agent/reconcile/observed.h"
#include "common/core/result.h"

namespace causeway::agent {

// Unique within one life of the core.
using OrderId = std::uint64_t;

struct LookAtCompute {};
struct LookAtNetwork {};
struct LookAtPool {
  ZoneId zone;
};
struct ReadConsole {
  WorkloadId workload;
  std::uint32_t max_bytes = 0;
  std::uint64_t request = 0;
};
struct AskSwitch {
  model::ProbeRequest question;
};
struct Sweep {
  ZoneId zone;
};
struct LeaveSign {
  ZoneId zone;
  std::uint64_t count = 0;
};
using Work =
    std::variant<Action, LookAtCompute, LookAtNetwork, LookAtPool, ReadConsole, AskSwitch, Sweep, LeaveSign>;

struct Order {
  OrderId id = 0;
  Lane lane{};
  Work work;
};

// What became of an order, by its kind: an action, a sweep or a sign, the looks, the console's text, the
// switch's answer.
using Became = std::variant<Result<>, Result<ComputeObservation>, Result<SwitchState>, Result<ObservedPool>,
                            Result<std::string>, Result<Passage>>;

// The end of an order. Whoever carried it out reports it once.
struct Done {
  OrderId id = 0;
  Became became;
};
// How far a long one is. May be lost.
struct Underway {
  OrderId id = 0;
  Progress progress;
};

}  // namespace causeway::agent
