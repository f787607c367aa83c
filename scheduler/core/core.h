// SPDX-License-Identifier: Apache-2.0
// The scheduler as a state machine: what is true, what was asked or reported, and what time it is go in;
// changes of the durable state, answers and messages come out. No clock, thread, socket, file or random
// number inside, so the code that ships is the code that is simulated.
//
// The shell around it owes it three things:
//   - it commits an Outcome's changes, in their order and in one transaction, before anything of its replies
//   and
//     messages leaves (what is acknowledged is durable). If it could not commit, or does not know, it ends
//     the process: the next start reads what is true. Outcomes are committed in the order in which step()
//     gave them;
//   - it carries out the fence orders of one host in their order, and brings back one FenceDone for each: one
//     that does not come is asked for again;
//   - the peer's key of a message is the one that the connection proved, never something that the peer wrote;
//   - `now` never goes back, and a Tick comes a few times a second (kTickInterval).
// Any message may be lost, repeated or reordered; any reply too: a client repeats its request with the same
// id.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/core/time.h"
#include "common/model/api.h"
#include "common/model/assignment.h"
#include "common/model/records.h"
#include "scheduler/fence/fence.h"
#include "scheduler/fence/power.h"

namespace causeway::scheduler {

inline constexpr Duration kTickInterval{200};
inline constexpr Duration kLookInterval{2000};

// Something that arrived. `route` is the shell's word for the connection to answer on; nothing is read into
// it.
struct Message {
  std::string key;  // public CURVE key of the peer (Z85)
  std::string route;
  std::variant<model::Request, model::FromAgent> body;
};
// Nothing but time has passed.
struct Tick {};
// What the storage says about the hosts, looked at every kLookInterval. Without such looks no host is ever
// dead.
struct StorageLook {
  Result<fence::Look> look;
};
// The end of a fence order.
struct FenceDone {
  std::uint64_t id = 0;
  Result<> became;
};
using Input = std::variant<Message, Tick, StorageLook, FenceDone>;

struct Reply {
  std::string route;
  model::Response response;
};
struct Send {
  std::string route;  // of the host's newest message
  model::ToAgent message;
};

// A request for a backup by somebody who may have one; the shell, which has the store, answers it.
struct BackupAsked {
  std::string route;
  std::uint64_t request_id = 0;
  model::BackupRequest request;
};

// What is to be done about one host, at the storage or at its BMC. Raising is three steps that end at the
// first failure: the fence, reading it back, and the host's locks. Switching off ends with reading back that
// it is off.
struct FenceOrder {
  enum class Kind { raise, lift, switch_off };
  std::uint64_t id = 0;  // unique within one life of the core
  Kind kind{};
  HostId host;
  std::set<std::string> addresses;   // of raise and lift
  std::vector<fence::Image> images;  // of raise: those that the host had open

  bool operator==(const FenceOrder&) const = default;
};

struct Outcome {
  std::vector<model::Change> changes;  // one transaction; empty: nothing to commit
  std::vector<Reply> replies;
  std::vector<Send> messages;
  std::vector<BackupAsked> backups;
  bool keys_changed = false;  // other keys may connect (peer_keys) than after the step before
  std::vector<FenceOrder> fences;
};

struct Options {
  std::string name = "s1";  // of this scheduler, in events
  std::map<std::string, std::string>
      operators;  // name to public key: who may do everything from the first start on
  Duration lease{std::chrono::seconds(15)};  // told to agents with each acknowledgement
  Duration unreachable_after{
      std::chrono::seconds(15)};  // a host that was not heard for so long is shown as unreachable
  Duration resend_min{
      std::chrono::seconds(1)};  // an assignment that is not applied is sent again, first after
  Duration resend_max{std::chrono::seconds(30)};  // the least, then after twice as long, up to the most
  Duration console_deadline{
      std::chrono::seconds(5)};  // an agent's answer to a console request is awaited so long
  // Whether the shell carries out fence orders. If not, no host is ever declared dead.
  bool fences = false;
  // Of all hosts, how many per cent may be lost at once; one always may. More is taken for this scheduler's
  // own blindness: nothing is moved, and an operator is called.
  int fence_budget_percent = 20;
  // The hosts that have a BMC which the shell can ask, by name or pattern (common/core/host_pattern.h), and
  // what has to be proven of them.
  std::map<std::string, fence::Proof> power;
};

class State;

class Core {
 public:
  // `loaded` is the whole of what the store holds, in any order (of events, the newest are enough). An empty
  // store is a new cloud. The first step's changes begin this scheduler's epoch, whatever its inputs are.
  Core(std::vector<model::Record> loaded, Options options);
  ~Core();
  Core(Core&&) noexcept;
  Core& operator=(Core&&) noexcept;

  // Takes the inputs in their order. All changes of one step are one transaction: requests that arrive
  // together are committed together.
  Outcome step(std::span<const Input> inputs, Instant now);

  // Whose signs of life a look at the storage reads, and where.
  [[nodiscard]] fence::Watched watched() const;

  // The public keys that may connect: those of people that are not revoked, and those of hosts.
  [[nodiscard]] std::set<std::string> peer_keys() const;

  // In what the core's kept values differ from such as are made anew from its records, in words; empty: in
  // nothing. For tests and simulations: it costs as much as a start.
  [[nodiscard]] std::string difference_from_records();

  [[nodiscard]] Epoch epoch() const;
  [[nodiscard]] Revision revision() const;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace causeway::scheduler
