// SPDX-License-Identifier: Apache-2.0
// "Why there? Why not?" on a snapshot, as documents.
#pragma once

#include <string>

#include "common/model/value.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::inquiry {

// A workload of the snapshot, placed anew with itself taken out: "placed_anew" says whether it would go there
// again, then the candidates with their scores, or the refusal. The snapshot must be valid and have it.
model::Object explain_standing(placement::Snapshot snapshot, const WorkloadId& workload);

struct Explained {
  bool fits = false;  // all of the batch
  model::Object document;
};

// What would become of a batch. `name`: one of its workloads, in full; an application (or anything else that
// workloads' names begin with), or "" for all of them: what goes where, and why the batch is refused. Nothing
// of that name in the batch: an empty document.
Explained explain_batch(const placement::Snapshot& snapshot, const placement::Batch& batch,
                        const std::string& name);

}  // namespace causeway::inquiry
