// SPDX-License-Identifier: Apache-2.0
#include "scheduler/daemon/backups.h"

#include <utility>

namespace causeway::scheduler {

model::ResponseBody Backups::begin(const std::string& route, Instant now) {
  // A request that is repeated, because its answer got lost, finds the backup that it began.
  for (auto& [number, one] : standing_)
    if (one.route == route && !one.progress.whole) return model::BackupResponse{.backup = number};
  if (standing_.size() >= kBackupsMax)
    return model::ErrorResponse{{Errc::busy, "another backup is being taken; try again in a minute"}, {}};
  auto backup = store_.begin_backup();
  if (!backup) return model::ErrorResponse{backup.error(), {}};
  const auto number = next_++;
  standing_.emplace(number, Standing{.route = route, .backup = std::move(*backup), .asked = now});
  return model::BackupResponse{.backup = number};
}

model::ResponseBody Backups::answer(const std::string& route, const model::BackupRequest& request,
                                    Instant now) {
  if (request.backup == 0) return begin(route, now);
  const auto found = standing_.find(request.backup);
  if (found == standing_.end() || found->second.route != route)
    return model::ErrorResponse{{Errc::not_found, "this backup is not being taken any more; begin it again"},
                                {}};
  auto& one = found->second;
  one.asked = now;
  if (one.failed) return model::ErrorResponse{one.failure, {}};
  model::BackupResponse response{.backup = request.backup, .whole = one.progress.whole};
  if (!response.whole) {
    response.done = one.progress.done;
    response.total = one.progress.total;
    return response;
  }
  auto piece = one.backup->read(request.offset, kBackupPieceBytes);
  if (!piece) return model::ErrorResponse{piece.error(), {}};
  response.total = one.backup->size();
  response.sha256 = one.backup->sha256();
  response.piece = std::move(*piece);
  // Who has asked behind the end has all of it.
  if (request.offset >= response.total) standing_.erase(found);
  return response;
}

bool Backups::busy() const {
  for (const auto& [number, one] : standing_)
    if (!one.progress.whole && !one.failed) return true;
  return false;
}

void Backups::work(Instant now) {
  std::erase_if(standing_, [&](const auto& entry) { return now - entry.second.asked > kBackupKept; });
  for (auto& [number, one] : standing_) {
    if (one.progress.whole || one.failed) continue;
    const auto progress = one.backup->step();
    if (progress) {
      one.progress = *progress;
    } else {
      one.failed = true;
      one.failure = progress.error();
    }
  }
}

}  // namespace causeway::scheduler
