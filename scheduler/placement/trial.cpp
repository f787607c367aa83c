// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/trial.h"

#include <algorithm>
#include <tuple>

#include "common/core/check.h"
#include "scheduler/placement/batch.h"
#include "scheduler/placement/explain.h"

namespace causeway::placement {

bool Trial::LikeOther::operator()(const Request* a, const Request* b) const {
  const auto key = [](const Request& request) {
    return std::tie(request.vcpus, request.memory, request.numa_nodes, request.huge_pages, request.pinned,
                    request.volumes, request.mlps, request.zone, request.exchange_gateway, request.department,
                    request.uplinks, request.traits);
  };
  return key(*a) < key(*b);
}

Trial::Trial(const Snapshot& snapshot) : engine_(snapshot), by_host_(engine_.site().hosts()) {
  for (const auto& placed : snapshot.workloads)
    by_host_[site().host_index(placed.host)].push_back({.placed = &placed});
}

void Trial::add(const Placed& placed) {
  engine_.take(placed);
  by_host_[site().host_index(placed.host)].push_back({.placed = &placed});
}

void Trial::remove(const Placed& placed) {
  auto& there = by_host_[site().host_index(placed.host)];
  CAUSEWAY_CHECK(!there.empty() && there.back().placed == &placed);
  there.pop_back();
  engine_.give_back(placed);
}

Shape Trial::shape_of(Standing& standing) {
  const Request& request = standing.placed->request;
  if (standing.like == nullptr) {
    auto known = shapes_.find(&request);
    if (known == shapes_.end()) {
      // What was added may be removed, but shapes stay: so the key is a copy.
      requests_.push_back(request);
      known = shapes_.emplace(&requests_.back(), engine_.shape(requests_.back())).first;
    }
    standing.like = &known->second;
  }
  Shape shape = *standing.like;
  shape.want.request = &request;
  shape.want.groups.clear();
  for (const auto& id : request.groups) shape.want.groups.push_back(site().group_index(id));
  std::sort(shape.want.groups.begin(), shape.want.groups.end());
  return shape;
}

Trial::Gone Trial::take_away(const std::vector<Index>& hosts, bool all) {
  for (const Index host : hosts) engine_.close(host);  // so that the index need not follow what leaves
  Gone gone;
  for (const bool restarting : {true, false}) {
    for (const Index host : hosts) {
      for (Standing& standing : by_host_[host]) {
        if ((all || standing.placed->request.is_protected) != restarting) continue;
        gone.placed.push_back(standing.placed);
        gone.shapes.push_back(shape_of(standing));
        engine_.give_back(gone.shapes.back().want, host, standing.placed->numa_nodes);
      }
    }
    if (restarting) gone.restarting = gone.shapes.size();
  }
  return gone;
}

void Trial::put_back(const std::vector<Index>& hosts, const Gone& gone) {
  for (std::size_t i = 0; i < gone.placed.size(); ++i)
    engine_.take(gone.shapes[i].want, site().host_index(gone.placed[i]->host), gone.placed[i]->numa_nodes);
  for (const Index host : hosts) engine_.reopen(host);
}

Evacuation Trial::evacuate(const std::vector<Index>& hosts, bool all) {
  const Gone gone = take_away(hosts, all);
  Evacuation evacuation;
  for (std::size_t i = gone.restarting; i < gone.placed.size(); ++i)
    evacuation.left_down.push_back(gone.placed[i]->request.workload);
  const Seating seating = seat(engine_, gone.to_seat(), false);
  for (std::size_t i = 0; i < gone.restarting; ++i) {
    const Choice& choice = seating.choices[i];
    if (choice.host == kNone) continue;
    evacuation.moves.push_back({gone.placed[i]->request,
                                site().host(choice.host).id,
                                {choice.slot.numa_nodes().begin(), choice.slot.numa_nodes().end()}});
  }
  for (const std::size_t i : seating.left_over)
    evacuation.stranded.push_back(
        explain_refusal({site(), engine_.levels(), engine_.usage(), gone.shapes[i].want}));
  give_back(engine_, gone.to_seat(), seating);
  put_back(hosts, gone);

  const auto by_workload = [](const Placed& a, const Placed& b) {
    return a.request.workload < b.request.workload;
  };
  std::sort(evacuation.moves.begin(), evacuation.moves.end(), by_workload);
  std::sort(evacuation.left_down.begin(), evacuation.left_down.end());
  return evacuation;
}

bool Trial::survives(const std::vector<Index>& hosts, const ZoneId& zone) {
  const Gone gone = take_away(hosts, false);
  const Seating seating = seat(engine_, gone.to_seat(), false);
  give_back(engine_, gone.to_seat(), seating);
  put_back(hosts, gone);
  return std::none_of(seating.left_over.begin(), seating.left_over.end(),
                      [&](std::size_t i) { return gone.placed[i]->request.zone == zone; });
}

bool Trial::survives_any(Scope scope, const ZoneId& zone) {
  const auto all = domains(scope);
  const auto ask = [&](std::size_t domain) {
    return !concerns(all[domain], zone) || survives(all[domain], zone);
  };
  const std::size_t first = exposed_ < all.size() ? exposed_ : 0;
  if (!all.empty() && !ask(first)) return false;
  for (std::size_t domain = 0; domain < all.size(); ++domain) {
    if (domain == first || ask(domain)) continue;
    exposed_ = static_cast<Index>(domain);
    return false;
  }
  return true;
}

std::vector<std::vector<Index>> Trial::domains(Scope scope) const {
  const std::size_t count = scope == Scope::host   ? site().hosts()
                            : scope == Scope::rack ? site().racks().size()
                                                   : site().halls().size();
  std::vector<std::vector<Index>> hosts(count);
  for (Index host = 0; host < site().hosts(); ++host) hosts[site().domain(scope, host)].push_back(host);
  return hosts;
}

std::vector<Index> Trial::hosts_of(const Domain& domain) const {
  for (auto& hosts : domains(domain.scope))
    if (!hosts.empty() && site().domain_name(domain.scope, hosts.front()) == domain.name) return hosts;
  return {};
}

bool Trial::concerns(const std::vector<Index>& hosts, const ZoneId& zone) const {
  return std::any_of(hosts.begin(), hosts.end(), [&](Index host) {
    return std::any_of(by_host_[host].begin(), by_host_[host].end(), [&](const Standing& standing) {
      return standing.placed->request.is_protected && standing.placed->request.zone == zone;
    });
  });
}

}  // namespace causeway::placement
