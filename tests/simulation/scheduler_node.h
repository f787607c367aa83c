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
#include "tests/simulation/record.h"

namespace causeway::simulation {

struct SchedulerFaults {
  double bad_commit = 0;  // fails, or was durable though it reported failure; the scheduler ends
  double mute = 0;        // ends after its commit, before anything of it leaves
  // A bug that the laws must find: what leaves is not what was decided.
  std::function<void(model::Assignment&)> planted;
};

class SchedulerNode {
 public:
  SchedulerNode(Timeline& timeline, Random& random, Network& network, Record& record,
                const SchedulerFaults& faults, scheduler::Options options);

  void start();
  void kill();
  [[nodiscard]] bool up() const { return core_ != nullptr; }

  // The public key that the connection of this peer proves.
  void knows(const std::string& peer, const std::string& key) { keys_[peer] = key; }
  // Asked on the spot, without the network; commits like everything else.
  std::optional<model::ResponseBody> ask(model::RequestBody body);
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

  Timeline& timeline_;
  Random& random_;
  Network& network_;
  Record& record_;
  const SchedulerFaults& faults_;
  const scheduler::Options options_;
  std::map<std::string, std::string> keys_;
  std::shared_ptr<store::MemoryDisk> disk_ = std::make_shared<store::MemoryDisk>();
  std::unique_ptr<store::MemoryStore> store_;
  std::unique_ptr<scheduler::Core> core_;
  std::map<model::RecordKey, model::Record> durable_;
  Epoch epoch_;
  std::uint64_t life_ = 0;
  int ticks_ = 0;
  std::uint64_t asked_ = 0;
  std::optional<model::ResponseBody> answer_;
};

}  // namespace causeway::simulation
