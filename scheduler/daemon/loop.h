// SPDX-License-Identifier: Apache-2.0
// The one loop of the scheduler: take what has arrived, let the core decide, commit once, then let the
// answers go. What arrives while a commit is on its way to the disk is decided together with the next one.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/core/result.h"
#include "common/core/time.h"
#include "common/transport/transport.h"
#include "scheduler/core/core.h"
#include "scheduler/daemon/backups.h"
#include "scheduler/daemon/fencer.h"
#include "scheduler/store/store.h"

namespace causeway::scheduler {

class Loop {
 public:
  // All must outlive the loop.
  Loop(Core& core, store::Store& store, Clock& clock)
      : core_(core), store_(store), clock_(clock), backups_(store) {}

  // Begins the epoch, before anybody is listened to. An error is final, as of turn().
  Result<> begin();

  // Asked before each round: an error is final, and nothing of the round is decided or answered.
  void only_while(std::function<Result<>()> may_go_on) { may_go_on_ = std::move(may_go_on); }

  // From then on peers are listened to and answered.
  void serve(transport::Server& server) { server_ = &server; }

  // From then on the storage is looked at and hosts are fenced. Must outlive the loop.
  void fence_with(Fencer& fencer) { fencer_ = &fencer; }

  // Waits for messages or the next tick, and carries one round out. An error means that it is not known what
  // is durable: the process must end without another word to anybody.
  Result<> turn();

 private:
  Result<> carry_out(std::span<const Input> inputs);
  void send(Outcome outcome);

  Core& core_;
  store::Store& store_;
  Clock& clock_;
  Backups backups_;
  std::function<Result<>()> may_go_on_ = [] { return Result<>{}; };
  transport::Server* server_ = nullptr;
  Fencer* fencer_ = nullptr;
  Instant next_tick_;
};

// What a peer sent, as an input; an error if it is nothing that a scheduler takes.
Result<Input> input_of(transport::Incoming incoming);

}  // namespace causeway::scheduler
