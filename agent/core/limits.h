// SPDX-License-Identifier: Apache-2.0
// Every limit and interval of an agent, in one place.
#pragma once

#include <array>
#include <cstddef>

#include "agent/reconcile/action.h"
#include "common/core/time.h"

namespace causeway::agent {

using namespace std::chrono_literals;

// Orders under way on a lane at once: a hypervisor and a switch are asked one thing at a time, storage can do
// several.
inline constexpr std::array<int, kLanes> kOrdersAtOnce{/*compute*/ 1, /*network*/ 1, /*storage*/ 4,
                                                       /*imports*/ 2, /*liveness*/ 2};

// How old an observation may be. Wakeups come sooner; this finds what no wakeup told.
inline constexpr Duration kLookInterval = 10s;
inline constexpr Duration kPoolLookInterval = 60s;  // a pool is large, and the same for all hosts of a zone
// A look comes before waiting work only if the last one is at least this old.
inline constexpr Duration kLookGap = 500ms;
// A new core waits so long for its first looks before it reports.
inline constexpr Duration kFirstLookPatience = 5s;
inline constexpr Duration kLookRetryMax = 15s;  // between looks at a driver that doesn't answer
inline constexpr Duration kSweepInterval = 6h;
inline constexpr Duration kSweepSoon = 1min;  // after a removal, which may have cut a copy short

// After a failure: the first wait, doubled with each further one up to the most, each 25 % more or less.
inline constexpr Duration kRetryFirst = 1s;
inline constexpr Duration kRetryMax = 60s;
// Work that somebody else is at (an image being imported) is asked for again in this time.
inline constexpr Duration kBusyRetry = 1s;
// What was done and is wanted again within this time did not last, and counts as a failure.
inline constexpr Duration kCalm = 30s;

// How long a guest may take to power off before its plug is pulled, and how often it is asked meanwhile.
inline constexpr Duration kStopPatience = 60s;
inline constexpr Duration kRemovePatience = 15s;  // it is to be removed, or ends to move
inline constexpr Duration kAskAgain = 10s;

inline constexpr Duration kHungAfter = 2min;   // an order without an answer is reported as trouble
inline constexpr Duration kWaitsItsTurn = 2s;  // work that waits behind another for so long says so

// Between two signs of life in a zone's pool, and after one that was not taken.
inline constexpr Duration kSignInterval = 3s;
inline constexpr Duration kSignRetry = 1s;

inline constexpr Duration kReportGap = 100ms;  // between two reports
inline constexpr Duration kProgressGap = 1s;   // if nothing but percentages changed
inline constexpr Duration kHeartbeatInterval = 5s;

}  // namespace causeway::agent
