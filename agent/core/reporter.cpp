// SPDX-License-Identifier: Apache-2.0
#include "agent/core/reporter.h"

#include <algorithm>
#include <utility>

namespace causeway::agent {
namespace {

using model::Waiting;
using model::WorkloadStatus;

void keep_since(const std::optional<Waiting>& before, std::optional<Waiting>& now) {
  if (before && now && before->on == now->on) now->since = before->since;
}

bool same_but_percent(const WorkloadStatus& a, const WorkloadStatus& b) {
  return a.id == b.id && a.generation == b.generation && a.restart == b.restart && a.phase == b.phase &&
         a.waiting == b.waiting && a.cpus == b.cpus;
}

}  // namespace

Reporter::Reporter(HostId host, model::HostFacts facts, Instant now)
    : nonce_(static_cast<std::uint64_t>(now.time_since_epoch().count())),
      reported_(now - kProgressGap),
      spoken_(now - kHeartbeatInterval) {
  report_.host = std::move(host);
  report_.facts = std::move(facts);
  report_.revision = nonce_;
}

void Reporter::update(std::vector<WorkloadStatus> workloads, std::vector<std::string> foreign,
                      std::vector<Waiting> troubles, Instant now) {
  for (auto& workload : workloads) {
    workload.since = now;
    if (const auto* before = status(workload.id)) {
      if (before->phase == workload.phase) workload.since = before->since;
      keep_since(before->waiting, workload.waiting);
    }
  }
  for (auto& trouble : troubles) {
    const auto before = std::ranges::find(report_.troubles, trouble.on, &Waiting::on);
    if (before != report_.troubles.end()) trouble.since = before->since;
  }
  const bool same = std::ranges::equal(workloads, report_.workloads, same_but_percent) &&
                    foreign == report_.foreign && troubles == report_.troubles;
  const bool progressed = !std::ranges::equal(workloads, report_.workloads, {}, &WorkloadStatus::percent,
                                              &WorkloadStatus::percent);
  if (!same || progressed) ++report_.revision;
  changed_ = changed_ || !same;
  progressed_ = progressed_ || progressed;
  report_.workloads = std::move(workloads);
  report_.foreign = std::move(foreign);
  report_.troubles = std::move(troubles);
}

void Reporter::found(std::vector<model::NodeFacts> nodes) {
  if (nodes == report_.facts.nodes) return;
  report_.facts.nodes = std::move(nodes);
  ++report_.revision;
  changed_ = true;
}

void Reporter::set_enforced(Generation enforced, const std::vector<model::Cut>& cuts) {
  if (report_.enforced == enforced && report_.cuts == cuts) return;
  report_.enforced = enforced;
  report_.cuts = cuts;
  ++report_.revision;
  changed_ = true;
}

std::optional<model::FromAgent> Reporter::next(Epoch epoch, Generation applied,
                                               const model::Fingerprint& holds, Instant now) {
  changed_ = changed_ || epoch != told_epoch_ || applied != told_applied_ || holds != report_.holds;
  const bool report = ((changed_ || wanted_) && now >= reported_ + kReportGap) ||
                      (progressed_ && now >= reported_ + kProgressGap);
  if (!report && !greets_ && now < spoken_ + kHeartbeatInterval) return std::nullopt;
  greets_ = false;
  spoken_ = now;
  ++nonce_;
  if (!report) {
    return model::Heartbeat{report_.host, nonce_, epoch, applied, report_.revision, holds};
  }
  reported_ = now;
  changed_ = progressed_ = wanted_ = false;
  told_epoch_ = report_.epoch = epoch;
  told_applied_ = report_.applied = applied;
  report_.holds = holds;
  report_.nonce = nonce_;
  return report_;
}

Instant Reporter::next_due() const {
  Instant due = spoken_ + kHeartbeatInterval;
  if (changed_ || wanted_) due = std::min(due, reported_ + kReportGap);
  if (progressed_) due = std::min(due, reported_ + kProgressGap);
  return due;
}

const WorkloadStatus* Reporter::status(const WorkloadId& id) const {
  const auto found = std::ranges::lower_bound(report_.workloads, id, {}, &WorkloadStatus::id);
  return found != report_.workloads.end() && found->id == id ? &*found : nullptr;
}

}  // namespace causeway::agent
