// SPDX-License-Identifier: Apache-2.0
// The engine in its readable form: every request walks the tables of policy.h over every host. It is what
// `explain` prints from and what the fast engine (engine.h) is compared with; a few thousand hosts and
// workloads are no burden.
#pragma once

#include <optional>
#include <vector>

#include "scheduler/placement/plan.h"
#include "scheduler/placement/policy.h"

namespace causeway::placement {

class Reference {
 public:
  // The snapshot must be valid; it is read once and not kept.
  explicit Reference(const Snapshot& snapshot);

  // Where the request would go as things stand; changes nothing. The request must be valid.
  [[nodiscard]] Answer<Placement> choose(const Request& request) const;

  // Only the best host, or nothing: choose() without the reasons.
  [[nodiscard]] std::optional<Choice> best(const Want& want) const;
  // The best `count` hosts, best first.
  [[nodiscard]] std::vector<Choice> best(const Want& want, std::size_t count) const;

  // Adds what a batch brings; a group that is known takes the new rules.
  void add_group(const Group& group) { site_.add_group(group); }

  void take(const Placed& placed);
  void give_back(const Placed& placed);

  [[nodiscard]] const Site& site() const { return site_; }
  [[nodiscard]] const Usage& usage() const { return usage_; }
  [[nodiscard]] const Levels& levels() const { return levels_; }

 private:
  Site site_;
  Levels levels_;
  Usage usage_;
};

// Whether all hard constraints admit the host, numbers included.
bool admits(const Look& look);

}  // namespace causeway::placement
