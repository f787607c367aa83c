// SPDX-License-Identifier: Apache-2.0
#include "agent/core/looks.h"

#include <algorithm>

#include "common/core/check.h"

namespace causeway::agent {

Looks::Looks(const HostSetup& setup, Instant now) {
  const Instant never = now - kLookGap;
  targets_.push_back({LookAtCompute{}, Lane::compute, kLookInterval, now, never});
  targets_.push_back({LookAtNetwork{}, Lane::network, kLookInterval, now, never});
  for (const auto& zone : setup.zones) {
    targets_.push_back({LookAtPool{zone.zone}, Lane::storage, kPoolLookInterval, now, never});
  }
}

void Looks::want(Lane lane, Instant now) {
  for (auto& target : targets_) {
    if (target.lane != lane) continue;
    // A driver that is away is not asked more often because it says that something changed.
    if (target.failures == 0) target.due = std::min(target.due, now);
    target.again = target.under_way;
  }
}

void Looks::want_pool(const ZoneId& zone, Instant now) {
  for (auto& target : targets_) {
    const auto* pool = std::get_if<LookAtPool>(&target.work);
    if (!pool || pool->zone != zone) continue;
    if (target.failures == 0) target.due = std::min(target.due, now);
    target.again = target.under_way;
  }
}

std::optional<Work> Looks::begin(Lane lane, bool work_waits, Instant now) {
  for (auto& target : targets_) {
    if (target.lane != lane || target.under_way || target.due > now) continue;
    if (work_waits && now - target.ended < kLookGap) continue;
    target.under_way = true;
    target.again = target.outdated = false;
    return target.work;
  }
  return std::nullopt;
}

bool Looks::end(const Work& look, bool answered, Instant now) {
  auto& target = target_of(look);
  target.under_way = false;
  target.taken = true;
  if (answered && !target.outdated) target.unsure = false;
  target.ended = now;
  target.failures = answered ? 0 : target.failures + 1;
  const Duration wait =
      answered ? target.interval
               : std::min<Duration>(kRetryFirst * (1 << std::min(target.failures - 1, 4)), kLookRetryMax);
  target.due = answered && (target.again || target.outdated) ? now : now + wait;
  return !target.outdated;
}

void Looks::changed(Lane lane) {
  for (auto& target : targets_) {
    if (target.lane == lane && target.under_way) target.outdated = true;
  }
}

void Looks::doubt(Lane lane, Instant now) {
  changed(lane);
  want(lane, now);
  for (auto& target : targets_) target.unsure = target.unsure || target.lane == lane;
}

bool Looks::sure(bool with_storage) const {
  return std::ranges::none_of(targets_, [&](const Target& target) {
    return target.unsure && (with_storage || target.lane != Lane::storage);
  });
}

bool Looks::each_was_taken() const {
  return std::ranges::all_of(targets_, [](const Target& target) { return target.taken; });
}

Instant Looks::next() const {
  Instant first = Instant::max();
  for (const auto& target : targets_) {
    if (!target.under_way) first = std::min(first, target.due);
  }
  return first;
}

Looks::Target& Looks::target_of(const Work& look) {
  const auto found = std::ranges::find_if(targets_, [&](const Target& target) {
    if (target.work.index() != look.index()) return false;
    const auto* pool = std::get_if<LookAtPool>(&look);
    return !pool || pool->zone == std::get<LookAtPool>(target.work).zone;
  });
  CAUSEWAY_CHECK(found != targets_.end());
  return *found;
}

}  // namespace causeway::agent
