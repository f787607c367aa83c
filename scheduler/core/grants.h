// SPDX-License-Identifier: Apache-2.0
// Grants over time, and what an application's file asks for beside what was granted.
#pragma once

#include <string>
#include <vector>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// Ends those whose time is over, each with an event.
void expire_grants(State& state);

// Durably, which grants are open on the assignment's host from now on: to be said before it is told.
void note_opened(State& state, const model::Assignment& assignment);

// What the host says of its rules, under its newest assignment: the grants that it has let go of, and what
// that cut.
void note_enforced(State& state, const HostId& host, const model::Report& report);

// Takes those out of the tables that have ended and that every host has let go of, each with an event.
void close_grants(State& state);

// Whether the grant is there and opens something.
bool stands(const Tables& tables, const GrantId& id);

// "closing: waits for h1, h2"
std::string closing_text(const model::GrantRecord& grant);

// Ends those that name an application that is gone: one that comes back under its name is another one.
void end_grants_of(State& state, const ApplicationId& application, const std::string& actor);

// The services that the application's file reaches for and that nobody granted to it, with whole names.
std::vector<std::string> ungranted(const Tables& tables, const model::Catalog& catalog,
                                   const ApplicationId& id, const model::Application& application);

}  // namespace causeway::scheduler
