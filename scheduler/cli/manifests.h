// SPDX-License-Identifier: Apache-2.0
// The files that plan and apply take: manifests as people write them, or a plan that was saved.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/config/manifest.h"
#include "common/model/api.h"
#include "scheduler/cli/session.h"

namespace causeway::cli {

// Reads files and folders, or shows everything that is wrong with them and sets the exit code.
std::optional<std::vector<config::ManifestFile>> read_manifests(Session& session,
                                                                const std::vector<std::string>& paths);

std::vector<model::Manifest> values_of(const std::vector<config::ManifestFile>& files);

std::vector<model::Wave> waves_in(const std::vector<config::ManifestFile>& files);

// The waves among the manifests, whose progress can be waited for.
std::vector<WaveId> waves_of(const std::vector<model::Manifest>& manifests);

// What was planned, and what it rested on: an apply of it is refused once that has moved.
struct SavedPlan {
  std::string token;
  std::vector<model::Manifest> manifests;
};

// The file is JSON: {"api": "causeway/v1", "kind": "Plan", "token", "manifests": [base64 of the wire
// format]}.
Result<> save_plan(const std::string& file, const SavedPlan& plan);
Result<SavedPlan> load_plan(const std::string& file);

// The lines of a plan with their signs, what can't be placed and why, and the counts.
void print(Session& session, const model::PlanResponse& plan);

}  // namespace causeway::cli
