// SPDX-License-Identifier: Apache-2.0
#include "agent/core/attempts.h"

#include <algorithm>
#include <utility>

namespace causeway::agent {

bool Attempts::may_try(const Key& key, const Action& action, Instant now) {
  const auto found = attempts_.find(key);
  if (found == attempts_.end()) return true;
  auto& attempt = found->second;
  attempt.wanted = now;
  if (attempt.under_way) return false;
  if (!(attempt.action == action)) {
    attempts_.erase(found);
    return true;
  }
  if (attempt.succeeded) {
    // Once may be chance (somebody undid it) and costs nothing to mend at once; again and again is a failure.
    attempt.succeeded = false;
    if (++attempt.failures > 1) {
      if (!attempt.error) attempt.since = now;
      attempt.error = Error{Errc::unavailable, "it was done and did not last"};
      attempt.not_before = now + wait_after(attempt.failures - 1, Errc::unavailable);
    }
  }
  return now >= attempt.not_before;
}

void Attempts::begin(const Key& key, const Action& action, Instant now) {
  auto& attempt = attempts_.try_emplace(key, Attempt{.action = action}).first->second;
  attempt.under_way = true;
  attempt.progress = {};
  attempt.wanted = now;
}

void Attempts::succeed(const Key& key, Instant now) {
  const auto found = attempts_.find(key);
  if (found == attempts_.end()) return;
  auto& attempt = found->second;
  attempt.under_way = false;
  attempt.succeeded = true;
  attempt.ended = attempt.wanted = now;
  attempt.error.reset();
}

void Attempts::fail(const Key& key, Error error, Instant now) {
  const auto found = attempts_.find(key);
  if (found == attempts_.end()) return;
  auto& attempt = found->second;
  attempt.under_way = false;
  if (!attempt.error) attempt.since = now;
  ++attempt.failures;
  attempt.not_before = now + wait_after(attempt.failures, error.code);
  attempt.error = std::move(error);
  attempt.ended = attempt.wanted = now;
}

void Attempts::progress(const Key& key, const Progress& progress) {
  if (const auto found = attempts_.find(key); found != attempts_.end()) found->second.progress = progress;
}

void Attempts::hurry(Lane lane, Instant now) {
  for (auto& [key, attempt] : attempts_) {
    const bool away =
        attempt.error && (attempt.error->code == Errc::unavailable || attempt.error->code == Errc::timeout);
    if (away && lane_of(attempt.action) == lane) attempt.not_before = std::min(attempt.not_before, now);
  }
}

void Attempts::prune(Instant now) {
  std::erase_if(attempts_, [&](const auto& entry) {
    return !entry.second.under_way && entry.second.not_before <= now && now - entry.second.wanted > kCalm;
  });
}

const Attempt* Attempts::find(const Key& key) const {
  const auto found = attempts_.find(key);
  return found != attempts_.end() ? &found->second : nullptr;
}

bool Attempts::under_way(const Key& key) const {
  const auto* attempt = find(key);
  return attempt && attempt->under_way;
}

std::optional<Instant> Attempts::next(Instant now) const {
  std::optional<Instant> first;
  for (const auto& [key, attempt] : attempts_) {
    if (attempt.under_way || !attempt.error || attempt.not_before <= now) continue;
    if (!first || attempt.not_before < *first) first = attempt.not_before;
  }
  return first;
}

Duration Attempts::wait_after(int failures, Errc code) {
  const auto doubled = kRetryFirst * (std::int64_t{1} << std::clamp(failures - 1, 0, 6));
  const Duration wait = code == Errc::busy ? kBusyRetry : std::min<Duration>(doubled, kRetryMax);
  const auto percent = 75 + static_cast<std::int64_t>(random_() % 51);
  return wait * percent / 100;
}

}  // namespace causeway::agent
