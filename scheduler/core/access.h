// SPDX-License-Identifier: Apache-2.0
// Who may do what. Identity is the key that the connection proved; what a role may do stands in one table
// (access.cpp). Listings show a department its own things only, by sees().
#pragma once

#include <string>

#include "common/core/result.h"
#include "scheduler/core/state.h"

namespace causeway::scheduler {

// Denied if the key is unknown or revoked.
Result<Actor> identify(const Tables& tables, const std::string& key);

// Denied, and who may instead.
Result<void> authorize(const Actor& actor, const model::RequestBody& request);

// Whether the actor may see what belongs to that department.
bool sees(const Actor& actor, const DepartmentId& department);
// Whether the actor sees the whole site: hosts, keys, other departments.
bool sees_all(const Actor& actor);

std::string_view to_string(model::Role role);

}  // namespace causeway::scheduler
