// SPDX-License-Identifier: Apache-2.0
// Grants over time, and what an application's file asks for beside what was granted.
#pragma once

#include <string>
#include <vector>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// Ends those whose time is over, each with an event.
void expire_grants(State& state);

// Ends those that name an application that is gone: one that comes back under its name is another one.
void end_grants_of(State& state, const ApplicationId& application, const std::string& actor);

// The services that the application's file reaches for and that nobody granted to it, with whole names.
std::vector<std::string> ungranted(const Tables& tables, const model::Catalog& catalog,
                                   const ApplicationId& id, const model::Application& application);

}  // namespace causeway::scheduler
