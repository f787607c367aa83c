// SPDX-License-Identifier: Apache-2.0
// An operator: asks one thing after the other over the network, and asks again until there is an answer. What
// was acknowledged has to be durable at that moment.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "common/model/api.h"
#include "tests/simulation/network.h"
#include "tests/simulation/record.h"
#include "tests/simulation/scheduler_node.h"

namespace causeway::simulation {

class Client {
 public:
  Client(Timeline& timeline, Network& network, Record& record, const SchedulerNode& scheduler);

  void ask(model::RequestBody body);
  [[nodiscard]] bool busy() const { return !waiting_.empty(); }
  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::size_t refused() const { return refused_; }
  [[nodiscard]] const model::ResponseBody& newest() const { return newest_; }  // answer

 private:
  void send(std::uint64_t id);
  void receive(const std::string& bytes);
  void check_durable(const model::RequestBody& asked, const model::ResponseBody& answer);

  Timeline& timeline_;
  Network& network_;
  Record& record_;
  const SchedulerNode& scheduler_;
  std::deque<model::Request> waiting_;  // the first one was sent
  std::uint64_t last_id_ = 0;
  std::size_t acknowledged_ = 0;
  std::size_t refused_ = 0;
  model::ResponseBody newest_;
};

}  // namespace causeway::simulation
