// SPDX-License-Identifier: Apache-2.0
// The agent as a state machine: messages, what drivers saw and did, and what time it is go in; orders for the
// drivers' workers, messages and what must be kept come out. No clock, thread, socket, file or random number
// inside, so the code that ships is the code that is simulated.
//
// Level-triggered: whatever comes in, the same pass follows, from the newest observation: reconcile says what
// is to be done, and as much of it becomes orders as the lanes have room for. A message or a wakeup only
// makes that pass come sooner. Orders of one workload follow each other, because reconcile gives a step only
// when the one before is seen to be done; different drivers work at the same time.
//
// The shell around it owes it four things:
//   - it makes `save` durable before anything else of the same Outcome leaves, and ends the process if it
//   can't;
//   - it carries out each order once, on a worker of its lane, and brings back one Done for it, whatever
//   happens;
//   - it calls step() when something came in, and with nothing at `next_step` at the latest;
//   - `now` never goes back.
// A core that is made anew from what was saved adopts whatever runs: its first orders are looks, and nothing
// else is ordered on a lane before its look came back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/order.h"
#include "agent/reconcile/desired.h"
#include "common/core/time.h"
#include "common/model/assignment.h"

namespace causeway::agent {

// What an agent keeps over its own restarts.
struct Saved {
  Epoch epoch;  // the highest that was seen; never goes down
  std::optional<model::Assignment> assignment;
  // The newest restart of each workload that was carried out.
  std::map<WorkloadId, std::uint64_t> restarts;
  // Removals that are done, with the generation that asked for them. They are never looked at again: the name
  // may live on another host by now.
  std::map<WorkloadId, Generation> finished;
  Duration lease{};     // as a scheduler said last; 0: none
  bool lapsed = false;  // the lease is over: what is protected was stopped, and nobody has spoken since

  bool operator==(const Saved&) const = default;
};

// A driver said that something may have changed.
struct Woken {
  Lane lane{};
};
// A connection to a scheduler stands (again): what was said before may be lost.
struct Connected {};
// The shell asks whether this core still comes round: it is answered in the same step.
struct Probe {
  std::uint64_t nonce = 0;
};
using Input = std::variant<model::ToAgent, Done, Underway, Woken, Connected, Probe>;

struct Outcome {
  bool save = false;  // what saved() says is to be made durable before anything of this is let out
  std::vector<model::FromAgent> messages;
  std::vector<Order> orders;
  std::vector<OrderId> cancels;    // orders whose work is not wanted any more: stop them if that can be done
  std::vector<std::string> notes;  // what an operator wants to find in the log
  std::uint64_t probed = 0;        // the nonce of the newest probe; 0: there was none
  Instant next_step;
};

struct Options {
  HostSetup setup;
  model::HostFacts facts;
  std::uint64_t seed = 0;  // of the jitter between tries
};

class Core {
 public:
  Core(Options options, Saved saved, Instant now);
  ~Core();
  Core(Core&&) noexcept;
  Core& operator=(Core&&) noexcept;

  // Takes the inputs in their order, then makes one pass.
  Outcome step(std::span<const Input> inputs, Instant now);

  // As of the last step. It stands until the next one.
  [[nodiscard]] const Saved& saved() const;
  // Nothing is under way, waits or is left to do.
  [[nodiscard]] bool quiet() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace causeway::agent
