// SPDX-License-Identifier: Apache-2.0
// Whether a file is a scheduler's state that another scheduler could go on from: its pages, its audit log,
// its records one by one and against each other. And how such a file becomes the state of a scheduler again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/core/result.h"
#include "scheduler/store/store.h"

namespace causeway::store {

struct Checked {
  int schema = 0;
  Epoch epoch;
  Revision revision;
  std::size_t hosts = 0;
  std::size_t applications = 0;
  std::size_t workloads = 0;
  Chain chain;
  std::vector<std::string> problems;  // empty: it is sound
};

// Reads only. An error: it can't even be looked at (busy: a scheduler has it open; not_found; corrupt: no
// such file). A state file whose scheduler was killed is looked at with its log.
Result<Checked> check_file(const std::filesystem::path& file);

// What the records say against each other: names that nothing stands behind, things that only one may have.
std::vector<std::string> contradictions(const std::vector<model::Record>& records);

// Terms of leadership that may have begun after a backup was taken: a restored state begins beyond them, or
// agents would take its scheduler for one that is out of date.
inline constexpr std::uint64_t kEpochsAhead = 1'000'000;

// Makes `file` from a backup that check_file found sound, and counts its epoch kEpochsAhead up. Conflict: the
// file is there already, or its log; nothing is ever overwritten.
Result<> restore_file(const std::filesystem::path& backup, const std::filesystem::path& file);

}  // namespace causeway::store
