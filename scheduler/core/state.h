// SPDX-License-Identifier: Apache-2.0
// What the core keeps between steps: the durable tables, and beside them what it heard from hosts and
// clients. The latter is lost with the process and heard again after its restart; nothing that must survive
// may live there.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/core/core.h"
#include "scheduler/core/placing.h"
#include "scheduler/core/tables.h"

namespace causeway::scheduler {

// This namespace has words of its own for roles and phases, which must not hide those for times and amounts.
using causeway::to_string;

// Who asks, as the key proved it.
struct Actor {
  std::string name;
  model::Role role = model::Role::supervisor;
  DepartmentId department;  // of the role department
};

// What is known of one host since this scheduler started.
struct Session {
  std::string route;  // of its newest message
  Instant heard;
  bool reported = false;
  Epoch epoch;  // newest that its agent said
  Generation applied;
  model::Fingerprint holds;  // likewise; none: of an agent that doesn't say it
  // What the report that is held spoke of. A heartbeat that says otherwise is answered with the wish for a
  // new one: it changed, or what is held was overtaken on its way.
  struct Subject {
    Epoch epoch;
    Generation applied;
    std::uint64_t revision = 0;
    bool operator==(const Subject&) const = default;
  };
  Subject held;
  model::HostFacts facts;
  std::map<WorkloadId, model::WorkloadStatus> workloads;
  std::vector<std::string> foreign;
  std::vector<model::Waiting> troubles;

  bool lost = false;    // an event said that it is unreachable
  Generation enforced;  // newest of which it said so, and that its open grants were held against
  // Its newest report was about its newest assignment, and nothing of what shall be absent is there any more.
  bool clean = false;
  // The assignment that was sent last, and when it is sent again if it is not applied by then.
  Generation sent;
  bool sent_any = false;
  Instant send_next;
  Duration send_delay{};
};

// Console logs that are fetched at one time.
inline constexpr std::size_t kConsolesMax = 256;

// A client that waits for an agent's answer.
struct PendingConsole {
  std::string route;
  std::uint64_t request_id = 0;
  HostId host;
  Instant deadline;
};

// Questions of who reaches whom that are answered at one time.
inline constexpr std::size_t kReachesMax = 256;

// A client that waits for what switches say about one connection.
struct PendingReach {
  struct Leg {
    HostId host;
    std::uint64_t number = 0;
    std::optional<model::ProbeReply> reply;
  };

  std::string route;
  std::uint64_t request_id = 0;
  Instant deadline;
  WorkloadId from;
  WorkloadId to;
  std::string what;
  bool policy = false;  // what it says
  bool no_way = false;  // no network leads there
  std::string why;
  std::string next;
  std::string not_asked;  // why no switch is asked; empty: they are
  std::vector<Leg> legs;
};

// How often refusals of one kind become an event, so that a stranger can't fill the log.
struct RefusalLog {
  Instant window_start;
  int in_window = 0;
  std::uint64_t suppressed = 0;
};

// How the emptying of a host goes on: what it waits for, since when, and what moved last.
struct DrainWait {
  std::string reason;
  Instant since;
  Instant retry;
  WorkloadId moving;  // moved last, and not yet seen running elsewhere
  Instant moved_at;
};

// What is known of a host's signs of life in the storage since this scheduler started.
struct StorageSigns {
  std::uint64_t count = 0;
  Instant heard;  // when a look found a new one
};

// A fence that is raised or lifted, and how that goes.
struct FenceWork {
  FenceOrder::Kind kind{};
  std::uint64_t order = 0;  // under way; 0: none is
  Instant since;            // of the first try
  Instant retry;            // the next one; of an order that is under way: when it is given up
  int tries = 0;
  std::string problem;  // of the last try
};

class State {
 public:
  Options options;
  Tables tables;
  Instant now;
  Instant started;  // of the first step
  bool begun = false;

  std::map<HostId, Session> sessions;
  std::deque<std::pair<Instant, HostId>> hearings;  // in their order, not older than what is unreachable
  std::set<HostId> behind;  // whose agent has not said to work on its newest assignment
  Placing placing;
  std::set<HostId> ahead;  // whose agent works by newer records than these, until a person decides (ahead.h)
  std::map<HostId, model::Assignment> assignments;  // with the generation of the host's record
  std::map<std::uint64_t, PendingConsole> consoles;
  std::uint64_t next_console = 1;
  std::vector<PendingReach> reaches;
  std::uint64_t next_probe = 1;
  std::map<std::uint64_t, model::ResponseBody> whole_answers;  // the newest, by their records' sequence
  RefusalLog refusals;
  std::map<HostId, DrainWait> drain_waits;

  std::map<HostId, StorageSigns> signs;
  std::set<std::string> fenced_addresses;  // as the newest look found them
  Instant looked;                          // the newest look that was answered
  Instant looking_since;                   // of a row of looks without a gap
  std::string look_problem;                // why the newest look was not answered; empty: it was
  bool blind = false;                      // operators were told that looks are not answered
  std::map<HostId, FenceWork> fence_work;
  std::set<HostId> storage_fenced;  // dead, and only the proof that its power is off is missing
  std::set<HostId> powered_off;     // lost, and its BMC said, when it was read back, that it is off
  Instant outages_due;  // hosts are gone over once a tick, and when a look or a fence order has ended
  std::uint64_t next_fence = 1;
  std::set<HostId> over_budget;  // silent, and left alone because they are too many
  Instant over_budget_since;
  std::map<WorkloadId, std::string> stranded;  // why it finds no place elsewhere
  std::map<HostId, Instant> failover_retry;

  std::vector<Reply> replies;
  std::vector<Send> messages;
  std::vector<BackupAsked> backups;
  std::vector<FenceOrder> fences;

  void event(std::string actor, std::string verb, std::string subject, std::string text,
             std::string reason = "");
};

// The host was heard within the time that makes it unreachable otherwise. A scheduler that has just started
// does not know yet, and gives every host that time.
bool reachable(const State& state, const HostId& host);
// It is reachable, and what runs there is known: it has reported since this scheduler started.
bool up(const State& state, const HostId& host);
// "host h2 has not reported since 2027-03-14T22:00:00Z".
std::string unreachable_reason(const State& state, const HostId& host);
Instant last_heard(const State& state, const HostId& host);

}  // namespace causeway::scheduler
