// SPDX-License-Identifier: Apache-2.0
// What each kind of request does. All of them are called for an actor whose right to ask was checked; each
// decides first and changes the tables only when nothing can fail any more, so that a refused request leaves
// no trace.
#pragma once

#include <optional>
#include <string>

#include "common/model/api.h"
#include "scheduler/core/state.h"

namespace causeway::scheduler {

model::ResponseBody plan(State& state, const Actor& actor, const model::PlanRequest& request);
model::ResponseBody apply(State& state, const Actor& actor, const std::string& reason,
                          const model::ApplyRequest& request);
model::ResponseBody power(State& state, const Actor& actor, const std::string& reason,
                          const model::PowerRequest& request);
model::ResponseBody remove(State& state, const Actor& actor, const std::string& reason,
                           const model::DeleteRequest& request);
model::ResponseBody change_host(State& state, const Actor& actor, const std::string& reason,
                                const model::HostRequest& request);
model::ResponseBody ha(State& state, const Actor& actor, const std::string& reason,
                       const model::HaRequest& request);
model::ResponseBody allow_key(State& state, const Actor& actor, const std::string& reason,
                              const model::KeyAllowRequest& request);
model::ResponseBody revoke_key(State& state, const Actor& actor, const std::string& reason,
                               const model::KeyRevokeRequest& request);

model::ResponseBody add_grant(State& state, const Actor& actor, const std::string& reason,
                              const model::GrantAddRequest& request);
model::ResponseBody revoke_grant(State& state, const Actor& actor, const std::string& reason,
                                 const model::GrantRevokeRequest& request);

model::ResponseBody status(const State& state, const Actor& actor, const model::StatusRequest& request);
model::ResponseBody get(const State& state, const Actor& actor, const model::GetRequest& request);
model::ResponseBody describe(const State& state, const Actor& actor, const model::DescribeRequest& request);
model::ResponseBody explain(const State& state, const Actor& actor, const model::ExplainRequest& request);

// Asks the workload's host. Nothing: the answer comes later, by take_console or expire_consoles.
std::optional<model::ResponseBody> console(State& state, const std::string& route, std::uint64_t request_id,
                                           const model::ConsoleLogRequest& request);
void take_console(State& state, const HostId& host, const model::ConsoleReply& reply);
void expire_consoles(State& state);

// Takes a workload that is gone from its host out of the tables, with its application and wave if it was the
// last of them.
void forget(State& state, const WorkloadId& id, const std::string& actor);

// What is wrong with a key that somebody shall hold from now on; empty: nothing.
std::string key_problem(const Tables& tables, const std::string& key);

model::ErrorResponse refused(Errc code, std::string what);
// "no workload 'a/b/x'; did you mean 'a/b/c'?"
model::ErrorResponse not_found(std::string_view noun, const std::string& name,
                               const std::vector<std::string>& known);

}  // namespace causeway::scheduler
