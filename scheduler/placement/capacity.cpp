// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/capacity.h"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/placement/engine.h"
#include "scheduler/placement/explain.h"
#include "scheduler/placement/place.h"
#include "scheduler/placement/validate.h"

namespace causeway::placement {
namespace {

struct Filled {
  std::vector<Placed> added;
  Refusal then;  // without a workload: `most` ended it
};

Filled fill(const Snapshot& snapshot, const Request& shape, std::int64_t most) {
  Engine engine(snapshot);
  Filled filled;
  const Shape resolved = engine.shape(shape);
  while (static_cast<std::int64_t>(filled.added.size()) < most) {
    const auto choice = engine.best(resolved);
    if (!choice) {
      filled.then = explain_refusal({engine.site(), engine.levels(), engine.usage(), resolved.want});
      break;
    }
    const auto nodes = choice->slot.numa_nodes();
    engine.take(resolved.want, choice->host, nodes);
    Placed placed{shape, engine.site().host(choice->host).id, {nodes.begin(), nodes.end()}};
    placed.request.workload = WorkloadId(fmt::format("{}#{}", shape.workload, filled.added.size() + 1));
    filled.added.push_back(std::move(placed));
  }
  return filled;
}

Snapshot with_first(const Snapshot& snapshot, const std::vector<Placed>& added, std::int64_t count) {
  Snapshot more = snapshot;
  more.workloads.insert(more.workloads.end(), added.begin(), added.begin() + count);
  return more;
}

// The most of them that leave the reserve whole, by halving: what holds for many holds for fewer, but for
// rare effects of the order in which a failover plan is made, and then the answer is on the safe side.
std::int64_t within_reserve(const Snapshot& snapshot, const ZoneId& zone, const std::vector<Placed>& added) {
  const auto holds = [&](std::int64_t count) {
    return exposures(with_first(snapshot, added, count), zone).empty();
  };
  auto least = std::int64_t{-1}, beyond = static_cast<std::int64_t>(added.size()) + 1;
  while (beyond - least > 1) {
    const std::int64_t middle = least + (beyond - least) / 2;
    (holds(middle) ? least : beyond) = middle;
  }
  return std::max<std::int64_t>(0, least);
}

const Host* find_host(const Snapshot& snapshot, const HostId& id) {
  const auto found = std::find_if(snapshot.hosts.begin(), snapshot.hosts.end(),
                                  [&](const Host& host) { return host.id == id; });
  return found == snapshot.hosts.end() ? nullptr : &*found;
}

// The host to buy more of, when nobody says: the one with most cores that serves a zone of the wave.
const Host* largest_for(const Snapshot& snapshot, const Batch& wave) {
  const Host* largest = nullptr;
  for (const auto& host : snapshot.hosts) {
    const bool serves = std::any_of(wave.requests.begin(), wave.requests.end(), [&](const Request& request) {
      return host.zones.contains(request.zone) && host.dedicated_to.empty();
    });
    if (serves && (largest == nullptr || host.cores > largest->cores ||
                   (host.cores == largest->cores && host.id < largest->id)))
      largest = &host;
  }
  return largest;
}

Snapshot with_hosts(Snapshot snapshot, const Host& like, std::int64_t count) {
  constexpr std::int64_t kHostsPerRack = 16;
  const auto rack = std::find_if(snapshot.racks.begin(), snapshot.racks.end(),
                                 [&](const Rack& entry) { return entry.id == like.rack; });
  const HallId hall = rack->hall;
  for (std::int64_t i = 0; i < count; ++i) {
    if (i % kHostsPerRack == 0)
      snapshot.racks.push_back({RackId(fmt::format("new-rack-{}", i / kHostsPerRack + 1)), hall});
    Host host = like;
    host.id = HostId(fmt::format("new-{}", i + 1));
    host.rack = snapshot.racks.back().id;
    host.state = HostState::up;
    snapshot.hosts.push_back(std::move(host));
  }
  return snapshot;
}

Findings validate(const Snapshot& snapshot, const Change& change) {
  Findings findings = validate(snapshot);
  if (!findings.empty()) return findings;
  if (change.add_hosts < 0 || change.add_hosts > kHostsMissingMax)
    findings.push_back(
        {"add_hosts", fmt::format("{} is not between 0 and {}", change.add_hosts, kHostsMissingMax), ""});
  if (!change.like.empty() && find_host(snapshot, change.like) == nullptr)
    findings.push_back(
        {"like", fmt::format("no such host: '{}'", change.like), "name a host of the snapshot"});
  if (change.add_hosts > 0 && change.like.empty())
    findings.push_back({"like", "it is not said what the new hosts are like", "name a host of the snapshot"});
  if (change.lose) {
    const Site site(snapshot);
    bool known = false;
    for (Index host = 0; host < site.hosts(); ++host)
      known |= site.domain_name(change.lose->scope, host) == change.lose->name;
    if (!known)
      findings.push_back(
          {"lose", fmt::format("no such {}: '{}'", to_string(change.lose->scope), change.lose->name), ""});
  }
  const Findings wave = placement::validate(snapshot, change.add);
  findings.insert(findings.end(), wave.begin(), wave.end());
  return findings;
}

// What stands after the loss: moved where the evacuation says, gone where it found nothing.
Snapshot after_loss(const Snapshot& snapshot, const Domain& lost, const Evacuation& evacuation) {
  const Site site(snapshot);
  const auto is_lost = [&](const HostId& id) {
    return site.domain_name(lost.scope, site.host_index(id)) == lost.name;
  };
  Snapshot after = snapshot;
  std::erase_if(after.workloads, [&](const Placed& placed) { return is_lost(placed.host); });
  after.workloads.insert(after.workloads.end(), evacuation.moves.begin(), evacuation.moves.end());
  for (auto& host : after.hosts)
    if (is_lost(host.id)) host.state = HostState::down;
  return after;
}

// Everything but counting missing hosts.
Outcome carry_out(const Snapshot& snapshot, const Change& change) {
  Outcome outcome;
  outcome.after = snapshot;
  if (change.lose) {
    outcome.loss = plan_failover(outcome.after, *change.lose);
    outcome.after = after_loss(outcome.after, *change.lose, *outcome.loss);
  }
  if (!change.add.requests.empty()) {
    outcome.wave = place_batch(outcome.after, change.add);
    if (*outcome.wave) outcome.after = applied(std::move(outcome.after), **outcome.wave);
  }
  return outcome;
}

bool fits_whole(const Outcome& outcome) {
  return (!outcome.loss || outcome.loss->complete()) && (!outcome.wave || outcome.wave->has_value());
}

}  // namespace

std::optional<Room> capacity(const Snapshot& snapshot, const Zone& zone, const Request& shape,
                             std::int64_t most) {
  Request here = shape;
  here.zone = zone.id;
  if (shape.mlps > zone.mlps ||
      !placement::validate(snapshot, Batch{.groups = {}, .requests = {here}}).empty())
    return std::nullopt;
  Filled filled = fill(snapshot, here, most);
  const auto fit = static_cast<std::int64_t>(filled.added.size());
  const bool reserve = zone.reserve != Reserve::none;
  return Room{.zone = zone.id,
              .fit = fit,
              .fit_with_reserve = reserve ? within_reserve(snapshot, zone.id, filled.added) : fit,
              .reserve = zone.reserve,
              .then = filled.then.workload.empty() ? "" : filled.then.summary(),
              .refusal = std::move(filled.then)};
}

std::vector<Room> capacity(const Snapshot& snapshot, const Request& shape, std::int64_t most) {
  std::vector<Room> rooms;
  for (const auto& zone : snapshot.zones)
    if (auto room = capacity(snapshot, zone, shape, most)) rooms.push_back(std::move(*room));
  std::sort(rooms.begin(), rooms.end(), [](const Room& a, const Room& b) { return a.zone < b.zone; });
  return rooms;
}

Outcome what_if(const Snapshot& snapshot, const Change& change) {
  Outcome outcome;
  outcome.findings = validate(snapshot, change);
  if (!outcome.findings.empty()) return outcome;

  const Host* named = change.like.empty() ? nullptr : find_host(snapshot, change.like);
  const Snapshot start = change.add_hosts > 0 ? with_hosts(snapshot, *named, change.add_hosts) : snapshot;
  outcome = carry_out(start, change);
  if (fits_whole(outcome)) {
    outcome.hosts_missing = 0;
    return outcome;
  }
  const Host* like = named != nullptr ? named : largest_for(snapshot, change.add);
  if (like == nullptr && outcome.loss) {
    Batch stranded;
    for (const auto& placed : snapshot.workloads)
      for (const auto& refusal : outcome.loss->stranded)
        if (placed.request.workload == refusal.workload) stranded.requests.push_back(placed.request);
    like = largest_for(snapshot, stranded);
  }
  if (like == nullptr) return outcome;
  outcome.like = like->id;
  const auto enough = [&](std::int64_t more) {
    return fits_whole(carry_out(with_hosts(snapshot, *like, change.add_hosts + more), change));
  };
  std::int64_t few = 0, many = 1;
  while (many <= kHostsMissingMax && !enough(many)) few = many, many *= 2;
  if (many > kHostsMissingMax) return outcome;
  while (many - few > 1) {
    const std::int64_t middle = few + (many - few) / 2;
    (enough(middle) ? many : few) = middle;
  }
  outcome.hosts_missing = many;
  return outcome;
}

}  // namespace causeway::placement
