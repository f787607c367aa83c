// SPDX-License-Identifier: Apache-2.0
#include "agent/core/core.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "agent/core/attempts.h"
#include "agent/core/flights.h"
#include "agent/core/lease.h"
#include "agent/core/limits.h"
#include "agent/core/looks.h"
#include "agent/core/reporter.h"
#include "agent/core/statuses.h"
#include "agent/reconcile/reconcile.h"
#include "common/model/fingerprint.h"
#include "common/model/wave.h"

namespace causeway::agent {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

// A guest that was asked to power off.
struct Asked {
  Instant first;  // its patience counts from here
  Instant last;
  bool answered = false;  // the hypervisor took the last asking
};

std::vector<ZoneId> zones_of(const HostSetup& setup) {
  std::vector<ZoneId> zones;
  for (const auto& zone : setup.zones) zones.push_back(zone.zone);
  return zones;
}

std::uint64_t nonce_of(const model::FromAgent& message) {
  if (const auto* report = std::get_if<model::Report>(&message)) return report->nonce;
  const auto* heartbeat = std::get_if<model::Heartbeat>(&message);
  return heartbeat == nullptr ? 0 : heartbeat->nonce;
}

}  // namespace

class Core::State {
 public:
  State(Options options, Saved saved, Instant now)
      : setup_(std::move(options.setup)),
        saved_(std::move(saved)),
        attempts_(options.seed),
        looks_(setup_, now),
        reporter_(setup_.host, std::move(options.facts), now),
        lease_(zones_of(setup_), saved_.lapsed, saved_.lease, now),
        began_(now),
        sweep_due_(now) {
    desired_.setup = setup_;
    if (saved_.assignment) {
      desired_ = desire(setup_, *saved_.assignment);
      holds_ = model::fingerprint(*saved_.assignment);
    }
  }

  Outcome step(std::span<const Input> inputs, Instant now);
  [[nodiscard]] const Saved& saved() const { return saved_; }
  [[nodiscard]] bool quiet() const { return quiet_; }

 private:
  // What came in.
  void take(const model::Assignment& assignment);
  void take(const model::Ack& ack);
  void take(const model::ConsoleRequest& request);
  void take(const model::ProbeRequest& request);
  void take(const Done& done);
  void take(const Underway& underway);
  void take_action(const Action& action, const Result<>& result);
  void take_look(const Work& look, const Became& became);
  void raise_epoch(Epoch epoch);

  // One pass.
  void set_the_moment();
  void keep_lease();
  void note_restarts();
  Asking asking_of(const DesiredWorkload& workload);
  bool note_finished(const std::vector<View>& views);
  [[nodiscard]] bool has_finished(const DesiredWorkload& workload) const;
  void dispatch(const std::vector<Action>& actions);
  void dispatch_lane(Lane lane, std::vector<const Action*> waiting);
  void dispatch_sweeps();
  void cancel_unwanted();
  void send(Lane lane, Work work);
  void report();
  [[nodiscard]] std::vector<model::Waiting> troubles() const;
  [[nodiscard]] std::optional<model::Waiting> queue_of(const Key& key) const;
  [[nodiscard]] Instant next_step() const;

  HostSetup setup_;
  Saved saved_;
  model::Fingerprint holds_;  // names the saved assignment
  Desired desired_;
  Observed observed_;
  Attempts attempts_;
  Looks looks_;
  Reporter reporter_;
  Lease lease_;
  std::map<WorkloadId, Asked> asked_;
  Flights flights_;
  const Instant began_;
  Instant sweep_due_;
  bool switch_seen_ = false;  // since it was last changed
  std::string refused_;       // an assignment of this epoch that can't be worked on, and why
  bool quiet_ = false;

  // The last judgement stands until something that it rests on has changed.
  Judgement judgement_;
  bool stale_ = true;

  // Of the step that is being made.
  Instant now_;
  Outcome outcome_;
  bool dirty_ = false;  // saved_ differs from what is durable
};

void Core::State::raise_epoch(Epoch epoch) {
  if (epoch <= saved_.epoch) return;
  saved_.epoch = epoch;
  // Whoever leads now says for itself whether what it assigns is older, and nothing if it is what is held.
  refused_.clear();
  dirty_ = true;
}

void Core::State::take(const model::Assignment& assignment) {
  if (assignment.host != setup_.host) {
    outcome_.notes.push_back(fmt::format("an assignment for host {} was refused", assignment.host.str()));
    return;
  }
  if (assignment.epoch < saved_.epoch) {
    outcome_.notes.push_back(fmt::format("an assignment of epoch {} was refused: epoch {} leads",
                                         assignment.epoch.value, saved_.epoch.value));
    return;
  }
  if (const auto& held = saved_.assignment) {
    if (assignment.generation < held->generation) {
      // Within an epoch this is a message that was overtaken. A new epoch that begins lower has lost state.
      if (assignment.epoch > held->epoch) {
        raise_epoch(assignment.epoch);
        refused_ = fmt::format(
            "an operator: the scheduler assigns generation {}, and {} is at work here; was its "
            "state restored from an older backup?",
            assignment.generation.value, held->generation.value);
      }
      return;
    }
  }
  raise_epoch(assignment.epoch);
  refused_.clear();
  holds_ = assignment.print.none() ? model::fingerprint(assignment) : assignment.print;
  // Said again, perhaps by whoever leads next: nothing is to be thought over, on ten thousand hosts at once.
  if (auto& held = saved_.assignment; held && held->generation == assignment.generation) {
    dirty_ = dirty_ || held->epoch != assignment.epoch;
    held->epoch = assignment.epoch;
    if (*held == assignment) return;
  }
  dirty_ = true;
  saved_.assignment = assignment;
  desired_ = desire(setup_, assignment);
  stale_ = true;
  // A removal that the scheduler doesn't ask for any more is forgotten: it knows of it.
  std::erase_if(saved_.finished, [&](const auto& entry) {
    const auto* workload = desired_.find(entry.first);
    return !workload || workload->wish == Wish::run || workload->wish == Wish::rest;
  });
  // Other hosts change the pool too: whether a volume of a workload that shall vanish is there is looked up
  // anew. To have finished an older generation may have meant to leave the volumes.
  const bool removes = std::ranges::any_of(desired_.workloads, [&](const DesiredWorkload& workload) {
    return workload.wish == Wish::vanish && !has_finished(workload);
  });
  if (removes) looks_.doubt(Lane::storage, now_);
  std::erase_if(saved_.restarts, [&](const auto& entry) { return !desired_.find(entry.first); });
  outcome_.notes.push_back(fmt::format("works on generation {} of epoch {}: {} workloads",
                                       assignment.generation.value, assignment.epoch.value,
                                       assignment.workloads.size()));
}

void Core::State::take(const model::Ack& ack) {
  if (ack.epoch < saved_.epoch) return;
  raise_epoch(ack.epoch);
  if (ack.want_report) reporter_.want_report(ack.nonce);
  lease_.acknowledged(ack.nonce, ack.lease);
}

void Core::State::take(const model::ConsoleRequest& request) {
  send(Lane::compute, ReadConsole{request.workload, request.max_bytes, request.request});
}

void Core::State::take(const model::ProbeRequest& request) { send(Lane::network, AskSwitch{request}); }

void Core::State::take(const Underway& underway) {
  const auto* flight = flights_.find(underway.id);
  if (!flight) return;
  if (const auto* action = std::get_if<Action>(&flight->order.work)) {
    attempts_.progress(key_of(*action), underway.progress);
  }
}

void Core::State::take(const Done& done) {
  const auto order = flights_.end(done.id);
  if (!order) return;
  if (const auto* action = std::get_if<Action>(&order->work)) {
    take_action(*action, std::get<Result<>>(done.became));
  } else if (const auto* console = std::get_if<ReadConsole>(&order->work)) {
    const auto& text = std::get<Result<std::string>>(done.became);
    outcome_.messages.emplace_back(text ? model::ConsoleReply{console->request, "", *text}
                                        : model::ConsoleReply{console->request, text.error().what, ""});
  } else if (const auto* ask = std::get_if<AskSwitch>(&order->work)) {
    const auto& passage = std::get<Result<Passage>>(done.became);
    const auto number = ask->question.request;
    outcome_.messages.emplace_back(passage ? model::ProbeReply{number, "", passage->passes, passage->says}
                                           : model::ProbeReply{number, passage.error().what, false, ""});
  } else if (const auto* sign = std::get_if<LeaveSign>(&order->work)) {
    lease_.end_sign(sign->zone, std::get<Result<>>(done.became), now_);
  } else if (const auto* sweep = std::get_if<Sweep>(&order->work)) {
    const auto& result = std::get<Result<>>(done.became);
    if (!result) {
      outcome_.notes.push_back(
          fmt::format("clearing up in zone {}: {}", sweep->zone.str(), result.error().what));
    }
  } else {
    take_look(order->work, done.became);
  }
}

void Core::State::take_action(const Action& action, const Result<>& result) {
  const auto key = key_of(action);
  const auto lane = lane_of(action);
  // Imports and volumes show in the same pools.
  const auto seen_by = lane == Lane::imports ? Lane::storage : lane;
  if (const auto* stop = std::get_if<Stop>(&action)) {
    // Asking is repeated on purpose, so its success is nothing that has to last.
    if (const auto asked = asked_.find(stop->workload); asked != asked_.end())
      asked->second.answered = result.has_value();
    if (result) attempts_.forget(key);
  } else if (result) {
    attempts_.succeed(key, now_);
  }
  if (result) {
    assume(observed_, action);
    stale_ = true;
    looks_.changed(seen_by);
    // What the hypervisor made of it (which process, since when) is seen, not known.
    if (seen_by == Lane::compute) looks_.want(Lane::compute, now_);
    if (seen_by == Lane::network) switch_seen_ = false;
    // What the new rules have cut is seen too.
    if (std::holds_alternative<Program>(action)) looks_.want(Lane::network, now_);
    return;
  }
  const auto& error = result.error();
  attempts_.fail(key, error, now_);
  if (error.code == Errc::busy) return;
  outcome_.notes.push_back(fmt::format("{}: {} ({})", to_string(action), error.what, to_string(error.code)));
  looks_.doubt(seen_by, now_);
}

void Core::State::take_look(const Work& look, const Became& became) {
  const auto settle = [&](auto& part, const auto& result, Lane lane) {
    const bool trusted = looks_.end(look, result.has_value(), now_);
    if (result && !trusted) return;
    if (result && !part.has_value()) {
      attempts_.hurry(lane, now_);
      if (lane == Lane::storage) attempts_.hurry(Lane::imports, now_);
    }
    if (!result && part.has_value()) {
      outcome_.notes.push_back(fmt::format("{}: {}", to_string(lane), result.error().what));
    }
    if (part == result) return;
    part = result;
    stale_ = true;
  };
  if (std::holds_alternative<LookAtCompute>(look)) {
    settle(observed_.compute, std::get<Result<ComputeObservation>>(became), Lane::compute);
  } else if (std::holds_alternative<LookAtNetwork>(look)) {
    const auto& seen = std::get<Result<SwitchState>>(became);
    settle(observed_.network, seen, Lane::network);
    switch_seen_ = seen && observed_.network == seen;
  } else {
    const auto& zone = std::get<LookAtPool>(look).zone;
    auto& pool = observed_.pools.try_emplace(zone, fail(Errc::unavailable, "the pool was not looked at yet"))
                     .first->second;
    settle(pool, std::get<Result<ObservedPool>>(became), Lane::storage);
  }
}

// What converge can't know: the restarts that are carried out, the guests that were asked, the removals that
// are done.
void Core::State::set_the_moment() {
  note_restarts();
  keep_lease();
  for (auto& workload : desired_.workloads) {
    const auto asking = std::exchange(workload.asking, asking_of(workload));
    const bool was_finished = workload.finished;
    workload.finished = has_finished(workload);
    stale_ = stale_ || workload.asking != asking || workload.finished != was_finished;
  }
}

// What is protected may run here as long as the lease lasts. That it is over is kept: an agent that starts
// anew has not heard from anybody either.
void Core::State::keep_lease() {
  const bool over = lease_.over(now_);
  if (over != saved_.lapsed) {
    outcome_.notes.push_back(
        over ? "the lease is over: no scheduler and no storage answers; what is protected "
               "is stopped"
             : "the lease was renewed");
  }
  dirty_ = dirty_ || over != saved_.lapsed || lease_.length() != saved_.lease;
  saved_.lapsed = over;
  saved_.lease = lease_.length();
  for (auto& workload : desired_.workloads) {
    const bool barred = over && workload.is_protected;
    stale_ = stale_ || workload.barred != barred;
    workload.barred = barred;
  }
}

void Core::State::note_restarts() {
  for (auto& workload : desired_.workloads) {
    const auto [known, first_seen] = saved_.restarts.try_emplace(workload.id, workload.restart);
    if (first_seen) dirty_ = true;
    const bool was_ending = std::exchange(workload.ending, false);
    stale_ = stale_ || was_ending;
    if (known->second >= workload.restart || !workload.refused.empty()) continue;
    if (workload.wish == Wish::run && !observed_.compute) continue;
    const bool ended = !has_process(observed_.workload(workload.id)) &&
                       !attempts_.under_way({Key::Kind::domain, workload.id.str()});
    if (workload.wish != Wish::run || ended) {
      known->second = workload.restart;
      dirty_ = true;
    } else {
      workload.ending = true;
      stale_ = true;
    }
  }
}

Asking Core::State::asking_of(const DesiredWorkload& workload) {
  const auto asked = asked_.find(workload.id);
  if (asked == asked_.end()) return Asking::not_yet;
  const bool ends = workload.ending || workload.wish != Wish::run;
  if (!ends || (observed_.compute && !has_process(observed_.workload(workload.id)))) {
    asked_.erase(asked);
    return Asking::not_yet;
  }
  const bool goes = workload.wish == Wish::leave || workload.wish == Wish::vanish;
  if (now_ - asked->second.first >= (goes ? kRemovePatience : kStopPatience)) return Asking::overdue;
  const bool asked_lately = asked->second.answered && now_ - asked->second.last < kAskAgain;
  return asked_lately ? Asking::asked : Asking::not_yet;
}

bool Core::State::has_finished(const DesiredWorkload& workload) const {
  if (workload.wish != Wish::leave && workload.wish != Wish::vanish) return false;
  const auto finished = saved_.finished.find(workload.id);
  return finished != saved_.finished.end() && finished->second >= workload.generation;
}

// What is under way, or in doubt, may still bring something of the workload into being.
bool Core::State::note_finished(const std::vector<View>& views) {
  bool any = false;
  for (std::size_t i = 0; i < views.size(); ++i) {
    auto& workload = desired_.workloads[i];
    if (views[i].phase != model::Phase::absent || workload.finished) continue;
    if (flights_.concerns(workload.id) || !looks_.sure(workload.wish == Wish::vanish)) continue;
    workload.finished = true;
    saved_.finished[workload.id] = workload.generation;
    if (workload.wish == Wish::vanish) sweep_due_ = std::min(sweep_due_, now_ + kSweepSoon);
    any = dirty_ = true;
  }
  return any;
}

void Core::State::send(Lane lane, Work work) {
  outcome_.orders.push_back(flights_.begin(lane, std::move(work), now_));
}

void Core::State::dispatch(const std::vector<Action>& actions) {
  std::array<std::vector<const Action*>, kLanes> waiting;
  for (const auto& action : actions) {
    if (attempts_.may_try(key_of(action), action, now_)) {
      waiting[static_cast<std::size_t>(lane_of(action))].push_back(&action);
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    dispatch_lane(static_cast<Lane>(lane), std::move(waiting[lane]));
  dispatch_sweeps();
  while (flights_.room(Lane::liveness)) {
    const auto zone = lease_.begin_sign(now_);
    if (!zone) break;
    send(Lane::liveness, LeaveSign{*zone, static_cast<std::uint64_t>(now_.time_since_epoch().count())});
  }
}

// Ports are made one after the other, and rules that name them are programmed as a whole. Programming after
// each port would cost the square of their number, programming after the last lets the first one wait: so it
// is done whenever the ports that it opens are a fourth of those that are open.
bool programs_first(const Action& action, const Observed& observed) {
  const auto* program = std::get_if<Program>(&action);
  if (!program) return false;
  const auto closed = std::ranges::count_if(program->policy.ports, [&](const PortWiring& wiring) {
    const auto* port = observed.port(wiring.port);
    return port && !port->open;
  });
  const auto open = std::ssize(program->policy.ports) - closed;
  return closed == 0 || closed * 4 >= open;
}

void Core::State::dispatch_lane(Lane lane, std::vector<const Action*> waiting) {
  std::ranges::stable_partition(waiting,
                                [&](const Action* action) { return programs_first(*action, observed_); });
  std::size_t taken = 0;
  while (flights_.room(lane)) {
    const bool work_waits = taken < waiting.size();
    if (auto look = looks_.begin(lane, work_waits, now_)) {
      send(lane, std::move(*look));
      continue;
    }
    if (!work_waits) return;
    const Action& action = *waiting[taken++];
    const auto key = key_of(action);
    if (attempts_.under_way(key)) continue;
    attempts_.begin(key, action, now_);
    if (const auto* stop = std::get_if<Stop>(&action)) {
      auto& asked = asked_.try_emplace(stop->workload, Asked{now_, now_, false}).first->second;
      asked.last = now_;
      asked.answered = false;
    }
    send(lane, action);
  }
}

void Core::State::dispatch_sweeps() {
  if (now_ < sweep_due_ || !flights_.room(Lane::imports)) return;
  for (const auto& zone : setup_.zones) send(Lane::imports, Sweep{zone.zone});
  sweep_due_ = now_ + kSweepInterval;
}

// A copy of a disk that nobody wants any more would keep its lane for hours.
void Core::State::cancel_unwanted() {
  for (const auto& [id, flight] : flights_.all()) {
    const auto* action = std::get_if<Action>(&flight.order.work);
    const auto* ensure = action ? std::get_if<EnsureVolume>(action) : nullptr;
    if (!ensure) continue;
    const auto* workload = desired_.find(model::workload_of(ensure->volume.volume));
    const bool stays = workload && (workload->wish == Wish::run || workload->wish == Wish::rest);
    if (!stays) outcome_.cancels.push_back(id);
  }
}

std::optional<model::Waiting> Core::State::queue_of(const Key& key) const {
  const auto* attempt = attempts_.find(key);
  if (attempt && attempt->under_way) return std::nullopt;
  return flights_.ahead_of(key, now_);
}

std::vector<model::Waiting> Core::State::troubles() const {
  std::vector<model::Waiting> found;
  const auto add = [&](std::string on) { found.push_back({std::move(on), now_}); };
  if (!refused_.empty()) add(refused_);
  if (!lease_.problem().empty()) add(fmt::format("signs of life: {}", lease_.problem()));
  const auto look = [&](Lane lane, const auto& part) {
    if (!part) add(fmt::format("{}: {}", to_string(lane), part.error().what));
  };
  look(Lane::compute, observed_.compute);
  look(Lane::network, observed_.network);
  for (const auto& zone : setup_.zones) {
    const auto pool = observed_.pools.find(zone.zone);
    if (pool != observed_.pools.end()) look(Lane::storage, pool->second);
    // A zone's own things are shared by its workloads, and their failures concern the host as a whole.
    for (const auto kind : {Key::Kind::bridge, Key::Kind::policy}) {
      const auto* attempt = attempts_.find({kind, zone.zone.str()});
      if (attempt && attempt->error)
        add(fmt::format("{}: {}", to_string(attempt->action), attempt->error->what));
    }
  }
  for (const auto& [id, flight] : flights_.all()) {
    if (flight.order.lane == Lane::imports || now_ - flight.since < kHungAfter) continue;
    add(fmt::format("{} has not come back to an order", to_string(flight.order.lane)));
  }
  return found;
}

void Core::State::report() {
  std::vector<model::WorkloadStatus> statuses;
  statuses.reserve(judgement_.views.size());
  const Queue queue = [this](const Key& key) { return queue_of(key); };
  for (std::size_t i = 0; i < judgement_.views.size(); ++i) {
    const auto& workload = desired_.workloads[i];
    auto status =
        status_of(workload, judgement_.views[i], attempts_, queue, reporter_.status(workload.id), now_);
    status.restart = saved_.restarts[workload.id];
    if (const auto* seen = observed_.workload(workload.id)) status.cpus = seen->cpus;
    if (status.phase == model::Phase::absent && !workload.finished) {
      status.phase = model::Phase::removing;
      status.waiting = model::Waiting{"what was begun for it to come to its end", now_};
    }
    statuses.push_back(std::move(status));
  }
  if (observed_.compute) reporter_.found(nodes_of(observed_.compute->host));
  reporter_.update(std::move(statuses), judgement_.foreign, troubles(), now_);
  const bool programs = std::ranges::any_of(
      judgement_.actions, [](const Action& action) { return std::holds_alternative<Program>(action); });
  if (desired_.assigned && switch_seen_ && observed_.network && !observed_.network->counts_cuts && !programs)
    reporter_.set_enforced(desired_.generation, observed_.network->cuts);
  const auto applied = saved_.assignment ? saved_.assignment->generation : Generation{};
  // A new core says nothing before it has seen what runs, so that nobody takes its ignorance for a change.
  if (!looks_.each_was_taken() && now_ - began_ < kFirstLookPatience) return;
  if (auto message = reporter_.next(saved_.epoch, applied, holds_, now_)) {
    lease_.said(nonce_of(*message), now_);
    outcome_.messages.push_back(std::move(*message));
  }
}

// What is due already waits for a worker or a look, and their answers make a step by themselves.
Instant Core::State::next_step() const {
  Instant next = now_ + kHeartbeatInterval;
  const auto sooner = [&](Instant at) {
    if (at > now_) next = std::min(next, at);
  };
  sooner(reporter_.next_due());
  sooner(sweep_due_);
  sooner(looks_.next());
  sooner(lease_.next(now_));
  if (looks_.next() <= now_) sooner(now_ + kLookGap);
  if (!looks_.each_was_taken()) sooner(began_ + kFirstLookPatience);
  if (const auto retry = attempts_.next(now_)) sooner(*retry);
  for (const auto& [id, asked] : asked_) {
    sooner(asked.last + kAskAgain);
    sooner(asked.first + kRemovePatience);
    sooner(asked.first + kStopPatience);
  }
  if (!flights_.all().empty()) sooner(now_ + kWaitsItsTurn);
  return next;
}

Outcome Core::State::step(std::span<const Input> inputs, Instant now) {
  now_ = now;
  outcome_ = Outcome{};
  for (const auto& input : inputs) {
    std::visit(Overloaded{[this](const model::ToAgent& message) {
                            std::visit([this](const auto& m) { take(m); }, message);
                          },
                          [this](const Done& done) { take(done); },
                          [this](const Underway& underway) { take(underway); },
                          [this](const Probe& probe) { outcome_.probed = probe.nonce; },
                          [this](const Connected&) { reporter_.greet(); },
                          [this](const Woken& woken) { looks_.want(woken.lane, now_); }},
               input);
  }
  attempts_.prune(now_);
  set_the_moment();
  const bool changed = std::exchange(stale_, false);
  if (changed) judgement_ = judge(desired_, observed_);
  if (note_finished(judgement_.views)) judgement_ = judge(desired_, observed_);
  dispatch(judgement_.actions);
  cancel_unwanted();
  report();
  outcome_.save = std::exchange(dirty_, false);
  quiet_ = judgement_.actions.empty() && !flights_.acting() && asked_.empty() && looks_.each_was_taken() &&
           looks_.sure(true);
  outcome_.next_step = next_step();
  return std::move(outcome_);
}

Core::Core(Options options, Saved saved, Instant now)
    : state_(std::make_unique<State>(std::move(options), std::move(saved), now)) {}
Core::~Core() = default;
Core::Core(Core&&) noexcept = default;
Core& Core::operator=(Core&&) noexcept = default;

Outcome Core::step(std::span<const Input> inputs, Instant now) { return state_->step(inputs, now); }
const Saved& Core::saved() const { return state_->saved(); }
bool Core::quiet() const { return state_->quiet(); }

}  // namespace causeway::agent
