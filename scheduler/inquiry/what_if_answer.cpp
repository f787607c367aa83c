// SPDX-License-Identifier: Apache-2.0
#include "scheduler/inquiry/what_if_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/core/text.h"
#include "scheduler/inquiry/reasons.h"

namespace causeway::inquiry {
namespace {

using model::List;
using model::Object;
using model::Value;

std::map<WorkloadId, HostId> places(const placement::Snapshot& snapshot) {
  std::map<WorkloadId, HostId> hosts;
  for (const auto& placed : snapshot.workloads) hosts[placed.request.workload] = placed.host;
  return hosts;
}

Object loss_of(const placement::Snapshot& snapshot, const placement::Domain& lost,
               const placement::Evacuation& evacuation) {
  const auto displaced = evacuation.moves.size() + evacuation.stranded.size() + evacuation.left_down.size();
  Object object{{"lost", fmt::format("{} {}", to_string(lost.scope), lost.name)},
                {"displaced", static_cast<std::int64_t>(displaced)},
                {"start_elsewhere", static_cast<std::int64_t>(evacuation.moves.size())},
                {"find_no_place", static_cast<std::int64_t>(evacuation.stranded.size())},
                {"not_protected", static_cast<std::int64_t>(evacuation.left_down.size())}};
  const auto before = places(snapshot);
  List moves;
  for (const auto& move : evacuation.moves)
    moves.emplace_back(Object{{"workload", move.request.workload.str()},
                              {"from", before.at(move.request.workload).str()},
                              {"to", move.host.str()}});
  List stranded;
  for (const auto& refusal : evacuation.stranded)
    stranded.emplace_back(Object{{"workload", refusal.workload.str()},
                                 {"from", before.at(refusal.workload).str()},
                                 {"why", refusal.summary()}});
  if (!moves.empty()) object.emplace_back("moves", std::move(moves));
  if (!stranded.empty()) object.emplace_back("stranded", std::move(stranded));
  return object;
}

Object wave_of(const placement::Batch& batch, const placement::Answer<placement::Plan>& plan) {
  Object object{{"workloads", static_cast<std::int64_t>(batch.requests.size())}, {"fits", plan.has_value()}};
  if (!plan) {
    object.emplace_back("refused", document_of(plan.error()));
    return object;
  }
  std::set<HostId> hosts;
  List placed;
  for (const auto& one : plan->workloads) {
    hosts.insert(one.host);
    placed.emplace_back(Object{{"workload", one.request.workload.str()}, {"host", one.host.str()}});
  }
  object.emplace_back("on_hosts", static_cast<std::int64_t>(hosts.size()));
  object.emplace_back("placed", std::move(placed));
  return object;
}

Finding none_of(const std::string& kind, const std::string& written, const std::set<std::string>& known) {
  const std::vector<std::string> names(known.begin(), known.end());
  const std::string nearest = nearest_name(written, names);
  return {"", fmt::format("no {} '{}'", kind, written),
          nearest.empty() ? fmt::format("there are {}", join(names, ", "))
                          : fmt::format("did you mean '{}'?", nearest)};
}

}  // namespace

std::expected<WhatIf, Findings> what_if_answer(const placement::Snapshot& snapshot,
                                               const placement::Change& change) {
  const auto outcome = placement::what_if(snapshot, change);
  if (!outcome.findings.empty()) return std::unexpected(outcome.findings);
  WhatIf answer;
  answer.fits = outcome.hosts_missing == 0;
  Object& object = answer.document;
  object.emplace_back("fits", answer.fits);
  if (answer.fits)
    object.emplace_back("hosts_missing", 0);
  else if (outcome.hosts_missing)
    object.emplace_back("hosts_missing",
                        Object{{"text", fmt::format("{} like {}", *outcome.hosts_missing, outcome.like)},
                               {"value", *outcome.hosts_missing}});
  else
    object.emplace_back(
        "hosts_missing",
        Object{{"text", outcome.like.empty()
                            ? "hosts are not what is missing"
                            : fmt::format("more hosts like {} alone would not help", outcome.like)},
               {"value", Value()}});
  if (change.add_hosts > 0)
    object.emplace_back("added",
                        Object{{"hosts", change.add_hosts},
                               {"like", change.like.str()},
                               {"hosts_then", static_cast<std::int64_t>(outcome.after.hosts.size())}});
  if (outcome.loss && change.lose)
    object.emplace_back("loss", loss_of(snapshot, *change.lose, *outcome.loss));
  if (outcome.wave) object.emplace_back("wave", wave_of(change.add, *outcome.wave));
  return answer;
}

std::expected<HostId, Finding> host_like(const placement::Snapshot& snapshot, const std::string& host_class,
                                         const ZoneId& zone) {
  std::set<std::string> classes;
  const placement::Host* found = nullptr;
  for (const auto& host : snapshot.hosts) {
    if (!host.host_class.empty()) classes.insert(host.host_class);
    const bool fits =
        host.host_class == host_class && !host.exchange_host && (zone.empty() || host.zones.contains(zone));
    if (fits && (found == nullptr || host.id < found->id)) found = &host;
  }
  if (found != nullptr) return found->id;
  if (classes.contains(host_class))
    return std::unexpected(Finding{"", fmt::format("no host of class {} serves zone {}", host_class, zone),
                                   "name a host to be like with --like"});
  return std::unexpected(none_of("host class", host_class, classes));
}

std::expected<placement::Domain, Finding> domain_of(const placement::Snapshot& snapshot,
                                                    placement::Scope scope, const std::string& name) {
  std::set<std::string> known;
  if (scope == placement::Scope::host)
    for (const auto& host : snapshot.hosts) known.insert(host.id.str());
  for (const auto& rack : snapshot.racks) {
    if (scope == placement::Scope::rack) known.insert(rack.id.str());
    if (scope == placement::Scope::hall) known.insert(rack.hall.str());
  }
  if (known.contains(name)) return placement::Domain{scope, name};
  std::vector<std::string> ends;
  for (const auto& one : known)
    if (one.ends_with("/" + name)) ends.push_back(one);
  if (ends.size() == 1) return placement::Domain{scope, ends.front()};
  return std::unexpected(none_of(std::string(to_string(scope)), name, known));
}

}  // namespace causeway::inquiry
