// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scheduler_node.h"

#include <fmt/format.h>

#include <utility>

#include "common/core/host_pattern.h"
#include "common/wire/codec.h"
#include "scheduler/fence/carry_out.h"
#include "tests/simulation/wide_rules.h"

namespace causeway::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kEventsLoaded = 100;
constexpr int kTicksBetweenChecks = 25;
const std::string kInside = "inside";  // the route of what the world itself asks

}  // namespace

SchedulerNode::SchedulerNode(Timeline& timeline, Random& random, Network& network, Record& record,
                             const SchedulerFaults& faults, scheduler::Options options,
                             std::shared_ptr<agent::SimulatedCluster> storage, Planted planted)
    : timeline_(timeline),
      random_(random),
      network_(network),
      record_(record),
      faults_(faults),
      options_(std::move(options)),
      fence_(std::move(storage), HostId("s1")),
      planted_(planted) {
  if (planted_ == Bug::no_fence_budget) options_.fence_budget_percent = 100;
}

void SchedulerNode::start() {
  if (core_) return;
  ++life_;
  record_.note("s1", "scheduler starts");
  store_ = std::make_unique<store::MemoryStore>(disk_);
  auto records = store_->load(kEventsLoaded);
  if (!records) return record_.broken("the store can't be read: " + records.error().what);
  const auto before = std::exchange(durable_, {});
  for (const auto& record : *records) {
    if (!std::holds_alternative<model::EventRecord>(record)) durable_.emplace(model::key_of(record), record);
  }
  if (!in_doubt_ && before != durable_) record_.broken("what was committed is not what is there");
  in_doubt_ = false;
  for (auto& record : *records) {
    auto* host = std::get_if<model::HostRecord>(&record);
    if (host != nullptr && planted_ == Bug::fence_forgotten) host->outage.reset();
    if (host != nullptr && planted_ == Bug::loss_forgotten) host->lost.clear();
  }
  core_ = std::make_unique<scheduler::Core>(std::move(*records), options_);
  network_.attach("s1", [this](const std::string& from, const std::string& bytes) { receive(from, bytes); });
  if (!step({scheduler::Tick{}})) return;
  if (core_->epoch() <= epoch_) record_.broken("a new scheduler begins no new epoch");
  epoch_ = core_->epoch();
  tick();
  look();
}

void SchedulerNode::kill() {
  if (!core_) return;
  record_.note("s1", "scheduler is killed");
  network_.detach("s1");
  for (const auto& [id, order] : begun_) {
    if (random_.chance(0.5)) static_cast<void>(carry_out(order));
  }
  begun_.clear();
  core_.reset();
}

void SchedulerNode::restore() {
  kill();
  record_.note("s1", "an older state is restored");
  *disk_ = backup_;
  store_ = std::make_unique<store::MemoryStore>(disk_);
  auto records = store_->load(kEventsLoaded);
  if (!records) return record_.broken("the backup can't be read: " + records.error().what);
  for (auto& record : *records) {
    auto* state = std::get_if<model::StateRecord>(&record);
    if (state == nullptr) continue;
    state->epoch = Epoch{state->epoch.value + 1'000'000};
    const std::vector<model::Change> changes{*state};
    if (const auto counted = store_->commit(changes); !counted) record_.broken(counted.error().what);
  }
  in_doubt_ = true;  // other records than the newest are right
}

void SchedulerNode::suspend() {
  if (!core_) return;
  record_.note("s1", "scheduler stands still");
  asleep_.push_back(std::move(core_));
  network_.detach("s1");
  begun_.clear();
}

void SchedulerNode::wake() {
  for (auto& core : std::exchange(asleep_, {})) {
    record_.note("s1", "an old scheduler wakes up");
    for (int i = 0; i < 10; ++i) {
      auto outcome = core->step(std::vector<scheduler::Input>{scheduler::Tick{}}, timeline_.now());
      // The store is another one's by now: the first commit fails, and the process ends over it.
      if (!outcome.changes.empty()) break;
      if (!outcome.fences.empty()) record_.broken("a scheduler that no longer leads fences a host");
      for (const auto& sent : outcome.messages) network_.send("s1", sent.route, wire::encode(sent.message));
    }
  }
}

void SchedulerNode::look() {
  timeline_.after(scheduler::kLookInterval, [this, life = life_] {
    if (life != life_ || !core_) return;
    // What was seen arrives later, and may be old by then.
    auto seen = fence_.look(core_->watched());
    if (seen && planted_ == Bug::blind_to_storage)
      for (auto& sign : seen->signs) sign.count = 1;
    std::map<HostId, Instant> signed_by_then;
    if (last_sign_)
      for (const auto& [host, pools] : core_->watched()) signed_by_then[host] = last_sign_(host);
    timeline_.after(random_.between(5ms, 200ms),
                    [this, life, seen = std::move(seen), signed_by_then = std::move(signed_by_then)] {
                      if (life != life_ || !core_) return;
                      if (seen) signed_ = signed_by_then;
                      if (step({scheduler::StorageLook{seen}})) look();
                    });
  });
}

Result<> SchedulerNode::carry_out(const scheduler::FenceOrder& order) {
  if (order.kind == scheduler::FenceOrder::Kind::switch_off) {
    record_.note("s1", fmt::format("switches {} off", order.host.str()));
    return fence::switch_off_and_prove(power_, order.host);
  }
  const bool raises = order.kind == scheduler::FenceOrder::Kind::raise;
  record_.note("s1", fmt::format("{} fence of {}", raises ? "raises" : "lifts", order.host.str()));
  if (raises && planted_ == Bug::start_before_fence) return {};
  return raises ? fence::raise_and_prove(fence_, order.addresses, order.images)
                : fence_.lift(order.addresses);
}

// The orders of one host are carried out one after the other.
void SchedulerNode::begin(const scheduler::FenceOrder& order) {
  const bool fails = random_.chance(faults_.fence_fails);
  const bool loses = random_.chance(faults_.fence_lost);
  const auto takes =
      random_.chance(faults_.fence_slow) ? random_.between(1s, 60s) : random_.between(20ms, 500ms);
  auto& free = fence_free_[order.host];
  free = std::max(free, timeline_.now()) + takes;
  begun_.emplace(order.id, order);
  timeline_.at(free, [this, life = life_, order, fails, loses] {
    if (life != life_ || !core_ || begun_.erase(order.id) == 0) return;
    const auto became = fails ? Result<>(fail(Errc::unavailable, "simulated fault")) : carry_out(order);
    if (!loses) step({scheduler::FenceDone{order.id, became}});
  });
}

void SchedulerNode::tick() {
  timeline_.after(scheduler::kTickInterval, [this, life = life_] {
    if (life != life_ || !core_ || !step({scheduler::Tick{}})) return;
    // What is kept between steps is what the records say.
    if (++ticks_ % kTicksBetweenChecks == 0)
      if (const auto difference = core_->difference_from_records(); !difference.empty())
        record_.broken("placement's kept snapshot differs from the records: " + difference);
    tick();
  });
}

void SchedulerNode::receive(const std::string& from, const std::string& bytes) {
  auto message = wire::decode(bytes);
  if (!message) return record_.broken("a scheduler was sent what can't be decoded: " + message.error().what);
  auto key = keys_[Network::peer_of(from)];
  if (const auto* said = std::get_if<model::FromAgent>(&*message)) {
    const auto* report = std::get_if<model::Report>(said);
    if (report != nullptr && planted_ == Bug::identity_by_claim) key = keys_[report->host.str()];
    if (report == nullptr || report->host.str() == Network::peer_of(from))
      heard_[HostId(Network::peer_of(from))] = timeline_.now();
  }
  if (auto* request = std::get_if<model::Request>(&*message)) {
    step({scheduler::Message{key, from, std::move(*request)}});
  } else if (auto* said = std::get_if<model::FromAgent>(&*message)) {
    step({scheduler::Message{key, from, std::move(*said)}});
  }
}

std::optional<model::ResponseBody> SchedulerNode::ask(model::RequestBody body) {
  if (!core_) return std::nullopt;
  answer_.reset();
  const auto id = (std::uint64_t{1} << 62) + ++asked_;
  step({scheduler::Message{options_.operators.begin()->second, kInside,
                           model::Request{id, "asked", std::move(body)}}});
  return std::exchange(answer_, std::nullopt);
}

bool SchedulerNode::step(std::vector<scheduler::Input> inputs) {
  auto outcome = core_->step(inputs, timeline_.now());
  if (planted_ == Bug::answer_before_commit)
    for (const auto& reply : outcome.replies) network_.send("s1", reply.route, wire::encode(reply.response));
  if (!commit(outcome.changes)) return false;
  if (!outcome.changes.empty() && random_.chance(faults_.mute)) {
    kill();
    timeline_.after(1s, [this] { start(); });
    return false;
  }
  for (auto& reply : outcome.replies) {
    if (reply.route == kInside) {
      answer_ = std::move(reply.response.body);
    } else {
      network_.send("s1", reply.route, wire::encode(reply.response));
    }
  }
  for (const auto& order : outcome.fences) begin(order);
  for (auto& sent : outcome.messages) {
    if (!lets_through(sent.message)) continue;
    if (auto* assignment = std::get_if<model::Assignment>(&sent.message)) {
      if (faults_.planted) faults_.planted(*assignment);
      if (const auto what = too_wide(*assignment, durable_, timeline_.now()); !what.empty())
        record_.broken(fmt::format("the assignment of {}: {}", assignment->host, what));
    }
    network_.send("s1", sent.route, wire::encode(sent.message));
  }
  return true;
}

bool SchedulerNode::lets_through(model::ToAgent& message) {
  auto* assignment = std::get_if<model::Assignment>(&message);
  if (assignment == nullptr) return true;
  ++assignments_sent_;
  if (planted_ == Bug::generations_skipped) return assignment->generation.value % 3 != 0;
  if (planted_ == Bug::old_assignment_renewed) {
    const auto newest = *assignment;
    if (const auto old = overtaken_.find(newest.host);
        old != overtaken_.end() && assignments_sent_ % 5 == 0) {
      assignment->workloads = old->second.workloads;
      assignment->networks = old->second.networks;
    }
    overtaken_[newest.host] = newest;
  }
  return true;
}

bool SchedulerNode::commit(const std::vector<model::Change>& changes) {
  if (changes.empty()) return true;
  if (random_.chance(faults_.bad_commit)) {
    store_->inject(random_.chance(0.5) ? store::Fault::fails : store::Fault::durable_but_fails);
  }
  const bool forgets = planted_ == Bug::commit_forgotten && random_.chance(0.05);
  const auto committed = forgets ? Result<>() : store_->commit(changes);
  if (!committed) {
    in_doubt_ = true;
    record_.note("s1", "commit: " + committed.error().what);
    kill();
    timeline_.after(1s, [this] { start(); });
    return false;
  }
  for (const auto& change : changes)
    if (const auto* record = std::get_if<model::Record>(&change))
      if (const auto* event = std::get_if<model::EventRecord>(record)) check_closed(*event);
  bool placed = false;
  for (const auto& change : changes) {
    const auto* record = std::get_if<model::Record>(&change);
    if (!record) {
      durable_.erase(std::get<model::RecordKey>(change));
    } else if (const auto* event = std::get_if<model::EventRecord>(record)) {
      record_.note("s1", fmt::format("{} {} {}: {}", event->actor, event->verb, event->subject, event->text));
    } else {
      if (const auto* host = std::get_if<model::HostRecord>(record)) {
        check_dead(*host);
        check_power(*host);
      }
      durable_.insert_or_assign(model::key_of(*record), *record);
      placed = placed || std::holds_alternative<model::Workload>(*record);
    }
  }
  if (placed) check_capacity();
  return true;
}

// Unreachable is not dead: a host that gave either sign a short while ago is alive, whatever is thought of
// it. And so many at once can't be.
void SchedulerNode::check_dead(const model::HostRecord& host) {
  const auto held = durable_.find(model::key_of(host));
  const bool was_lost =
      held != durable_.end() && std::get<model::HostRecord>(held->second).outage.has_value();
  if (!host.outage || host.outage == model::Outage::returning) died_.erase(host.id);
  if (was_lost || host.outage != model::Outage::dead) return;
  const auto least = options_.lease - 1s;
  if (timeline_.now() - heard_[host.id] < least)
    record_.broken(fmt::format("host {} is taken for dead, and was just heard", host.id.str()));
  // A sign that was left behind the newest look can't be known: the fence stops a host that was just back.
  if (timeline_.now() - signed_[host.id] < least - scheduler::kLookInterval)
    record_.broken(fmt::format("host {} is taken for dead, and just left a sign of life", host.id.str()));
  died_[host.id] = timeline_.now();
  std::erase_if(died_, [&](const auto& entry) { return timeline_.now() - entry.second > 50min; });
  const auto budget = std::max<std::size_t>(1, all<model::HostRecord>().size() / 5);
  if (died_.size() > budget) record_.broken(fmt::format("{} hosts are taken for dead at once", died_.size()));
}

// Where the site wants the proof that a lost host has no power, it does not count as fenced without.
void SchedulerNode::check_power(const model::HostRecord& host) {
  const auto* proof = entry_for(options_.power, host.id);
  if (proof == nullptr || *proof != fence::Proof::power || host.outage != model::Outage::fenced) return;
  const auto held = durable_.find(model::key_of(host));
  if (held != durable_.end() && std::get<model::HostRecord>(held->second).outage == model::Outage::fenced)
    return;
  if (!power_.off.contains(host.id))
    record_.broken(fmt::format("host {} counts as fenced, and its power is on", host.id.str()));
}

// A grant that is said to be closed on every host opens nothing any more, whatever its hosts went through.
void SchedulerNode::check_closed(const model::EventRecord& event) {
  if (event.verb != "grant-closed" || !open_on_) return;
  for (const auto& grant : all<model::GrantRecord>()) {
    if (event.subject != fmt::format("application/{}", grant.application) ||
        !event.text.starts_with(fmt::format("{} is closed on every host", grant.service)))
      continue;
    for (const auto& host : open_on_(grant.id))
      record_.broken(fmt::format("grant {} is said to be closed, and {} has its rule", grant.id, host));
  }
}

// What is used is the sum of what is placed, and no host is promised twice.
void SchedulerNode::check_capacity() {
  std::map<HostId, std::pair<int, MiB>> used;
  for (const auto& workload : all<model::Workload>()) {
    for (const auto& host : {workload.host, workload.leaving}) {
      if (host.empty()) continue;
      used[host].first += workload.vcpus;
      used[host].second += workload.memory;
    }
  }
  for (const auto& site : all<model::Site>()) {
    for (const auto& [id, spec] : site.hosts) {
      const auto& [vcpus, memory] = used[id];
      if (vcpus > static_cast<int>(spec.shape.vcpus * spec.shape.overcommit) || memory > spec.shape.memory) {
        record_.broken(fmt::format("host {} is promised {} vCPUs and {}, and has {} and {}", id.str(), vcpus,
                                   to_string(memory), spec.shape.vcpus, to_string(spec.shape.memory)));
      }
    }
  }
}

}  // namespace causeway::simulation
