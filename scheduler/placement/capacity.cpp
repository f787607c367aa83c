// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <ranges>
#include <set>
#include <utility>

#include "scheduler/packing/pack.h"
#include "scheduler/placement/batch.h"
#include "scheduler/placement/explain.h"
#include "scheduler/placement/place.h"
#include "scheduler/placement/trial.h"
#include "scheduler/placement/validate.h"

namespace causeway::placement {
namespace {

// Fills what the shape may still take, as place() would put one after the other; all of it stays taken.
// A refusal without a workload: `most` ended it.
std::deque<Placed> fill(Trial& trial, const Request& shape, std::int64_t most, Refusal& then) {
  Engine& engine = trial.engine();
  const Shape resolved = engine.shape(shape);
  std::deque<Placed> added;  // the trial remembers where each stands
  while (static_cast<std::int64_t>(added.size()) < most) {
    const auto choice = engine.best(resolved);
    if (!choice) {
      then = explain_refusal({engine.site(), engine.levels(), engine.usage(), resolved.want});
      break;
    }
    const auto nodes = choice->slot.numa_nodes();
    added.push_back({shape, engine.site().host(choice->host).id, {nodes.begin(), nodes.end()}});
    added.back().request.workload = WorkloadId(fmt::format("{}#{}", shape.workload, added.size()));
    trial.add(added.back());
  }
  return added;
}

// The most of them that leave the reserve whole. What holds for many holds for fewer, but for rare effects of
// the order in which a failover plan is made, and then the answer is on the safe side. A reserve of one host
// costs about one host of room: so the search goes down from all of them in growing steps, and trials that
// fail are cheap, because the host that showed it last is asked first. All of `added` stands before and
// after.
std::int64_t within_reserve(Trial& trial, const Zone& zone, const std::deque<Placed>& added) {
  auto standing = static_cast<std::int64_t>(added.size());
  const auto stand = [&](std::int64_t count) {
    while (standing > count) trial.remove(added[static_cast<std::size_t>(--standing)]);
    while (standing < count) trial.add(added[static_cast<std::size_t>(standing++)]);
  };
  const auto holds = [&](std::int64_t count) {
    if (count == 0) return true;  // nothing is added: who stands already is not at issue
    stand(count);
    return trial.survives_any(reserve_scope(zone), zone.id);
  };
  std::int64_t least = standing, beyond = standing + 1;
  for (std::int64_t step = 1; !holds(least); step *= 2) {
    beyond = least;
    least = std::max<std::int64_t>(0, least - step);
  }
  while (beyond - least > 1) {
    const std::int64_t middle = least + (beyond - least) / 2;
    (holds(middle) ? least : beyond) = middle;
  }
  stand(static_cast<std::int64_t>(added.size()));
  return least;
}

std::optional<Room> room_in(Trial& trial, const Snapshot& snapshot, const Zone& zone, const Request& shape,
                            std::int64_t most) {
  Request here = shape;
  here.zone = zone.id;
  if (shape.mlps > zone.mlps ||
      !placement::validate(snapshot, Batch{.groups = {}, .requests = {here}}).empty())
    return std::nullopt;
  Room room{
      .zone = zone.id, .fit = 0, .fit_with_reserve = 0, .reserve = zone.reserve, .then = {}, .refusal = {}};
  const std::deque<Placed> added = fill(trial, here, most, room.refusal);
  room.fit = static_cast<std::int64_t>(added.size());
  room.fit_with_reserve = zone.reserve == Reserve::none ? room.fit : within_reserve(trial, zone, added);
  if (!room.refusal.workload.empty()) room.then = room.refusal.summary();
  for (const Placed& placed : std::views::reverse(added)) trial.remove(placed);
  return room;
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
      return host.zones.contains(request.zone) && host.dedicated_to.empty() &&
             host.exchange_host != request.exchange_gateway.empty();
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

// What finds no place as things stand: of a loss what is stranded, of a wave what is left over when the rest
// of it is seated.
std::vector<Request> homeless(const Snapshot& before, const Change& change, const Outcome& outcome) {
  std::vector<Request> requests;
  if (outcome.loss) {
    std::set<WorkloadId> stranded;
    for (const auto& refusal : outcome.loss->stranded) stranded.insert(refusal.workload);
    for (const auto& placed : before.workloads)
      if (stranded.contains(placed.request.workload)) requests.push_back(placed.request);
  }
  if (!outcome.wave || outcome.wave->has_value()) return requests;
  Engine engine(outcome.after);
  for (const auto& group : change.add.groups) engine.add_group(group);
  std::vector<Shape> shapes;
  for (const auto& request : change.add.requests) shapes.push_back(engine.shape(request));
  for (const std::size_t i : seat(engine, shapes, false).left_over)
    requests.push_back(change.add.requests[i]);
  return requests;
}

// How many empty hosts like that one take these, by CPU and memory alone.
std::int64_t hosts_for(const std::vector<Request>& requests, const Host& like) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> counts;
  for (const auto& request : requests) {
    const Want want{.request = &request, .zone = kNone, .department = kNone, .groups = {}};
    ++counts[{want.total(like.overcommit_percent).cpu, request.memory.value}];
  }
  packing::Problem problem{
      .items = {}, .cpu = like.cores * like.overcommit_percent, .memory = like.memory.value};
  for (const auto& [amounts, count] : counts)
    problem.items.push_back({.cpu = amounts.first, .memory = amounts.second, .count = count});
  return problem.items.empty() ? 0 : packing::pack(problem).hosts;
}

// Whether an allowance stands in the wave's way, which no host changes.
bool barred(const Outcome& outcome) {
  if (!outcome.wave || outcome.wave->has_value()) return false;
  const auto& exclusions = outcome.wave->error().exclusions;
  return std::any_of(exclusions.begin(), exclusions.end(), [](const Exclusion& exclusion) {
    return std::any_of(gates().begin(), gates().end(),
                       [&](const Gate& gate) { return gate.name == exclusion.constraint; });
  });
}

// The least number from 1 to kHostsMissingMax that is enough, from the guess up or down in growing steps and
// then by halves; more is enough too.
template <class Enough>
std::optional<std::int64_t> fewest(std::int64_t guess, const Enough& enough) {
  std::int64_t few = 0, many = std::clamp<std::int64_t>(guess, 1, kHostsMissingMax);
  if (enough(many)) {
    for (std::int64_t step = 1; step < many; step *= 2) {
      if (!enough(many - step)) {
        few = many - step;
        break;
      }
      many -= step;
    }
  } else {
    for (std::int64_t step = 1; few == 0 || !enough(many); step *= 2) {
      few = many;
      if (few == kHostsMissingMax) return std::nullopt;
      many = std::min(few + step, kHostsMissingMax);
    }
  }
  while (many - few > 1) {
    const std::int64_t middle = few + (many - few) / 2;
    (enough(middle) ? many : few) = middle;
  }
  return many;
}

bool fits_whole(const Outcome& outcome) {
  return (!outcome.loss || outcome.loss->complete()) && (!outcome.wave || outcome.wave->has_value());
}

}  // namespace

std::optional<Room> capacity(const Snapshot& snapshot, const Zone& zone, const Request& shape,
                             std::int64_t most) {
  Trial trial(snapshot);
  return room_in(trial, snapshot, zone, shape, most);
}

std::vector<Room> capacity(const Snapshot& snapshot, const Request& shape, std::int64_t most) {
  std::vector<Room> rooms;
  Trial trial(snapshot);
  for (const auto& zone : snapshot.zones)
    if (auto room = room_in(trial, snapshot, zone, shape, most)) rooms.push_back(std::move(*room));
  std::sort(rooms.begin(), rooms.end(), [](const Room& a, const Room& b) { return a.zone < b.zone; });
  return rooms;
}

Outcome what_if(const Snapshot& snapshot, const Change& change) {
  Outcome outcome;
  outcome.findings = validate(snapshot, change);
  if (!outcome.findings.empty()) return outcome;

  const Host* named = change.like.empty() ? nullptr : find_host(snapshot, change.like);
  const Snapshot start = named != nullptr ? with_hosts(snapshot, *named, change.add_hosts) : snapshot;
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
  if (barred(outcome)) return outcome;
  const auto enough = [&](std::int64_t more) {
    return fits_whole(carry_out(with_hosts(snapshot, *like, change.add_hosts + more), change));
  };
  outcome.hosts_missing = fewest(hosts_for(homeless(start, change, outcome), *like), enough);
  return outcome;
}

}  // namespace causeway::placement
