// SPDX-License-Identifier: Apache-2.0
// The backups that people take of a running scheduler's state: copied a few pages between two rounds of the
// loop, handed out in pieces, given up when nobody asks any more.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/core/time.h"
#include "scheduler/core/core.h"
#include "scheduler/store/store.h"

namespace causeway::scheduler {

inline constexpr std::size_t kBackupsMax = 1;                // a second one is told to wait
inline constexpr std::size_t kBackupPieceBytes = 1'048'576;  // of one answer
inline constexpr Duration kBackupKept{std::chrono::seconds(60)};

class Backups {
 public:
  explicit Backups(store::Store& store) : store_(store) {}

  model::ResponseBody answer(const std::string& route, const model::BackupRequest& request, Instant now);

  // Whether there is something to copy, so that the loop doesn't wait for messages.
  [[nodiscard]] bool busy() const;
  // Copies a little, and forgets what nobody asked for.
  void work(Instant now);

 private:
  struct Standing {
    std::string route;  // who began it; the number alone is no right to have it
    std::unique_ptr<store::Backup> backup;
    store::Backup::Progress progress;
    Instant asked;
    Error failure{};
    bool failed = false;
  };
  model::ResponseBody begin(const std::string& route, Instant now);

  store::Store& store_;
  std::map<std::uint64_t, Standing> standing_;
  std::uint64_t next_ = 1;
};

}  // namespace causeway::scheduler
