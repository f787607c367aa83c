// SPDX-License-Identifier: Apache-2.0
#include "agent/core/lease.h"

#include <fmt/format.h>

#include <algorithm>

namespace causeway::agent {
namespace {

constexpr std::size_t kSaidHeld = 64;

}  // namespace

Lease::Lease(const std::vector<ZoneId>& zones, bool lapsed, Duration length, Instant now)
    : length_(length), prolonged_(lapsed ? now - length : now) {
  for (const auto& zone : zones) signs_[zone].due = now;
}

void Lease::said(std::uint64_t nonce, Instant now) {
  said_.emplace_back(nonce, now);
  if (said_.size() > kSaidHeld) said_.pop_front();
}

void Lease::acknowledged(std::uint64_t nonce, Duration length) {
  const auto found = std::ranges::find(said_, nonce, &std::pair<std::uint64_t, Instant>::first);
  if (found == said_.end()) return;
  prolonged_ = std::max(prolonged_, found->second);
  length_ = length;
  said_.erase(said_.begin(), found + 1);
}

std::optional<ZoneId> Lease::begin_sign(Instant now) {
  for (auto& [zone, sign] : signs_) {
    if (sign.under_way || sign.due > now) continue;
    sign.under_way = true;
    sign.began = now;
    return zone;
  }
  return std::nullopt;
}

void Lease::end_sign(const ZoneId& zone, const Result<>& taken, Instant now) {
  auto& sign = signs_.at(zone);
  sign.under_way = false;
  sign.due = taken ? std::max(now, sign.began + kSignInterval) : now + kSignRetry;
  if (taken) prolonged_ = std::max(prolonged_, sign.began);
  sign.problem = taken ? "" : taken.error().what;
}

std::string Lease::problem() const {
  std::string all;
  for (const auto& [zone, sign] : signs_)
    if (!sign.problem.empty())
      all += fmt::format("{}zone {}: {}", all.empty() ? "" : "; ", zone, sign.problem);
  return all;
}

bool Lease::over(Instant now) const { return length_ > Duration{} && now - prolonged_ >= length_; }

Instant Lease::next(Instant now) const {
  Instant next = Instant::max();
  if (!over(now) && length_ > Duration{}) next = prolonged_ + length_;
  for (const auto& [zone, sign] : signs_)
    if (!sign.under_way) next = std::min(next, sign.due);
  return next;
}

}  // namespace causeway::agent
