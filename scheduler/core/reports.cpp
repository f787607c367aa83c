// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/reports.h"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/core/ahead.h"
#include "scheduler/core/assignments.h"
#include "scheduler/core/grants.h"
#include "scheduler/core/requests.h"

namespace causeway::scheduler {
namespace {

Session& hear(State& state, const HostId& host, const std::string& route) {
  const auto [entry, first] = state.sessions.try_emplace(host);
  auto& session = entry->second;
  if (first || session.lost) state.placing.touch(host);
  state.hearings.emplace_back(state.now, host);
  state.behind.insert(host);
  // A new connection is told its assignment without waiting for the next repetition.
  if (session.route != route) session.sent_any = false;
  session.route = route;
  session.heard = state.now;
  if (std::exchange(session.lost, false))
    state.event("scheduler", "back", fmt::format("host/{}", host), "reports again");
  return session;
}

void acknowledge(State& state, const HostId& host, const Session& session, std::uint64_t nonce,
                 bool want_report) {
  model::Ack ack;
  ack.epoch = state.tables.state().epoch;
  // A lost host's lease is not prolonged: what it ran may run elsewhere, and its newest assignment may still
  // be on its way to it.
  ack.nonce = state.tables.host(host)->outage ? 0 : nonce;
  ack.want_report = want_report;
  // A scheduler that fences nobody starts nothing elsewhere, so nobody has to stop anything for it.
  ack.lease = state.options.fences ? state.options.lease : Duration{};
  state.messages.push_back({session.route, ack});
}

// Tunnel ends are durable: other hosts are told of them while this one is away. So are uplinks, on which
// plans rest.
void note_ends(State& state, const HostId& host, const model::HostFacts& facts) {
  const auto& standing = *state.tables.host(host);
  auto underlays = standing.underlays;
  std::set<ZoneId> uplinks;
  const auto spec = state.tables.site().hosts.find(host);
  for (const auto& zone : facts.zones) {
    const bool served = spec != state.tables.site().hosts.end() && spec->second.zones.contains(zone.zone);
    const auto* other = state.tables.host_of_underlay(zone.zone, zone.underlay);
    const bool taken = other != nullptr && *other != host;
    if (served && !taken) underlays[zone.zone] = zone.underlay;
    if (served && zone.uplink) uplinks.insert(zone.zone);
  }
  const bool rests = uplinks != standing.uplinks;
  if (underlays == standing.underlays && !rests) return;
  auto record = standing;
  record.underlays = std::move(underlays);
  record.uplinks = std::move(uplinks);
  state.tables.put(std::move(record), rests ? Basis::moved : Basis::kept);
}

// What a person wants to find in the log: a workload that came up, went down or failed.
void note_transition(State& state, const HostId& host, model::Phase before,
                     const model::WorkloadStatus& now) {
  if (before == now.phase) return;
  const auto actor = fmt::format("host/{}", host);
  const auto subject = fmt::format("workload/{}", now.id);
  if (now.phase == model::Phase::running)
    state.event(actor, "started", subject, fmt::format("runs on {}", host));
  if (now.phase == model::Phase::stopped && before != model::Phase::pending)
    state.event(actor, "stopped", subject, fmt::format("stopped on {}", host));
  if (now.phase == model::Phase::failed)
    state.event(actor, "failed", subject, now.waiting ? now.waiting->on : fmt::format("failed on {}", host));
}

// The first report of this scheduler's time tells nothing new, for what it says happened before: but of what
// this scheduler has asked for since. A host may have carried that out before it is heard whole.
bool was_asked(const State& state, const WorkloadId& id) {
  const auto* standing = state.tables.workload(id);
  return standing != nullptr && standing->changed >= state.started;
}

// The host has reported, about the very assignment that it has now and that asks for it, that the workload is
// gone. A report that was delayed or repeated speaks of an older generation and proves nothing.
void note_absence(State& state, const HostId& host, const WorkloadId& id) {
  const auto* standing = state.tables.workload(id);
  if (standing == nullptr || location(*standing) != host) return;
  if (standing->deleting) {
    forget(state, id, fmt::format("host/{}", host));
  } else if (standing->leaving == host) {
    auto workload = *standing;
    workload.leaving = HostId();
    workload.changed = state.now;
    workload.generation = workload.generation.next();
    state.event("scheduler", "moved", fmt::format("workload/{}", id),
                fmt::format("left {}, starts on {}", host, workload.host));
    state.tables.put(std::move(workload), Basis::moved);
  }
}

}  // namespace

void take_report(State& state, const HostId& host, const std::string& route, const model::Report& report) {
  auto& session = hear(state, host, route);
  session.epoch = report.epoch;
  session.applied = report.applied;
  session.holds = report.holds;
  session.held = {report.epoch, report.applied, report.revision};
  session.facts = report.facts;
  session.foreign = report.foreign;
  session.troubles = report.troubles;
  acknowledge(state, host, session, report.nonce, false);
  note_ends(state, host, report.facts);

  std::map<WorkloadId, model::WorkloadStatus> statuses;
  for (const auto& status : report.workloads) {
    const auto before = session.workloads.find(status.id);
    if (before != session.workloads.end())
      note_transition(state, host, before->second.phase, status);
    else if (session.reported || was_asked(state, status.id))
      note_transition(state, host, model::Phase::pending, status);
    statuses.emplace(status.id, status);
  }
  session.workloads = std::move(statuses);
  session.reported = true;

  session.clean = false;
  note_ahead(state, host);
  // The same number under newer records was another assignment.
  if (is_ahead(state, host) || !speaks_of_now(state, host, session)) return;
  const auto& assignment = state.assignments.at(host);
  note_enforced(state, host, report);
  const bool is_lost = state.tables.host(host)->outage.has_value();
  if (is_lost) {
    session.clean = std::ranges::all_of(assignment.workloads, [&](const auto& assigned) {
      const auto status = session.workloads.find(assigned.id);
      return status != session.workloads.end() && status->second.phase == model::Phase::absent;
    });
    return;
  }
  std::vector<WorkloadId> gone;
  for (const auto& assigned : assignment.workloads) {
    const auto status = session.workloads.find(assigned.id);
    if (assigned.shall_be_absent && status != session.workloads.end() &&
        status->second.phase == model::Phase::absent)
      gone.push_back(assigned.id);
  }
  for (const auto& id : gone) note_absence(state, host, id);
}

void take_heartbeat(State& state, const HostId& host, const std::string& route,
                    const model::Heartbeat& heartbeat) {
  auto& session = hear(state, host, route);
  session.epoch = heartbeat.epoch;
  session.applied = heartbeat.applied;
  session.holds = heartbeat.holds;
  note_ahead(state, host);
  acknowledge(state, host, session, heartbeat.nonce,
              !session.reported ||
                  session.held != Session::Subject{heartbeat.epoch, heartbeat.applied, heartbeat.revision});
}

void watch_hosts(State& state) {
  // Who was heard again since has a newer entry further behind.
  while (!state.hearings.empty() &&
         state.now - state.hearings.front().first > state.options.unreachable_after) {
    const auto host = std::move(state.hearings.front().second);
    state.hearings.pop_front();
    const auto found = state.sessions.find(host);
    if (found == state.sessions.end() || found->second.lost || reachable(state, host)) continue;
    found->second.lost = true;
    state.placing.touch(host);
    state.event(
        "scheduler", "lost", fmt::format("host/{}", host),
        fmt::format("not heard since {}; what runs there is left alone", to_string(found->second.heard)));
  }
}

}  // namespace causeway::scheduler
