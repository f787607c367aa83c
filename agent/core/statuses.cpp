// SPDX-License-Identifier: Apache-2.0
#include "agent/core/statuses.h"

#include <fmt/format.h>

#include <algorithm>

namespace causeway::agent {
namespace {

using model::Phase;

// A failure that trying again won't mend: a person has to change something.
bool needs_a_person(Errc code) {
  switch (code) {
    case Errc::invalid:
    case Errc::not_found:
    case Errc::conflict:
    case Errc::denied:
    case Errc::corrupt: return true;
    case Errc::busy:
    case Errc::timeout:
    case Errc::unavailable: return false;
  }
  return false;
}

// The part of one step that the actions under way have done, 0 to 1.
double part_done(const View& view, const Attempts& attempts) {
  double part = 0;
  for (const auto& key : view.next) {
    const auto* attempt = attempts.find(key);
    if (!attempt || !attempt->under_way || attempt->progress.bytes_total == 0) continue;
    part += static_cast<double>(attempt->progress.bytes_done) /
            static_cast<double>(attempt->progress.bytes_total);
  }
  return std::min(part, 1.0);
}

int percent_of(const View& view, const Attempts& attempts) {
  if (view.phase == Phase::running || view.phase == Phase::stopped || view.phase == Phase::absent) return 100;
  if (view.steps == 0) return 0;
  const double done = view.steps_done + part_done(view, attempts);
  return std::clamp(static_cast<int>(100.0 * done / view.steps), 0, 99);
}

}  // namespace

std::vector<model::NodeFacts> nodes_of(const Inventory& host) {
  std::vector<model::NodeFacts> nodes;
  for (const auto& node : host.numa)
    nodes.push_back({static_cast<int>(node.cpus.size()), node.memory, node.huge_pages, node.huge_pages_free});
  return nodes;
}

model::WorkloadStatus status_of(const DesiredWorkload& desired, const View& view, const Attempts& attempts,
                                const Queue& queue, const model::WorkloadStatus* before, Instant now) {
  model::WorkloadStatus status;
  status.id = desired.id;
  status.generation = desired.generation;
  status.phase = view.known ? view.phase : (before ? before->phase : Phase::pending);
  status.percent = view.known ? percent_of(view, attempts) : (before ? before->percent : 0);
  for (const auto& key : view.next) {
    const auto* attempt = attempts.find(key);
    if (attempt && attempt->error) {
      status.waiting = model::Waiting{
          fmt::format("another try to {}: {}", to_string(attempt->action), attempt->error->what),
          attempt->since};
      const bool runs = status.phase == Phase::running || status.phase == Phase::stopping;
      if (!runs && needs_a_person(attempt->error->code)) status.phase = Phase::failed;
      return status;
    }
  }
  if (!view.waiting_on.empty()) {
    status.waiting = model::Waiting{view.waiting_on, now};
    return status;
  }
  for (const auto& key : view.next) {
    if (attempts.under_way(key)) return status;
  }
  for (const auto& key : view.next) {
    if (auto waiting = queue(key)) {
      status.waiting = std::move(waiting);
      return status;
    }
  }
  return status;
}

}  // namespace causeway::agent
