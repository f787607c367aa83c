// SPDX-License-Identifier: Apache-2.0
// A simulated scheduler: the core that ships over a disk in memory, killed at any moment, also between its
// commit and its answer. The laws about its state are checked after each commit.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/core/core.h"
#include "scheduler/store/memory_store.h"
#include "tests/simulation/network.h"
#include "tests/simulation/planted.h"
#include "tests/simulation/record.h"
#include "tests/support/simulated_fence.h"
#include "tests/support/simulated_power.h"

namespace causeway::simulation {

struct SchedulerFaults {
  double fence_fails = 0;  // a fence order does nothing and says so
  double fence_lost = 0;   // it is carried out and its answer is lost
  double fence_slow = 0;   // it takes up to a minute
  double bad_commit = 0;   // fails, or was durable though it reported failure; the scheduler ends
  double mute = 0;         // ends after its commit, before anything of it leaves
  // A bug that the laws must find: what leaves is not what was decided.
  std::function<void(model::Assignment&)> planted;
};

class SchedulerNode {
 public:
  SchedulerNode(Timeline& timeline, Random& random, Network& network, Record& record,
                const SchedulerFaults& faults, scheduler::Options options,
                std::shared_ptr<agent::SimulatedCluster> storage, Planted planted);

  void start();
  void kill();
  // It stands still, and is taken for dead: start() starts another one. wake() lets all that stand still go
  // on, with what they believed.
  void suspend();
  void wake();
  [[nodiscard]] bool up() const { return core_ != nullptr; }

  // A copy of what is durable, and the scheduler started anew from it, as `causeway state restore` does it.
  void back_up() { backup_ = *disk_; }
  void restore();

  // The BMCs of the hosts; before start(), what has to be proven of all of them.
  test::SimulatedPower& power() { return power_; }
  void proves(fence::Proof proof) { options_.power["*"] = proof; }

  // The public key that the connection of this peer proves.
  void knows(const std::string& peer, const std::string& key) { keys_[peer] = key; }
  // Asked on the spot, without the network; commits like everything else.
  std::optional<model::ResponseBody> ask(model::RequestBody body);
  // When the host's agent was heard, and what its storage says of it: what this must not be taken for.
  void sees(std::function<Instant(const HostId&)> last_sign) { last_sign_ = std::move(last_sign); }
  // Asked when a grant is said to be closed on every host: those whose switch still has its rule.
  void sees_open(std::function<std::vector<HostId>(const GrantId&)> open_on) {
    open_on_ = std::move(open_on);
  }
  // What is durable. With what is on its way, nothing of it is acknowledged yet.
  [[nodiscard]] const std::map<model::RecordKey, model::Record>& durable() const { return durable_; }
  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& [key, record] : durable_) {
      if (const auto* one = std::get_if<T>(&record)) found.push_back(*one);
    }
    return found;
  }

 private:
  void receive(const std::string& from, const std::string& bytes);
  // False: the scheduler ended over it.
  bool step(std::vector<scheduler::Input> inputs);
  bool commit(const std::vector<model::Change>& changes);
  void tick();
  void check_capacity();
  void check_dead(const model::HostRecord& host);
  void check_power(const model::HostRecord& host);
  void check_closed(const model::EventRecord& event);
  [[nodiscard]] bool lets_through(model::ToAgent& message);
  void look();
  void begin(const scheduler::FenceOrder& order);
  Result<> carry_out(const scheduler::FenceOrder& order);

  Timeline& timeline_;
  Random& random_;
  Network& network_;
  Record& record_;
  const SchedulerFaults& faults_;
  scheduler::Options options_;
  std::map<std::string, std::string> keys_;
  test::SimulatedFence fence_;
  test::SimulatedPower power_;
  std::map<std::uint64_t, scheduler::FenceOrder> begun_;  // fence orders that nothing was done of yet
  std::map<HostId, Instant> fence_free_;                  // when the orders before it of the host are done
  std::shared_ptr<store::MemoryDisk> disk_ = std::make_shared<store::MemoryDisk>();
  store::MemoryDisk backup_;
  std::unique_ptr<store::MemoryStore> store_;
  std::unique_ptr<scheduler::Core> core_;
  std::vector<std::unique_ptr<scheduler::Core>> asleep_;
  Planted planted_;
  bool in_doubt_ = false;  // the last commit failed, and may be durable
  std::function<Instant(const HostId&)> last_sign_;
  std::function<std::vector<HostId>(const GrantId&)> open_on_;
  std::map<HostId, Instant> signed_;  // when each had left its newest sign, as the newest look could know
  std::map<HostId, Instant> heard_;
  std::map<HostId, Instant> died_;
  std::map<HostId, model::Assignment> overtaken_;
  std::uint64_t assignments_sent_ = 0;
  std::map<model::RecordKey, model::Record> durable_;
  Epoch epoch_;
  std::uint64_t life_ = 0;
  int ticks_ = 0;
  std::uint64_t asked_ = 0;
  std::optional<model::ResponseBody> answer_;
};

}  // namespace causeway::simulation
