// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scheduler/core/access.h"
#include "scheduler/core/reach.h"
#include "scheduler/core/reach_outside.h"
#include "scheduler/core/requests.h"
#include "scheduler/core/rules.h"
#include "scheduler/core/table.h"

namespace causeway::scheduler {
namespace {

struct ProbeRow {
  const PendingReach& pending;
  std::string switches;  // "yes", "no", "not known"
  std::string seen;      // what each host said
  std::string verdict;   // "agree", "disagree", "not known"
};

// Why the host can't be asked; empty: it can.
std::string silent(const State& state, const HostId& host) {
  const auto session = state.sessions.find(host);
  if (session == state.sessions.end() || session->second.route.empty() || !reachable(state, host))
    return unreachable_reason(state, host);
  return "";
}

// Only what runs has an open port: of anything else a switch says nothing about the rules.
std::string not_running(const State& state, const model::Workload& workload) {
  const auto session = state.sessions.find(location(workload));
  if (session == state.sessions.end()) return "";
  const auto status = session->second.workloads.find(workload.id);
  const bool runs =
      status != session->second.workloads.end() && status->second.phase == model::Phase::running;
  return runs ? "" : fmt::format("{} does not run", workload.id);
}

model::ProbeEnd end_of(const State& state, const model::Workload& workload, const model::Port& port,
                       const model::IpAddress& address, const ZoneId& zone) {
  model::ProbeEnd end{model::port_id(workload.id, port.name), port.network, port.mac, address, {}};
  const auto* host = state.tables.host(location(workload));
  if (host == nullptr) return end;
  const auto underlay = host->underlays.find(zone);
  if (underlay != host->underlays.end()) end.underlay = underlay->second;
  return end;
}

void send_probe(State& state, PendingReach& pending, std::uint64_t number, const HostId& host,
                model::ProbeRequest request) {
  auto& leg = pending.legs.emplace_back(host, number, std::nullopt);
  if (auto why = silent(state, host); !why.empty()) {
    leg.reply = model::ProbeReply{number, std::move(why), false, ""};
    return;
  }
  request.request = number;
  state.messages.push_back({state.sessions.at(host).route, std::move(request)});
}

// Once its ends are known.
void put_question(model::ProbeRequest& probe, const Asked& asked) {
  const auto what = service_asked(asked, probe.to.address.v6);
  probe.protocol = rule_protocol(what.protocol);
  probe.port = what.first;
}

model::Listing listing_of(const PendingReach& pending) {
  ProbeRow row{pending, "yes", "", ""};
  bool known = !pending.legs.empty();
  bool passes = known;
  for (const auto& leg : pending.legs) {
    const bool heard = leg.reply && leg.reply->error.empty();
    known = known && heard;
    passes = passes && heard && leg.reply->passes;
    row.seen += fmt::format("{}{}: {}", row.seen.empty() ? "" : "; ", leg.host,
                            heard       ? leg.reply->says
                            : leg.reply ? leg.reply->error
                                        : "did not answer in time");
  }
  // One host that lets nothing pass is enough to know.
  const bool stopped = std::ranges::any_of(pending.legs, [](const PendingReach::Leg& leg) {
    return leg.reply && leg.reply->error.empty() && !leg.reply->passes;
  });
  if (pending.legs.empty()) row.seen = pending.not_asked;
  row.switches = stopped ? "no" : known ? "yes" : "not known";
  // Where no network leads, there is nothing that a switch could let pass.
  if (pending.legs.empty() && !pending.policy && pending.no_way) row.switches = "no";
  row.verdict = row.switches == "not known"                 ? "not known"
                : (row.switches == "yes") == pending.policy ? "agree"
                                                            : "disagree";
  using Row = ProbeRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("from", "FROM"), [](const Row& one) { return one.pending.from.str(); }},
      {plain("to", "TO"), [](const Row& one) { return one.pending.to.str(); }},
      {plain("what", "WHAT"), [](const Row& one) { return one.pending.what; }},
      {plain("policy", "POLICY"), [](const Row& one) { return one.pending.policy ? "yes" : "no"; }},
      {plain("switches", "SWITCHES"), [](const Row& one) { return one.switches; }},
      {plain("verdict", "VERDICT"), [](const Row& one) { return one.verdict; }},
      {plain("why", "WHY"), [](const Row& one) { return one.pending.why; }},
      {plain("seen", "SEEN"), [](const Row& one) { return one.seen; }},
      {plain("next", "NEXT"), [](const Row& one) { return one.pending.next; }},
  };
  return list("reach", kColumns, std::vector<Row>{row});
}

bool complete(const PendingReach& pending) {
  return std::ranges::all_of(pending.legs,
                             [](const PendingReach::Leg& leg) { return leg.reply.has_value(); });
}

// Between a workload and what is outside: only the workload's host knows of it.
std::optional<model::ResponseBody> ask_outside(State& state, const model::Workload& workload,
                                               const Outside& outside, bool outward, const Asked& asked,
                                               PendingReach pending) {
  const auto reach = reach_outside(state.tables, workload, outside, outward, asked);
  pending.policy = reach.reaches;
  pending.no_way = !reach.way;
  pending.why = reach.why;
  pending.next = reach.next;
  pending.not_asked = reach.way ? not_running(state, workload) : "no network leads there";
  if (!pending.not_asked.empty()) return listing_of(pending);

  model::ProbeRequest probe;
  probe.zone = state.tables.networks().at(reach.way->port->network).spec.zone;
  const auto inside = end_of(state, workload, *reach.way->port, reach.way->inside, probe.zone);
  const model::ProbeEnd there{PortId(), NetworkId(), reach.way->router, reach.way->outside, {}};
  probe.from = outward ? inside : there;
  probe.to = outward ? there : inside;
  put_question(probe, asked);
  probe.arriving = !outward;
  send_probe(state, pending, state.next_probe++, location(workload), probe);
  if (complete(pending)) return listing_of(pending);
  state.reaches.push_back(std::move(pending));
  return std::nullopt;
}

}  // namespace

std::optional<model::ResponseBody> ask_reach(State& state, const Actor& actor, const std::string& route,
                                             std::uint64_t request_id, const model::ReachRequest& request) {
  const auto asked = read_asked(request.what);
  if (!asked)
    return refused(Errc::invalid, fmt::format("'{}' is no question; write {}", request.what, kAskedForms));
  const auto* from = state.tables.workload(request.from);
  const auto* to = state.tables.workload(request.to);
  const auto outside = find_outside(state.tables, (from == nullptr ? request.from : request.to).str());
  if ((from == nullptr) != (to == nullptr) && outside) {
    const auto& workload = from == nullptr ? *to : *from;
    if (!sees(actor, model::department_of(workload.id.str())))
      return refused(Errc::denied, fmt::format("{} is not of this key's department", workload.id));
    if (state.reaches.size() >= kReachesMax)
      return refused(Errc::busy,
                     fmt::format("{} such questions are being answered; try again", state.reaches.size()));
    PendingReach pending{};
    pending.route = route;
    pending.request_id = request_id;
    pending.deadline = state.now + state.options.console_deadline;
    pending.from = request.from;
    pending.to = request.to;
    pending.what = asked->text;
    return ask_outside(state, workload, *outside, from != nullptr, *asked, std::move(pending));
  }
  if (from == nullptr || to == nullptr) {
    const auto& missing = (from == nullptr ? request.from : request.to).str();
    if (missing.starts_with(std::string(model::kOutsideDepartment) + "/"))
      return not_found("system", missing, systems_outside(state.tables));
    std::vector<std::string> names;
    for (const auto& [id, record] : state.tables.workloads()) names.push_back(id.str());
    return not_found("workload", missing, names);
  }
  if (from == to) return refused(Errc::invalid, "a workload reaches itself without any network");
  if (!sees(actor, model::department_of(from->id.str())) && !sees(actor, model::department_of(to->id.str())))
    return refused(Errc::denied, "neither of them is of this key's department");
  if (state.reaches.size() >= kReachesMax)
    return refused(Errc::busy,
                   fmt::format("{} such questions are being answered; try again", state.reaches.size()));
  const auto reach = reach_by_policy(state.tables, *from, *to, *asked);
  PendingReach pending{route,         request_id, state.now + state.options.console_deadline,
                       from->id,      to->id,     asked->text,
                       reach.reaches, !reach.way, reach.why,
                       reach.next,    "",         {}};
  for (const auto* workload : {from, to})
    if (pending.not_asked.empty()) pending.not_asked = not_running(state, *workload);
  if (!reach.way) pending.not_asked = "no network leads there";
  if (!pending.not_asked.empty()) return listing_of(pending);

  model::ProbeRequest probe;
  probe.zone = reach.zone;
  probe.from = end_of(state, *from, *reach.way->from, reach.way->source, reach.zone);
  probe.to = end_of(state, *to, *reach.way->to, reach.way->target, reach.zone);
  put_question(probe, *asked);
  send_probe(state, pending, state.next_probe++, location(*from), probe);
  probe.arriving = true;
  if (location(*from) != location(*to)) send_probe(state, pending, state.next_probe++, location(*to), probe);
  if (complete(pending)) return listing_of(pending);
  state.reaches.push_back(std::move(pending));
  return std::nullopt;
}

void take_probe(State& state, const HostId& host, const model::ProbeReply& reply) {
  for (auto pending = state.reaches.begin(); pending != state.reaches.end(); ++pending) {
    const auto leg = std::ranges::find(pending->legs, reply.request, &PendingReach::Leg::number);
    if (leg == pending->legs.end()) continue;
    // Another host's answer, or a repeated one.
    if (leg->host != host || leg->reply) return;
    leg->reply = reply;
    if (!complete(*pending)) return;
    state.replies.push_back({pending->route, {pending->request_id, listing_of(*pending)}});
    state.reaches.erase(pending);
    return;
  }
}

void expire_probes(State& state) {
  std::erase_if(state.reaches, [&](const PendingReach& pending) {
    if (pending.deadline > state.now) return false;
    state.replies.push_back({pending.route, {pending.request_id, listing_of(pending)}});
    return true;
  });
}

}  // namespace causeway::scheduler
