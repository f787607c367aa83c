// SPDX-License-Identifier: Apache-2.0
// The orders that are out with the workers: what is being done now, since when, and who has room for more.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "agent/core/limits.h"
#include "agent/core/order.h"
#include "common/model/assignment.h"

namespace causeway::agent {

class Flights {
 public:
  struct Flight {
    Order order;
    Instant since;
  };

  // Counts as out from now on; the order is to be given to its worker.
  const Order& begin(Lane lane, Work work, Instant now);
  // The order that has come back; none: it is not out (any more).
  std::optional<Order> end(OrderId id);

  [[nodiscard]] const Flight* find(OrderId id) const;
  [[nodiscard]] const std::map<OrderId, Flight>& all() const { return flights_; }
  // Whether the lane takes one more (kOrdersAtOnce).
  [[nodiscard]] bool room(Lane lane) const;
  // Whether anything is being done about the workload, its ports or its volumes.
  [[nodiscard]] bool concerns(const WorkloadId& id) const;
  [[nodiscard]] bool acting() const;  // an action is out, not only looks
  // What work of that kind waits behind, if its lane is full and that long enough to be worth a word.
  [[nodiscard]] std::optional<model::Waiting> ahead_of(const Key& key, Instant now) const;

 private:
  std::map<OrderId, Flight> flights_;
  std::array<int, kLanes> on_lane_{};
  OrderId last_ = 0;
};

}  // namespace causeway::agent
