// SPDX-License-Identifier: Apache-2.0
#include "scheduler/inquiry/capacity_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/placement/capacity.h"
#include "scheduler/placement/validate.h"

namespace causeway::inquiry {
namespace {

using model::Listing;
using model::Object;
using model::Value;

// Names of departments have no brackets.
const DepartmentId kNobody("(nobody)");

// "vcpus (14 hosts), memory (2 hosts)": what closes the hosts that no other constraint closes, or, where each
// host has several things in the way, all of them.
std::string in_the_way(const placement::Refusal& refusal) {
  std::string alone;
  std::string all;
  for (const auto& exclusion : refusal.exclusions) {
    if (exclusion.constraint == "zone")
      continue;  // the row is about one zone: other zones' hosts are no news
    // A gate closes the zone as a whole, and its sentence has the numbers.
    const bool gate = exclusion.hosts == refusal.hosts && exclusion.alone == 0;
    const auto add = [](std::string& text, const std::string& more) {
      text += (text.empty() ? "" : "; ") + more;
    };
    if (gate) add(alone, exclusion.example);
    if (exclusion.alone > 0)
      add(alone, fmt::format("{} on {} {}", exclusion.constraint, exclusion.alone,
                             exclusion.alone == 1 ? "host" : "hosts"));
    add(all, fmt::format("{} on {}", exclusion.constraint, exclusion.hosts));
  }
  return alone.empty() ? all : alone;
}

}  // namespace

std::expected<Listing, Findings> capacity_answer(placement::Snapshot snapshot, const Shape& shape) {
  placement::Request request = shape.request;
  if (request.department.empty()) {
    request.department = kNobody;
    snapshot.departments.push_back({kNobody, {}});
  }
  for (const auto& group : shape.groups)
    if (std::ranges::find(snapshot.groups, group.id, &placement::Group::id) == snapshot.groups.end())
      snapshot.groups.push_back(group);
  if (shape.reserve)
    for (auto& zone : snapshot.zones) zone.reserve = *shape.reserve;
  Findings findings = placement::validate(snapshot);
  if (findings.empty()) {
    placement::Request probe = request;
    if (probe.zone.empty() && !snapshot.zones.empty()) probe.zone = snapshot.zones.front().id;
    findings = placement::validate(snapshot, {.groups = {}, .requests = {probe}});
    // There is one request: what is wrong with it needs no name.
    const Path prefix = at(at("requests", request.workload.str()), "");
    for (auto& finding : findings)
      if (finding.path.starts_with(prefix)) finding.path.erase(0, prefix.size());
  }
  if (!findings.empty()) return std::unexpected(std::move(findings));

  Listing listing;
  listing.noun = "zones";
  listing.columns = {{.key = "zone", .title = "ZONE"},
                     {.key = "fit", .title = "FIT", .wide = false, .right = true},
                     {.key = "reserve", .title = "RESERVE"},
                     {.key = "fit_with_reserve", .title = "FIT WITH RESERVE", .wide = false, .right = true},
                     {.key = "in_the_way", .title = "IN THE WAY OF ONE MORE"}};
  std::vector<placement::Room> rooms;
  for (const auto& zone : snapshot.zones)
    if (request.zone.empty() || request.zone == zone.id)
      if (auto room = placement::capacity(snapshot, zone, request, shape.most))
        rooms.push_back(std::move(*room));
  std::ranges::sort(rooms, {}, &placement::Room::zone);
  for (const auto& room : rooms) {
    const bool limited = room.fit == shape.most;
    const auto amount = [&](std::int64_t count) -> Value {
      return Object{{"text", fmt::format("{}{}", count, count == shape.most ? " or more" : "")},
                    {"value", count}};
    };
    listing.rows.push_back({room.zone.str(), amount(room.fit), std::string(to_string(room.reserve)),
                            amount(room.fit_with_reserve),
                            limited ? Value() : Value(in_the_way(room.refusal))});
  }
  return listing;
}

}  // namespace causeway::inquiry
