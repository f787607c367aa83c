// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/recover.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scheduler/placement/place.h"
#include "scheduler/placement/trial.h"

namespace causeway::placement {

Recovery::Recovery(const Snapshot& snapshot) : trial_(std::make_unique<Trial>(snapshot)) {}
Recovery::~Recovery() = default;

Evacuation Recovery::failover(const Domain& lost) { return trial_->evacuate(trial_->hosts_of(lost), false); }
Evacuation Recovery::drain(const Domain& emptied) {
  return trial_->evacuate(trial_->hosts_of(emptied), true);
}

Evacuation plan_failover(const Snapshot& snapshot, const Domain& lost) {
  return Recovery(snapshot).failover(lost);
}

Evacuation plan_drain(const Snapshot& snapshot, const Domain& emptied) {
  return Recovery(snapshot).drain(emptied);
}

Scope reserve_scope(const Zone& zone) { return zone.reserve == Reserve::rack ? Scope::rack : Scope::host; }

std::vector<Exposure> exposures(const Snapshot& snapshot, const ZoneId& zone) {
  const auto policy = std::find_if(snapshot.zones.begin(), snapshot.zones.end(),
                                   [&](const Zone& entry) { return entry.id == zone; });
  if (policy == snapshot.zones.end() || policy->reserve == Reserve::none) return {};
  const Scope scope = reserve_scope(*policy);

  Trial trial(snapshot);
  std::vector<Exposure> found;
  for (const auto& hosts : trial.domains(scope)) {
    if (!trial.concerns(hosts, zone) || trial.survives(hosts, zone)) continue;
    Evacuation evacuation = trial.evacuate(hosts, false);
    // A rack may hold hosts of other zones too; their reserve is their own matter.
    std::erase_if(evacuation.stranded, [&](const Refusal& refusal) {
      return std::none_of(snapshot.workloads.begin(), snapshot.workloads.end(), [&](const Placed& placed) {
        return placed.request.workload == refusal.workload && placed.request.zone == zone;
      });
    });
    const Domain domain{scope, std::string(trial.site().domain_name(scope, hosts.front()))};
    found.push_back({domain, std::move(evacuation.stranded)});
  }
  return found;
}

namespace {

// Whether the zones that the plan touches and that ask for a reserve have one with the plan carried out.
bool reserves_hold(const Snapshot& snapshot, const Plan& plan, const std::set<ZoneId>& touched) {
  std::optional<Trial> trial;
  for (const auto& zone : snapshot.zones) {
    if (zone.reserve == Reserve::none || !touched.contains(zone.id)) continue;
    if (!trial) {
      trial.emplace(snapshot);
      for (const auto& group : plan.groups) trial->engine().add_group(group);
      for (const auto& placed : plan.workloads) trial->add(placed);
    }
    if (!trial->survives_any(reserve_scope(zone), zone.id)) return false;
  }
  return true;
}

}  // namespace

std::optional<Refusal> broken_reserve(const Snapshot& snapshot, const Plan& plan) {
  std::set<ZoneId> touched;
  for (const auto& placed : plan.workloads) touched.insert(placed.request.zone);
  if (reserves_hold(snapshot, plan, touched)) return std::nullopt;
  for (const auto& zone : snapshot.zones) {
    if (zone.reserve == Reserve::none || !touched.contains(zone.id)) continue;
    const auto after = exposures(applied(snapshot, plan), zone.id);
    if (after.empty()) continue;
    const auto before = exposures(snapshot, zone.id);
    for (const auto& exposure : after) {
      const auto same = [&](const Exposure& old) {
        return old.domain == exposure.domain && old.stranded.size() >= exposure.stranded.size();
      };
      if (std::any_of(before.begin(), before.end(), same)) continue;  // not the plan's doing
      Refusal refusal = exposure.stranded.front();
      const std::string example = fmt::format(
          "reserve of {}: if {} {} were lost, {} of its protected workloads would find no place, {} first",
          zone.id, to_string(exposure.domain.scope), exposure.domain.name, exposure.stranded.size(),
          refusal.workload);
      refusal.exclusions = {
          {.constraint = "reserve", .hosts = refusal.hosts, .alone = 0, .example = example}};
      refusal.workload = plan.workloads.front().request.workload;
      return refusal;
    }
  }
  return std::nullopt;
}

}  // namespace causeway::placement
