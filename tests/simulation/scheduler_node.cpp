// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scheduler_node.h"

#include <fmt/format.h>

#include <utility>

#include "common/wire/codec.h"
#include "tests/simulation/wide_rules.h"

namespace causeway::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kEventsLoaded = 100;
constexpr int kTicksBetweenChecks = 25;
const std::string kInside = "inside";  // the route of what the world itself asks

}  // namespace

SchedulerNode::SchedulerNode(Timeline& timeline, Random& random, Network& network, Record& record,
                             const SchedulerFaults& faults, scheduler::Options options)
    : timeline_(timeline),
      random_(random),
      network_(network),
      record_(record),
      faults_(faults),
      options_(std::move(options)) {}

void SchedulerNode::start() {
  if (core_) return;
  ++life_;
  record_.note("s1", "scheduler starts");
  store_ = std::make_unique<store::MemoryStore>(disk_);
  auto records = store_->load(kEventsLoaded);
  if (!records) return record_.broken("the store can't be read: " + records.error().what);
  durable_.clear();
  for (const auto& record : *records) {
    if (!std::holds_alternative<model::EventRecord>(record)) durable_.emplace(model::key_of(record), record);
  }
  core_ = std::make_unique<scheduler::Core>(std::move(*records), options_);
  network_.attach("s1", [this](const std::string& from, const std::string& bytes) { receive(from, bytes); });
  if (!step({scheduler::Tick{}})) return;
  if (core_->epoch() <= epoch_) record_.broken("a new scheduler begins no new epoch");
  epoch_ = core_->epoch();
  tick();
}

void SchedulerNode::kill() {
  if (!core_) return;
  record_.note("s1", "scheduler is killed");
  network_.detach("s1");
  core_.reset();
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
  const auto& key = keys_[Network::peer_of(from)];
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
  for (auto& sent : outcome.messages) {
    if (auto* assignment = std::get_if<model::Assignment>(&sent.message)) {
      if (faults_.planted) faults_.planted(*assignment);
      if (const auto what = too_wide(*assignment, durable_, timeline_.now()); !what.empty())
        record_.broken(fmt::format("the assignment of {}: {}", assignment->host, what));
    }
    network_.send("s1", sent.route, wire::encode(sent.message));
  }
  return true;
}

bool SchedulerNode::commit(const std::vector<model::Change>& changes) {
  if (changes.empty()) return true;
  if (random_.chance(faults_.bad_commit)) {
    store_->inject(random_.chance(0.5) ? store::Fault::fails : store::Fault::durable_but_fails);
  }
  if (auto committed = store_->commit(changes); !committed) {
    record_.note("s1", "commit: " + committed.error().what);
    kill();
    timeline_.after(1s, [this] { start(); });
    return false;
  }
  bool placed = false;
  for (const auto& change : changes) {
    const auto* record = std::get_if<model::Record>(&change);
    if (!record) {
      durable_.erase(std::get<model::RecordKey>(change));
    } else if (const auto* event = std::get_if<model::EventRecord>(record)) {
      record_.note("s1", fmt::format("{} {} {}: {}", event->actor, event->verb, event->subject, event->text));
    } else {
      durable_.insert_or_assign(model::key_of(*record), *record);
      placed = placed || std::holds_alternative<model::Workload>(*record);
    }
  }
  if (placed) check_capacity();
  return true;
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
