// SPDX-License-Identifier: Apache-2.0
// The workloads of a draft in front of the placement engine.
#include <fmt/format.h>

#include <algorithm>

#include "scheduler/core/draft.h"
#include "scheduler/core/snapshot.h"
#include "scheduler/inquiry/reasons.h"
#include "scheduler/inquiry/wave_requests.h"
#include "scheduler/placement/check.h"
#include "scheduler/placement/place.h"

namespace causeway::scheduler {
namespace {

// Why hosts that could serve the workload take nothing: what "isolated" means for each, and what to do about
// it.
void add_unreachable(const State& state, const model::Workload& workload, model::Unplaced& into) {
  constexpr std::size_t kShown = 3;
  std::size_t found = 0;
  for (const auto& [id, spec] : state.tables.site().hosts) {
    if (!spec.zones.contains(workload.zone) || spec.exchange_host == workload.exchange_gateway.empty())
      continue;
    const auto* record = state.tables.host(id);
    const bool away = record == nullptr || record->key.empty() || !reachable(state, id);
    if (away && ++found <= kShown) into.reasons.push_back(unreachable_reason(state, id));
  }
  if (found > kShown)
    into.reasons.push_back(
        fmt::format("and {} more hosts of zone {} are away", found - kShown, workload.zone));
}

// Its record has one size, and until it has arrived it has to fit on two hosts. The one that it leaves may be
// full.
bool grows_while_it_moves(const Wanted& one) {
  return !one.is_new && one.grows && !one.workload.leaving.empty();
}

std::string where(const model::Catalog& catalog, const HostId& host) {
  const auto spec = catalog.site.hosts.find(host);
  return spec == catalog.site.hosts.end() ? fmt::format("on {}", host)
                                          : fmt::format("on {} (rack {})", host, spec->second.rack);
}

// On a snapshot of its own, for a catalog that is not the state's yet. A plan that breaks a promise is not
// carried out, whatever the engine thinks.
placement::Answer<placement::Plan> anew(const State& state, const model::Catalog& catalog,
                                        placement::Batch batch, const placement::Standing::Terms& terms) {
  std::set<GroupId> known;
  for (const auto& group : batch.groups) known.insert(group.id);
  for (const auto& [id, named] : catalog.groups)
    if (!known.contains(id)) batch.groups.push_back(inquiry::group_of(id, named.spec.rules));
  for (auto& request : batch.requests)
    if (const auto host = terms.stays_on.find(request.workload); host != terms.stays_on.end())
      request.traits.insert(trait_of_host(host->second));
  const auto snapshot = snapshot_of(state, catalog, terms.without);
  auto plan = placement::place_batch(snapshot, batch);
  if (!plan) return plan;
  if (auto broken = placement::check(*plan, snapshot); !broken.empty()) {
    for (auto& finding : broken)
      finding.what = "the plan failed its check; please report this: " + finding.what;
    placement::Refusal refusal;
    refusal.workload = batch.requests.front().workload;
    refusal.findings = std::move(broken);
    return std::unexpected(std::move(refusal));
  }
  return plan;
}

}  // namespace

void draft_placement(State& state, const model::Catalog& catalog, bool as_it_is,
                     std::map<WorkloadId, Wanted>& wanted, Draft& into) {
  placement::Batch batch;
  placement::Standing::Terms terms;
  std::map<placement::GroupId, placement::Group> groups;
  for (const auto& [id, one] : wanted) {
    if (!one.is_new && !one.grows) continue;
    if (grows_while_it_moves(one)) {
      into.unplaced.push_back(
          {id,
           {fmt::format("it moves from {} to {}, and can be made larger when it is there ({})",
                        one.workload.leaving, one.workload.host, one.text)}});
      return;
    }
    auto request = request_of(one.workload, catalog);
    // What runs grows where it is: moving it would stop it.
    if (!one.is_new) {
      terms.without.insert(id);
      terms.stays_on.emplace(id, one.workload.host);
    }
    for (auto& group : inquiry::groups_of(one.workload)) groups.emplace(group.id, std::move(group));
    batch.requests.push_back(std::move(request));
  }
  if (batch.requests.empty()) return;
  for (auto& [id, group] : groups) batch.groups.push_back(std::move(group));
  auto plan = as_it_is ? state.placing.place_batch(state, batch, terms) : anew(state, catalog, batch, terms);
  // Why something can't stay where it is needs a look at the hosts by their names.
  if (!plan && as_it_is && !terms.stays_on.empty()) plan = anew(state, catalog, batch, terms);
  if (!plan) {
    model::Unplaced unplaced{plan.error().workload, inquiry::sentences_of(plan.error())};
    const auto refused = wanted.find(unplaced.workload);
    if (refused != wanted.end() && !refused->second.is_new)
      unplaced.reasons.insert(unplaced.reasons.begin(),
                              fmt::format("it does not fit on its host {} any more ({})",
                                          refused->second.workload.host, refused->second.text));
    if (refused != wanted.end()) add_unreachable(state, refused->second.workload, unplaced);
    into.unplaced.push_back(std::move(unplaced));
    return;
  }
  for (const auto& placed : plan->workloads) {
    auto& one = wanted.at(placed.request.workload);
    one.workload.host = placed.host;
    one.workload.on_nodes = placed.numa_nodes;
  }
  for (auto& [id, one] : wanted)
    if (one.is_new || one.changed)
      one.text = fmt::format("{}, {}", where(catalog, one.workload.host), one.text);
}

}  // namespace causeway::scheduler
