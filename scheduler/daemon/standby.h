// SPDX-License-Identifier: Apache-2.0
// A scheduler's time before it leads.
#pragma once

#include <memory>

#include "common/core/result.h"
#include "common/process/service.h"
#include "scheduler/leadership/leadership.h"
#include "scheduler/store/store.h"

namespace causeway::scheduler {

// Looks a few times a second until it leads; the state then. Null: a signal came first. An error: the state
// can't be opened although nobody else leads.
Result<std::unique_ptr<store::Store>> wait_to_lead(leadership::Leadership& leadership,
                                                   process::Signals& signals);

}  // namespace causeway::scheduler
