// SPDX-License-Identifier: Apache-2.0
// How much more: of one shape by zone, and what would change if hosts came, went or a wave was added.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/placement/plan.h"
#include "scheduler/placement/recover.h"

namespace causeway::placement {

struct Room {
  ZoneId zone;
  std::int64_t fit = 0;  // so many more of the shape, at most `most`
  std::int64_t fit_with_reserve =
      0;  // so that the zone's reserve still holds; equal to `fit` where it has none
  Reserve reserve = Reserve::none;  // that the zone keeps
  std::string then;                 // why not one more: the summary of the refusal; "" where `most` ended it
  Refusal refusal;                  // the same in full
};

// How many more of the shape fit into each zone that it may go to, one after the other as place() would put
// them. Its zone and name don't matter; `most` bounds the answer and the work.
std::vector<Room> capacity(const Snapshot& snapshot, const Request& shape, std::int64_t most);
// The same of one zone; nothing: the shape may not go there.
std::optional<Room> capacity(const Snapshot& snapshot, const Zone& zone, const Request& shape,
                             std::int64_t most);

// A change to try on a snapshot; any of its parts may be absent.
struct Change {
  std::int64_t add_hosts = 0;
  HostId like;  // with the rack, zones, amounts and traits of that host, one new rack for every 16
  std::optional<Domain> lose;  // a host, rack or hall
  Batch add;                   // a wave
};

struct Outcome {
  Findings findings;                 // the change itself is wrong: nothing was tried
  std::optional<Evacuation> loss;    // what the loss displaces and where it goes
  std::optional<Answer<Plan>> wave;  // after the loss
  // How many more hosts like `like` (or like the largest of the wave's zone) would make everything fit; 0: it
  // does fit. Absent: not even kHostsMissingMax would do, because something else is in the way.
  std::optional<std::int64_t> hosts_missing;
  HostId like;     // which host those would be like
  Snapshot after;  // with what could be carried out
};

inline constexpr std::int64_t kHostsMissingMax = 4096;

Outcome what_if(const Snapshot& snapshot, const Change& change);

}  // namespace causeway::placement
