// SPDX-License-Identifier: Apache-2.0
// How long this host may run protected workloads. Two things prolong it: a scheduler that acknowledges what
// the agent said, and a storage that takes the host's sign of life. When neither did for a whole lease, the
// host may be taken for dead, fenced, and its workloads started elsewhere; so they are stopped here. What
// makes that safe is the fence; this makes it clean.
//
// A sign counts from the moment at which it was begun, and an acknowledgement from the one at which its
// message left: so the lease ends here no later than where it is watched.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/core/limits.h"
#include "common/core/ids.h"
#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::agent {

class Lease {
 public:
  // `lapsed`: it was over when the agent ended, and nobody has prolonged it since. Else a start has a whole
  // lease to be answered in.
  Lease(const std::vector<ZoneId>& zones, bool lapsed, Duration length, Instant now);

  // A message that asks for an acknowledgement leaves.
  void said(std::uint64_t nonce, Instant now);
  void acknowledged(std::uint64_t nonce, Duration length);

  // The zone whose pool is to get a sign now, if any; it counts as begun.
  std::optional<ZoneId> begin_sign(Instant now);
  void end_sign(const ZoneId& zone, const Result<>& taken, Instant now);

  // Nobody prolonged it in time. Without a length, which is what a scheduler says that fences nobody, it
  // never ends.
  [[nodiscard]] bool over(Instant now) const;
  [[nodiscard]] Duration length() const { return length_; }
  // When begin_sign() or over() may answer otherwise.
  [[nodiscard]] Instant next(Instant now) const;
  // Why a zone's storage takes no signs, of each such zone; empty: all do.
  [[nodiscard]] std::string problem() const;

 private:
  struct Sign {
    Instant due;
    Instant began;
    bool under_way = false;
    std::string problem;  // why the last one wasn't taken; empty: it was
  };

  Duration length_;
  Instant prolonged_;
  std::map<ZoneId, Sign> signs_;
  std::deque<std::pair<std::uint64_t, Instant>> said_;  // the newest that wait for their acknowledgement
};

}  // namespace causeway::agent
