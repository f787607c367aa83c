// SPDX-License-Identifier: Apache-2.0
// The memory of what was tried: which action is under way, which one failed and when it is tried again, and
// which one succeeded but did not last (a guest that ends right after each start). One entry per key, because
// at most one action of a key is under way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>

#include "agent/core/limits.h"
#include "agent/reconcile/action.h"
#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::agent {

struct Attempt {
  Action action;
  bool under_way = false;
  bool succeeded = false;      // the last time, and so far it lasts
  int failures = 0;            // in a row
  std::optional<Error> error;  // of the last failure; stays while it is tried again
  Instant since;               // of the first failure in a row
  Instant not_before;          // the next try
  Instant ended;               // the last try
  Instant wanted;              // the last time that it was asked for
  Progress progress;           // while it is under way
};

class Attempts {
 public:
  explicit Attempts(std::uint64_t seed) : random_(seed) {}

  // Whether the action may be tried now. An action that differs from the one tried before starts afresh.
  bool may_try(const Key& key, const Action& action, Instant now);
  void begin(const Key& key, const Action& action, Instant now);
  void succeed(const Key& key, Instant now);
  void fail(const Key& key, Error error, Instant now);
  void progress(const Key& key, const Progress& progress);
  void forget(const Key& key) { attempts_.erase(key); }

  // The driver of a lane answers again: what failed because it did not is tried at once.
  void hurry(Lane lane, Instant now);
  // Drops what has not been wanted for a while.
  void prune(Instant now);

  [[nodiscard]] const Attempt* find(const Key& key) const;
  [[nodiscard]] bool under_way(const Key& key) const;
  // When the next of those that wait may be tried; none: nothing waits.
  [[nodiscard]] std::optional<Instant> next(Instant now) const;

 private:
  Duration wait_after(int failures, Errc code);

  std::map<Key, Attempt> attempts_;
  std::mt19937_64 random_;
};

}  // namespace causeway::agent
