// SPDX-License-Identifier: Apache-2.0
// Placing many requests into one engine: the order is what decides whether all of them fit, so it is chosen
// here. Large and constrained requests go first; what then finds no place is moved to the front and
// everything is tried again, which settles most batches that can be settled within a few rounds.
#pragma once

#include <span>
#include <vector>

#include "scheduler/placement/engine.h"
#include "scheduler/placement/plan.h"

namespace causeway::placement {

struct Seating {
  std::vector<Choice> choices;         // by request; host kNone where it has none
  std::vector<std::size_t> order;      // in which they were taken
  std::vector<std::size_t> left_over;  // requests without a place, in the order they were tried
};

// Takes into the engine what finds a place, all of it staying taken; the caller gives back what it does not
// keep. With `whole`, a round ends at the first request without a place, and nothing stays taken unless all
// of it is.
Seating seat(Engine& engine, std::span<const Shape> shapes, bool whole);

void give_back(Engine& engine, std::span<const Shape> shapes, const Seating& seating);

// The batch's plan on the engine, which has the batch's groups and is left as it was; the shapes are those of
// the batch's requests. With `reasons` each placement says why it is there, which takes as long again.
// Whether a zone keeps its reserve is not asked. In place.cpp.
enum class Reasons { none, all };
Answer<Plan> plan_batch(Engine& engine, const Batch& batch, const std::vector<Shape>& shapes,
                        Reasons reasons);

}  // namespace causeway::placement
