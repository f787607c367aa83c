// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/recover.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scheduler/placement/batch.h"
#include "scheduler/placement/explain.h"
#include "scheduler/placement/place.h"

namespace causeway::placement {

class Recovery::Trial {
 public:
  explicit Trial(const Snapshot& snapshot) : engine_(snapshot) {
    by_host_.resize(engine_.site().hosts());
    for (const auto& placed : snapshot.workloads)
      by_host_[engine_.site().host_index(placed.host)].push_back(&placed);
  }

  [[nodiscard]] const Site& site() const { return engine_.site(); }

  Evacuation evacuate(const std::vector<Index>& hosts, bool all) {
    Evacuation evacuation;
    std::vector<const Placed*> gone;
    for (const Index host : hosts) {
      for (const Placed* placed : by_host_[host]) {
        gone.push_back(placed);
        engine_.give_back(*placed);
        if (!all && !placed->request.is_protected) evacuation.left_down.push_back(placed->request.workload);
      }
      engine_.close(host);
    }
    std::vector<Shape> shapes;
    for (const Placed* placed : gone)
      if (all || placed->request.is_protected) shapes.push_back(engine_.shape(placed->request));

    const Seating seating = seat(engine_, shapes, false);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const Choice& choice = seating.choices[i];
      if (choice.host == kNone) continue;
      evacuation.moves.push_back({*shapes[i].want.request,
                                  engine_.site().host(choice.host).id,
                                  {choice.slot.numa_nodes().begin(), choice.slot.numa_nodes().end()}});
    }
    for (const std::size_t i : seating.left_over)
      evacuation.stranded.push_back(
          explain_refusal({engine_.site(), engine_.levels(), engine_.usage(), shapes[i].want}));

    give_back(engine_, shapes, seating);
    for (const Index host : hosts) engine_.reopen(host);
    for (const Placed* placed : gone) engine_.take(*placed);
    const auto by_workload = [](const Placed& a, const Placed& b) {
      return a.request.workload < b.request.workload;
    };
    std::sort(evacuation.moves.begin(), evacuation.moves.end(), by_workload);
    std::sort(evacuation.left_down.begin(), evacuation.left_down.end());
    return evacuation;
  }

  [[nodiscard]] std::vector<Index> hosts_of(const Domain& domain) const {
    std::vector<Index> hosts;
    for (Index host = 0; host < site().hosts(); ++host)
      if (site().domain_name(domain.scope, host) == domain.name) hosts.push_back(host);
    return hosts;
  }

 private:
  Engine engine_;
  std::vector<std::vector<const Placed*>> by_host_;
};

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

std::vector<Exposure> exposures(const Snapshot& snapshot, const ZoneId& zone) {
  const auto policy = std::find_if(snapshot.zones.begin(), snapshot.zones.end(),
                                   [&](const Zone& entry) { return entry.id == zone; });
  if (policy == snapshot.zones.end() || policy->reserve == Reserve::none) return {};
  const Scope scope = policy->reserve == Reserve::host ? Scope::host : Scope::rack;

  Recovery::Trial trial(snapshot);
  std::set<std::string> names;
  for (const auto& placed : snapshot.workloads)
    if (placed.request.zone == zone && placed.request.is_protected)
      names.emplace(trial.site().domain_name(scope, trial.site().host_index(placed.host)));
  std::vector<Exposure> found;
  for (const auto& name : names) {
    const Domain domain{scope, name};
    Evacuation evacuation = trial.evacuate(trial.hosts_of(domain), false);
    // A rack may hold hosts of other zones too; their reserve is their own matter.
    std::erase_if(evacuation.stranded, [&](const Refusal& refusal) {
      return std::none_of(snapshot.workloads.begin(), snapshot.workloads.end(), [&](const Placed& placed) {
        return placed.request.workload == refusal.workload && placed.request.zone == zone;
      });
    });
    if (!evacuation.complete()) found.push_back({domain, std::move(evacuation.stranded)});
  }
  return found;
}

std::optional<Refusal> broken_reserve(const Snapshot& snapshot, const Plan& plan) {
  std::set<ZoneId> touched;
  for (const auto& placed : plan.workloads) touched.insert(placed.request.zone);
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
