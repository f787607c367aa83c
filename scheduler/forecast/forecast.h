// SPDX-License-Identifier: Apache-2.0
// What would happen if hosts of a site lost power: the scheduler's own core, on virtual time, between hosts
// and a storage that are modelled. Nothing is asked of the real site, and nothing is left to chance: the same
// question has the same answer.
//
// What is decided (who is taken for dead, whether the fence budget stands in the way, what goes where and in
// which order, what finds no place) is decided by the code that ships. What takes time is modelled: a fence
// one second, a guest's process kStartTakes (host.h); what a guest then needs until it answers comes on top.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "common/core/finding.h"
#include "common/core/time.h"
#include "scheduler/placement/recover.h"
#include "scheduler/placement/snapshot.h"

namespace causeway::forecast {

struct Question {
  std::vector<placement::Domain> lost;  // all lose power at the same moment
  Duration back_after{};                // and come back then
};

// Something that the scheduler did or saw, `at` after the loss.
struct Line {
  Duration at{};
  std::string verb;     // as in `causeway get events`: lost, dead, fenced, fails-over, started, …
  std::string subject;  // "host/h3", "workload/a/b/c"
  std::string text;

  bool operator==(const Line&) const = default;
};

// A workload that ran on a lost host.
struct Affected {
  WorkloadId workload;
  HostId from;
  HostId to;          // where it runs in the end; `from`: it waited for its host
  Duration away{};    // from the loss until its process was there again
  bool down = false;  // it still has no process when everything has come to rest
  std::string why;    // why it did not run elsewhere; empty: it did

  bool operator==(const Affected&) const = default;
};

struct Forecast {
  std::vector<Line> lines;          // in the order in which they happened
  std::vector<Affected> workloads;  // by name
  std::vector<HostId> lost;         // the hosts that lost power, by name
};

// The snapshot must be valid and have the domains. Findings: what in it no scheduler would have.
std::expected<Forecast, Findings> forecast(const placement::Snapshot& snapshot, const Question& question);

}  // namespace causeway::forecast
