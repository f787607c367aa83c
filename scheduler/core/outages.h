// SPDX-License-Identifier: Apache-2.0
// Hosts that are lost, from their death to their return:
//
//   up --both signs silent for the lease--> dead --fence read back--> fenced --reports--> returning
//   --clean--> up
//                                            \--reports, fence not confirmed-------------/
//
// Where the site has named a host's BMC, its power is cut too, after its fence in the storage stands. Either
// nobody waits for that, and it is tried for kPowerWindow; or the host counts as fenced only when it was read
// back that it is off, however long that takes. Nothing switches it on again: that is a person's to do.
//
// Each step is durable before what follows from it leaves, so a scheduler that starts anew goes on where the
// last one was; orders are given again, because nobody knows which were carried out. Behind a fence a host is
// told to give up everything that it had (assignments.cpp), and its fence is lifted only after it reported,
// about that very assignment, that all of it is gone.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// An order that does not come back within that time is given again.
inline constexpr Duration kFenceDeadline{std::chrono::seconds(30)};
// The same of an order to switch it off, which a BMC may take its time for.
inline constexpr Duration kPowerDeadline{fence::kOffWithin + fence::kReadWithin + std::chrono::seconds(5)};
// How long after its fence a host is still switched off. Later somebody may have begun to repair it.
inline constexpr Duration kPowerWindow{std::chrono::minutes(10)};
// After a failure, doubled with each further one up to the most.
inline constexpr Duration kFenceRetryMin{std::chrono::seconds(1)};
inline constexpr Duration kFenceRetryMax{std::chrono::seconds(15)};
// Hosts that died within that time of each other count together against the fence budget.
inline constexpr Duration kBudgetWindow{std::chrono::hours(1)};

void take_fence(State& state, const FenceDone& done);
void go_on_with_outages(State& state);

bool disarmed(const State& state);
// How many hosts may be lost at once.
std::size_t fence_budget(const State& state);

// What a lost host waits for, in words: "its fence: pool 'extranet': no answer (try 4, since …)". Empty: it
// is not lost.
std::string outage_reason(const State& state, const model::HostRecord& host);
// What keeps it from being switched off, in words; empty: nothing, or that is not wanted.
std::string power_problem(const State& state, const model::HostRecord& host);
// Why a silent host is left alone; empty: it isn't silent, or nothing is in the way.
std::string left_alone_reason(const State& state, const model::HostRecord& host);
// What is wrong with a host that reports and leaves no sign of life in the storage; empty: nothing is.
std::string storage_reason(const State& state, const model::HostRecord& host);

std::string_view to_string(model::Outage outage);

}  // namespace causeway::scheduler
