// SPDX-License-Identifier: Apache-2.0
#include "agent/core/flights.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace causeway::agent {

const Order& Flights::begin(Lane lane, Work work, Instant now) {
  const OrderId id = ++last_;
  ++on_lane_[static_cast<std::size_t>(lane)];
  return flights_.emplace(id, Flight{{id, lane, std::move(work)}, now}).first->second.order;
}

std::optional<Order> Flights::end(OrderId id) {
  auto flight = flights_.extract(id);
  if (flight.empty()) return std::nullopt;
  --on_lane_[static_cast<std::size_t>(flight.mapped().order.lane)];
  return std::move(flight.mapped().order);
}

const Flights::Flight* Flights::find(OrderId id) const {
  const auto flight = flights_.find(id);
  return flight == flights_.end() ? nullptr : &flight->second;
}

bool Flights::room(Lane lane) const {
  const auto index = static_cast<std::size_t>(lane);
  return on_lane_[index] < kOrdersAtOnce[index];
}

bool Flights::concerns(const WorkloadId& id) const {
  return std::ranges::any_of(flights_, [&](const auto& entry) {
    const auto* action = std::get_if<Action>(&entry.second.order.work);
    if (!action) return false;
    const auto name = key_of(*action).name;
    return name == id.str() || name.starts_with(id.str() + "/");
  });
}

bool Flights::acting() const {
  return std::ranges::any_of(
      flights_, [](const auto& entry) { return std::holds_alternative<Action>(entry.second.order.work); });
}

std::optional<model::Waiting> Flights::ahead_of(const Key& key, Instant now) const {
  const Flight* oldest = nullptr;
  const bool volume = key.kind == Key::Kind::volume || key.kind == Key::Kind::image;
  for (const auto& [id, flight] : flights_) {
    const auto lane = flight.order.lane;
    const bool ahead = key.kind == Key::Kind::domain ? lane == Lane::compute
                       : volume                      ? lane == Lane::storage || lane == Lane::imports
                                                     : lane == Lane::network;
    if (ahead && !room(lane) && (!oldest || flight.since < oldest->since)) oldest = &flight;
  }
  if (!oldest || now - oldest->since < kWaitsItsTurn) return std::nullopt;
  return model::Waiting{fmt::format("its turn: {} is at work", to_string(oldest->order.lane)), oldest->since};
}

}  // namespace causeway::agent
