// SPDX-License-Identifier: Apache-2.0
// What a scheduler is told, and when: the whole status at once when something changed, but changes that come
// in a burst go together; a heartbeat when nothing did. Nonces and revisions of status start at the time of
// the agent's start, so that they go up over its restarts too and an old report that arrives late is known as
// old.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/limits.h"
#include "common/core/time.h"
#include "common/model/assignment.h"

namespace causeway::agent {

class Reporter {
 public:
  Reporter(HostId host, model::HostFacts facts, Instant now);

  // The status as it is now. Times in it that say "since" are kept from the status before where that said the
  // same.
  void update(std::vector<model::WorkloadStatus> workloads, std::vector<std::string> foreign,
              std::vector<model::Waiting> troubles, Instant now);
  // What the host's NUMA nodes have now.
  void found(std::vector<model::NodeFacts> nodes);
  // The newest assignment that was seen in place on the switch, and what its rules have cut.
  void set_enforced(Generation enforced, const std::vector<model::Cut>& cuts);
  // The scheduler doesn't hold the newest status, by the heartbeat with this nonce; 0 names none. Where a
  // report has been sent since, that is the answer: under load a scheduler would otherwise be sent one for
  // each heartbeat it had yet to read.
  void want_report(std::uint64_t nonce) { wanted_ = wanted_ || nonce == 0 || nonce > report_.nonce; }
  // A connection has begun. A heartbeat says so at once; who doesn't hold this status asks for it. So a
  // scheduler that starts is sent one report by each host, about its own epoch.
  void greet() { greets_ = true; }

  // What is to be sent now, if anything. `applied` and `holds`: of the assignment that is worked on.
  std::optional<model::FromAgent> next(Epoch epoch, Generation applied, const model::Fingerprint& holds,
                                       Instant now);
  [[nodiscard]] Instant next_due() const;
  [[nodiscard]] const std::vector<model::WorkloadStatus>& workloads() const { return report_.workloads; }
  [[nodiscard]] const model::WorkloadStatus* status(const WorkloadId& id) const;

 private:
  model::Report report_;  // as it is now
  std::uint64_t nonce_ = 0;
  bool changed_ = true;      // in more than percentages, since the last report
  bool progressed_ = false;  // in percentages
  bool wanted_ = false;
  bool greets_ = false;
  Epoch told_epoch_;
  Generation told_applied_;
  Instant reported_;
  Instant spoken_;
};

}  // namespace causeway::agent
