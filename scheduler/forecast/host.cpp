// SPDX-License-Identifier: Apache-2.0
#include "scheduler/forecast/host.h"

#include <algorithm>
#include <utility>

namespace causeway::forecast {

ModelledHost::ModelledHost(HostId id, Instant begins, const std::vector<WorkloadId>& runs, bool deaf,
                           std::set<ZoneId> uplinks)
    : id_(std::move(id)), deaf_(deaf), uplinks_(std::move(uplinks)), next_word_(begins), next_sign_(begins) {
  for (const auto& workload : runs) guests_.emplace(workload, Guest{begins, true});
}

void ModelledHost::lose_power() {
  up_ = false;
  guests_.clear();
}

void ModelledHost::return_power(Instant now) {
  up_ = true;
  report_wanted_ = true;
  next_word_ = now;
  next_sign_ = now;
  // Its agent starts anew from the assignment that it had: what that says runs again, behind the fence.
  carry_out(std::exchange(assignment_, {}), now);
}

void ModelledHost::take(const model::ToAgent& message, Instant now) {
  if (!up_ || deaf_) return;
  if (const auto* assignment = std::get_if<model::Assignment>(&message)) {
    epoch_ = std::max(epoch_, assignment->epoch);
    if (assignment->generation >= assignment_.generation) carry_out(*assignment, now);
  } else if (const auto* ack = std::get_if<model::Ack>(&message)) {
    epoch_ = std::max(epoch_, ack->epoch);
    report_wanted_ = report_wanted_ || ack->want_report;
  }
}

void ModelledHost::carry_out(const model::Assignment& assignment, Instant now) {
  assignment_ = assignment;
  report_wanted_ = true;
  for (const auto& workload : assignment.workloads) {
    const bool runs = !workload.shall_be_absent && workload.power == model::Power::running;
    if (!runs)
      guests_.erase(workload.id);
    else
      guests_.try_emplace(workload.id, Guest{now + kStartTakes, false});
  }
}

bool ModelledHost::has_news(Instant now) const {
  return report_wanted_ || std::ranges::any_of(guests_, [&](const auto& entry) {
           return !entry.second.said && entry.second.starts <= now;
         });
}

std::optional<model::FromAgent> ModelledHost::turn(Instant now) {
  if (!up_) return std::nullopt;
  if (now >= next_sign_) {
    ++sign_;
    next_sign_ = now + kSignInterval;
  }
  if (deaf_ || (now < next_word_ && !has_news(now))) return std::nullopt;
  if (now < next_word_ && revision_ == 0) return std::nullopt;
  const bool news = has_news(now);
  next_word_ = now + kHeartbeatInterval;
  if (news) return report(now);
  return model::Heartbeat{id_, 1, epoch_, assignment_.generation, revision_};
}

model::Report ModelledHost::report(Instant now) {
  report_wanted_ = false;
  model::Report made;
  made.host = id_;
  made.nonce = 1;
  made.epoch = epoch_;
  made.applied = assignment_.generation;
  made.revision = ++revision_;
  for (const auto& zone : uplinks_) made.facts.zones.push_back({zone, {}, 0, true});
  for (const auto& workload : assignment_.workloads) {
    model::WorkloadStatus status;
    status.id = workload.id;
    status.generation = workload.generation;
    status.restart = workload.restart;
    status.since = now;
    const auto guest = guests_.find(workload.id);
    if (guest == guests_.end()) {
      status.phase = workload.shall_be_absent ? model::Phase::absent : model::Phase::stopped;
    } else {
      guest->second.said = guest->second.starts <= now;
      status.phase = guest->second.said ? model::Phase::running : model::Phase::starting;
    }
    status.percent = status.phase == model::Phase::starting ? 50 : 100;
    made.workloads.push_back(std::move(status));
  }
  return made;
}

bool ModelledHost::runs(const WorkloadId& id, Instant now) const {
  const auto guest = guests_.find(id);
  return guest != guests_.end() && guest->second.starts <= now;
}

}  // namespace causeway::forecast
