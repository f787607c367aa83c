// SPDX-License-Identifier: Apache-2.0
// One engine for many questions about one snapshot: each takes hosts away, seats what stood there elsewhere,
// and puts everything back. Inside of the folder; recover.h and capacity.h are its doors.
//
// Checking a reserve asks such a question for every host of a zone, so what a question needs is kept from one
// to the next: workloads that differ in name and groups only share a shape, which is made when the first of
// them has to move.
#pragma once

#include <deque>
#include <map>
#include <span>
#include <vector>

#include "scheduler/placement/engine.h"
#include "scheduler/placement/recover.h"

namespace causeway::placement {

class Trial {
 public:
  // The snapshot must be valid and outlive this.
  explicit Trial(const Snapshot& snapshot);

  [[nodiscard]] Engine& engine() { return engine_; }
  [[nodiscard]] const Site& site() const { return engine_.site(); }

  // Stands from now on as if the snapshot had it; must outlive this or be removed. Removing goes backwards,
  // the last one that was added first.
  void add(const Placed& placed);
  void remove(const Placed& placed);

  // Where all that is protected (or simply `all`) on these hosts would go.
  Evacuation evacuate(const std::vector<Index>& hosts, bool all);

  // Whether all protected workloads of the zone on these hosts find a place elsewhere: evacuate() without the
  // plan and the reasons.
  bool survives(const std::vector<Index>& hosts, const ZoneId& zone);

  // Whether it is so for any one host (or rack, by `scope`) of the zone.
  bool survives_any(Scope scope, const ZoneId& zone);

  // The hosts of each host, rack or hall, by its index.
  [[nodiscard]] std::vector<std::vector<Index>> domains(Scope scope) const;
  [[nodiscard]] std::vector<Index> hosts_of(const Domain& domain) const;
  // Whether a protected workload of the zone stands on one of them.
  [[nodiscard]] bool concerns(const std::vector<Index>& hosts, const ZoneId& zone) const;

 private:
  struct Standing {
    const Placed* placed = nullptr;
    const Shape* like = nullptr;  // made when it is first asked for
  };
  struct LikeOther {  // all that a shape depends on
    bool operator()(const Request* a, const Request* b) const;
  };
  // What has to move, those that shall restart in front, with their shapes in the same order.
  struct Gone {
    std::vector<const Placed*> placed;
    std::vector<Shape> shapes;
    std::size_t restarting = 0;
    [[nodiscard]] std::span<const Shape> to_seat() const { return {shapes.data(), restarting}; }
  };

  Shape shape_of(Standing& standing);
  Gone take_away(const std::vector<Index>& hosts, bool all);
  void put_back(const std::vector<Index>& hosts, const Gone& gone);

  Engine engine_;
  std::vector<std::vector<Standing>> by_host_;
  std::deque<Request> requests_;  // that the shapes were made for
  std::map<const Request*, Shape, LikeOther> shapes_;
  Index exposed_ = 0;  // the domain that did not survive last: asked first the next time
};

}  // namespace causeway::placement
