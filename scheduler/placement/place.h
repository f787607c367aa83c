// SPDX-License-Identifier: Apache-2.0
// The doors of the folder: a snapshot and requests go in, a plan or a refusal comes out. Each checks what it
// is given (a refusal then carries findings and nothing was tried), and the same snapshot gives the same
// plan.
#pragma once

#include "scheduler/placement/plan.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::placement {

Answer<Plan> place(const Snapshot& snapshot, const Request& request);

// All requests or none; the order is the engine's, the plan's order is the batch's.
Answer<Plan> place_batch(const Snapshot& snapshot, const Batch& batch);

// The snapshot with the plan carried out.
Snapshot applied(Snapshot snapshot, const Plan& plan);

}  // namespace causeway::placement
