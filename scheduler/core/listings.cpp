// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/listings.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "common/core/text.h"
#include "scheduler/core/liveness.h"
#include "scheduler/core/requests.h"

namespace causeway::scheduler {
namespace {

using Lister = std::function<Result<model::Listing>(const State&, const Actor&, const Filters&)>;

struct Noun {
  Lister list;
  std::vector<std::string> filters;
};

const std::map<std::string, Noun>& nouns() {
  static const std::map<std::string, Noun> kNouns{
      {"workloads", {list_workloads, {"zone", "department", "host", "wave", "application"}}},
      {"volumes", {list_volumes, {"zone", "department", "host", "wave", "application"}}},
      {"applications", {list_applications, {"zone", "department", "wave", "room"}}},
      {"waves", {list_waves, {}}},
      {"hosts", {list_hosts, {"zone"}}},
      {"zones", {list_zones, {}}},
      {"networks", {list_networks, {"zone", "department"}}},
      {"images", {list_images, {}}},
      {"departments", {list_departments, {"zone"}}},
      {"rooms", {list_rooms, {"department"}}},
      {"events", {list_events, {"department", "host", "wave", "application"}}},
      {"grants", {list_grants, {"zone", "department", "application"}}},
      {"reach", {list_reach, {"from", "to", "what", "zone", "application"}}},
      {"keys", {list_keys, {"department"}}},
  };
  return kNouns;
}

std::vector<std::string> names_of_nouns() {
  std::vector<std::string> names;
  for (const auto& [name, noun] : nouns()) names.push_back(name);
  return names;
}

}  // namespace

bool passes(const Filters& filters, const std::string& key, const std::string& name) {
  const auto filter = filters.find(key);
  return filter == filters.end() || filter->second == name;
}

void Sum::add(const model::Workload& workload) {
  vcpus += workload.vcpus;
  memory += workload.memory;
  for (const auto& disk : workload.disks) volumes += disk.size;
  ++workloads;
}

Sum used_on(const Tables& tables, const HostId& host) {
  Sum sum;
  for (const auto* workload : tables.on_host(host)) sum.add(*workload);
  return sum;
}

Sum used_by(const Tables& tables, const DepartmentId& department, const ZoneId& zone) {
  Sum sum;
  for (const auto& [id, workload] : tables.workloads())
    if (workload.zone == zone && model::department_of(id.str()) == department) sum.add(workload);
  return sum;
}

std::string host_state(const State& state, const model::HostRecord& host) {
  if (host.key.empty()) return "no agent";
  if (auto condition = condition_of(state, host); condition != "up") return condition;
  if (host.draining) return state.tables.on_host(host.id).empty() ? "drained" : "draining";
  return host.cordoned ? "cordoned" : "ready";
}

model::ErrorResponse refused(Errc code, std::string what) { return {{code, std::move(what)}, {}}; }

model::ErrorResponse not_found(std::string_view noun, const std::string& name,
                               const std::vector<std::string>& known) {
  std::string text = fmt::format("no {} '{}'", noun, name);
  if (const auto nearest = nearest_name(name, known); !nearest.empty())
    text += fmt::format("; did you mean '{}'?", nearest);
  else if (known.empty())
    text += "; there is none yet";
  return refused(Errc::not_found, std::move(text));
}

model::ResponseBody get(const State& state, const Actor& actor, const model::GetRequest& request) {
  const auto noun = nouns().find(request.noun);
  if (noun == nouns().end())
    return refused(Errc::invalid, fmt::format("there is no list of '{}'; there are {}", request.noun,
                                              join(names_of_nouns(), ", ")));
  for (const auto& [key, value] : request.where) {
    const auto& known = noun->second.filters;
    if (std::ranges::find(known, key) != known.end()) continue;
    return refused(Errc::invalid, known.empty() ? fmt::format("{} can't be filtered", request.noun)
                                                : fmt::format("{} can't be filtered by '{}'; they can by {}",
                                                              request.noun, key, join(known, ", ")));
  }
  auto listing = noun->second.list(state, actor, request.where);
  if (!listing) return refused(listing.error().code, listing.error().what);
  listing->revision = state.tables.state().revision.value;
  return *std::move(listing);
}

}  // namespace causeway::scheduler
