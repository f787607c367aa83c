// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/outages.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/core/host_pattern.h"
#include "common/core/text.h"
#include "scheduler/core/failover.h"
#include "scheduler/core/liveness.h"

namespace causeway::scheduler {
namespace {

using model::HostRecord;
using model::Outage;

bool heard_since(const State& state, const HostId& host, Instant at) {
  const auto session = state.sessions.find(host);
  return session != state.sessions.end() && session->second.heard > at;
}

void enter(State& state, const HostId& host, std::optional<Outage> outage, const std::string& text) {
  auto record = *state.tables.host(host);
  record.outage = outage;
  record.outage_since = state.now;
  if (!outage) record.lost.clear();
  state.fence_work.erase(host);
  state.storage_fenced.erase(host);
  if (outage != Outage::fenced) state.powered_off.erase(host);
  state.failover_retry.erase(host);
  // Nothing of what it said before counts: its next heartbeat is answered with the wish for a whole report.
  // And it is told its assignment without waiting for the next repetition, which silence has made rare.
  if (const auto session = state.sessions.find(host); session != state.sessions.end()) {
    session->second.clean = false;
    session->second.held = {};
    session->second.sent_any = false;
    state.behind.insert(host);
  }
  state.event("scheduler", outage ? std::string(to_string(*outage)) : "up", fmt::format("host/{}", host),
              text);
  state.tables.put(std::move(record), Basis::moved);
}

// What stays the host's was told to leave it, and did. What it is told now is a newer word on the same
// workload: an agent that was told to keep a volume and then, under one generation, to remove it had done its
// work.
void renew(State& state, const HostId& host) {
  const auto here = state.tables.on_host(host);
  for (const auto* standing : here) {
    auto workload = *standing;
    if (location(workload) != host) continue;
    workload.generation = workload.generation.next();
    state.tables.put(std::move(workload), Basis::kept);
  }
}

bool silent(const State& state, const HostRecord& host) {
  return !host.outage && !host.key.empty() && state.now - last_heard(state, host.id) > state.options.lease &&
         silent_in_storage(state, host.id);
}

// Hosts that are lost since a short while: what is long gone is no sign that the scheduler is blind.
std::size_t lately_lost(const State& state) {
  return static_cast<std::size_t>(std::ranges::count_if(state.tables.hosts(), [&](const auto& entry) {
    const auto& outage = entry.second.outage;
    return outage && *outage != Outage::returning && state.now - entry.second.outage_since < kBudgetWindow;
  }));
}

void call_operator(State& state, std::set<HostId> silent_hosts) {
  if (state.over_budget.empty()) {
    state.over_budget_since = state.now;
    state.event(
        "scheduler", "call", "site/" + state.tables.site().name,
        fmt::format("{} hosts are silent at once and the fence budget is {}: nothing is moved; look at "
                    "the networks, or delete the hosts that are gone",
                    silent_hosts.size() + lately_lost(state), fence_budget(state)));
  }
  state.over_budget = std::move(silent_hosts);
}

void declare_dead(State& state) {
  // By a look that has just come in: a sign may have been left since an older one.
  if (state.looked != state.now) return;
  std::set<HostId> found;
  for (const auto& [id, host] : state.tables.hosts())
    if (silent(state, host) && !host.storage_addresses.empty()) found.insert(id);
  if (found.size() + lately_lost(state) > fence_budget(state) && !found.empty())
    return call_operator(state, std::move(found));
  state.over_budget.clear();
  if (disarmed(state)) return;
  for (const auto& id : found)
    enter(state, id, Outage::dead,
          fmt::format("not heard since {}, and no sign of life in the storage: it is fenced",
                      to_string(last_heard(state, id))));
}

std::vector<fence::Image> images_of(const Tables& tables, const HostId& host) {
  std::vector<fence::Image> images;
  for (const auto* workload : tables.on_host(host)) {
    const auto zone = tables.site().zones.find(workload->zone);
    if (location(*workload) != host || zone == tables.site().zones.end()) continue;
    for (const auto& disk : workload->disks)
      images.push_back(
          {zone->second.pool, join(split(model::volume_id(workload->id, disk.name).str(), '/'), ".")});
  }
  return images;
}

// Gives the order, if none is under way and its time has come.
void order(State& state, const HostRecord& host, FenceOrder::Kind kind) {
  auto& work = state.fence_work[host.id];
  if (work.since == Instant{} || work.kind != kind) work = {kind, 0, state.now, state.now, 0, ""};
  if (state.now < work.retry) return;
  const bool at_bmc = kind == FenceOrder::Kind::switch_off;
  if (work.order != 0)
    work.problem = at_bmc ? "its BMC did not answer in time" : "the storage did not answer in time";
  FenceOrder made{state.next_fence++, kind, host.id, {}, {}};
  if (!at_bmc) made.addresses = host.storage_addresses;
  if (kind == FenceOrder::Kind::raise) made.images = images_of(state.tables, host.id);
  ++work.tries;
  work.order = made.id;
  work.retry = state.now + (at_bmc ? kPowerDeadline : kFenceDeadline);
  state.fences.push_back(std::move(made));
  // Something is committed with each order, so that a scheduler which no longer leads and does not know it
  // fences nobody: its commit fails first.
  state.tables.put(model::HostRecord(host), Basis::kept);
}

const fence::Proof* power_of(const State& state, const HostId& host) {
  return entry_for(state.options.power, host);
}

bool needs_power_off(const State& state, const HostId& host) {
  const auto* proof = power_of(state, host);
  return proof != nullptr && *proof == fence::Proof::power;
}

// A fenced host that shall be without power, and nobody has proven that it is. Where that proof was wanted,
// to be fenced is to have it: it is durable, and a host that somebody switches on is left on by the next
// scheduler.
bool still_to_switch_off(const State& state, const HostRecord& host) {
  return power_of(state, host.id) != nullptr && !needs_power_off(state, host.id) &&
         !state.powered_off.contains(host.id) && !disarmed(state) &&
         state.now - host.outage_since < kPowerWindow;
}

void go_on(State& state, const HostId& id) {
  const auto& host = *state.tables.host(id);
  if (!host.outage) {
    const bool stray = std::ranges::any_of(host.storage_addresses, [&](const std::string& address) {
      return state.fenced_addresses.contains(address);
    });
    // An order that was given up may have been carried out late.
    if (stray) order(state, host, FenceOrder::Kind::lift);
    return;
  }
  const bool back = heard_since(state, id, host.outage_since);
  switch (*host.outage) {
    case Outage::dead:
      if (back) {
        enter(state, id, Outage::returning, "reports again before its fence stood; it is cleaned first");
      } else if (!disarmed(state)) {
        order(state, host,
              state.storage_fenced.contains(id) ? FenceOrder::Kind::switch_off : FenceOrder::Kind::raise);
      }
      break;
    case Outage::fenced:
      if (back) {
        enter(state, id, Outage::returning, "reports again; what runs elsewhere since is cleaned away first");
        break;
      }
      if (still_to_switch_off(state, host)) order(state, host, FenceOrder::Kind::switch_off);
      fail_over(state, id);
      break;
    case Outage::returning: {
      const auto session = state.sessions.find(id);
      if (!reachable(state, id))
        enter(state, id, Outage::dead, "silent again before it was clean");
      else if (session != state.sessions.end() && session->second.clean)
        order(state, host, FenceOrder::Kind::lift);
      break;
    }
  }
}

}  // namespace

void take_fence(State& state, const FenceDone& done) {
  const auto found = std::ranges::find_if(state.fence_work,
                                          [&](const auto& entry) { return entry.second.order == done.id; });
  // An order that was given up, or of a host whose state has moved on.
  if (done.id == 0 || found == state.fence_work.end()) return;
  state.outages_due = state.now;
  const HostId host = found->first;
  auto& work = found->second;
  const auto* record = state.tables.host(host);
  if (record == nullptr) {
    state.fence_work.erase(found);
    return;
  }
  work.order = 0;
  if (!done.became) {
    const auto doubled = kFenceRetryMin * (1 << std::min(work.tries - 1, 4));
    work.retry = state.now + std::min<Duration>(doubled, kFenceRetryMax);
    if (work.problem != done.became.error().what)
      state.event("scheduler", "waits", fmt::format("host/{}", host),
                  fmt::format("{}: {}", work.kind == FenceOrder::Kind::switch_off ? "its power" : "its fence",
                              done.became.error().what));
    work.problem = done.became.error().what;
    return;
  }
  const auto kind = work.kind;
  if (kind == FenceOrder::Kind::switch_off) {
    state.powered_off.insert(host);
    if (record->outage == Outage::dead) {
      enter(state, host, Outage::fenced, "its fence stands and its power is off: it can write no more");
    } else {
      state.event("scheduler", "power-off", fmt::format("host/{}", host), "its power is off");
      state.fence_work.erase(found);
    }
  } else if (kind == FenceOrder::Kind::raise && record->outage == Outage::dead) {
    if (needs_power_off(state, host)) {
      state.storage_fenced.insert(host);
      state.event("scheduler", "waits", fmt::format("host/{}", host),
                  "its fence stands; its power has to be off too");
      state.fence_work.erase(found);
    } else {
      enter(state, host, Outage::fenced, "its fence stands: it can write no more");
    }
  } else if (kind == FenceOrder::Kind::lift && record->outage == Outage::returning) {
    enter(state, host, std::nullopt, "clean, and its fence is lifted: it takes work again");
    renew(state, host);
  } else {
    for (const auto& address : record->storage_addresses) state.fenced_addresses.erase(address);
    state.fence_work.erase(found);
  }
}

void go_on_with_outages(State& state) {
  if (!state.options.fences || state.now < state.outages_due) return;
  state.outages_due = state.now + kTickInterval;
  declare_dead(state);
  std::vector<HostId> hosts;
  for (const auto& [id, host] : state.tables.hosts())
    if (host.outage || !state.fenced_addresses.empty()) hosts.push_back(id);
  for (const auto& id : hosts) go_on(state, id);
}

bool disarmed(const State& state) { return state.now < state.tables.state().disarmed_until; }

std::size_t fence_budget(const State& state) {
  const auto hosts = std::ranges::count_if(state.tables.hosts(),
                                           [](const auto& entry) { return !entry.second.key.empty(); });
  return static_cast<std::size_t>(
      std::max<std::int64_t>(1, hosts * state.options.fence_budget_percent / 100));
}

std::string outage_reason(const State& state, const HostRecord& host) {
  if (!host.outage) return "";
  const auto work = state.fence_work.find(host.id);
  std::string tried;
  if (work != state.fence_work.end() && !work->second.problem.empty())
    tried = fmt::format(": {} (try {}, since {})", work->second.problem, work->second.tries,
                        to_string(work->second.since));
  switch (*host.outage) {
    case Outage::dead:
      if (disarmed(state))
        return fmt::format("lost; nothing is fenced before {}: {}",
                           to_string(state.tables.state().disarmed_until),
                           state.tables.state().disarmed_reason);
      if (state.storage_fenced.contains(host.id))
        return "lost; its fence stands, and nothing starts elsewhere before its power is off" + tried;
      return "lost; its fence is being raised" + tried;
    case Outage::fenced:
      if (state.powered_off.contains(host.id) || needs_power_off(state, host.id))
        return "lost and fenced; what is protected starts elsewhere; its power is off, for somebody to "
               "switch on";
      if (still_to_switch_off(state, host))
        return "lost and fenced; what is protected starts elsewhere; it is being switched off" + tried;
      if (power_of(state, host.id) != nullptr)
        return "lost and fenced; what is protected starts elsewhere; whether its power is off is not known";
      return "lost and fenced; what is protected starts elsewhere";
    case Outage::returning:
      if (work != state.fence_work.end()) return "back and clean; its fence is being lifted" + tried;
      return "back; it is cleaned of what it ran before it gets work again";
  }
  return "";
}

std::string power_problem(const State& state, const HostRecord& host) {
  const auto work = state.fence_work.find(host.id);
  if (work == state.fence_work.end() || work->second.kind != FenceOrder::Kind::switch_off) return "";
  return work->second.problem;
}

std::string left_alone_reason(const State& state, const HostRecord& host) {
  if (!state.options.fences || !silent(state, host)) return "";
  if (host.storage_addresses.empty())
    return "silent, and never left a sign of life in the storage: nobody knows what to fence";
  if (state.over_budget.contains(host.id))
    return fmt::format("silent together with {} others, more than the fence budget of {}: nothing is moved",
                       state.over_budget.size() + lately_lost(state) - 1, fence_budget(state));
  if (disarmed(state))
    return fmt::format("silent; nothing is moved before {}: {}",
                       to_string(state.tables.state().disarmed_until), state.tables.state().disarmed_reason);
  return "";
}

std::string storage_reason(const State& state, const HostRecord& host) {
  if (!state.options.fences || host.outage || host.storage_addresses.empty() || !reachable(state, host.id) ||
      !silent_in_storage(state, host.id))
    return "";
  return "the storage does not hear it: its guests wait for their volumes, and nothing is moved";
}

std::string_view to_string(Outage outage) {
  switch (outage) {
    case Outage::dead: return "dead";
    case Outage::fenced: return "fenced";
    case Outage::returning: return "returning";
  }
  return "";
}

}  // namespace causeway::scheduler
