// SPDX-License-Identifier: Apache-2.0
// A host as the scheduler meets it: an agent that carries out what it is told after the time that it takes,
// says so, and leaves signs of life. It keeps no state over a loss of power, as a hypervisor's guests don't.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/core/time.h"
#include "common/model/assignment.h"

namespace causeway::forecast {

// From the assignment to the guest's process, as measured on real components (tests/lab/RESULTS.md); what a
// guest's own start takes comes on top.
inline constexpr Duration kStartTakes{std::chrono::seconds(3)};
inline constexpr Duration kHeartbeatInterval{std::chrono::seconds(5)};
inline constexpr Duration kSignInterval{std::chrono::seconds(3)};

class ModelledHost {
 public:
  // It speaks first at `begins`, and runs these from then on. A host that is deaf has lost its management
  // network: it hears and says nothing, and lives. It has an uplink in each of these zones.
  ModelledHost(HostId id, Instant begins, const std::vector<WorkloadId>& runs, bool deaf,
               std::set<ZoneId> uplinks);

  void lose_power();
  void return_power(Instant now);
  [[nodiscard]] bool up() const { return up_; }

  // What the scheduler sends.
  void take(const model::ToAgent& message, Instant now);
  // The time has come so far: what it says to the scheduler, if anything. Called with growing times.
  std::optional<model::FromAgent> turn(Instant now);
  // The newest sign of life that it left in the storage.
  [[nodiscard]] std::uint64_t sign() const { return sign_; }
  // Whether the workload has a process here.
  [[nodiscard]] bool runs(const WorkloadId& id, Instant now) const;

 private:
  struct Guest {
    Instant starts;  // its process is there from then on
    bool said = false;
  };
  void carry_out(const model::Assignment& assignment, Instant now);
  [[nodiscard]] model::Report report(Instant now);
  [[nodiscard]] bool has_news(Instant now) const;

  HostId id_;
  bool deaf_;
  std::set<ZoneId> uplinks_;
  bool up_ = true;
  Epoch epoch_;
  model::Assignment assignment_;
  std::map<WorkloadId, Guest> guests_;
  std::uint64_t revision_ = 0;
  bool report_wanted_ = true;
  Instant next_word_;
  Instant next_sign_;
  std::uint64_t sign_ = 1;
};

}  // namespace causeway::forecast
