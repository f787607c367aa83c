// SPDX-License-Identifier: Apache-2.0
// Two small memories about who asked: answers that may have got lost on their way, and refusals that shall be
// seen in the log without filling it.
#pragma once

#include <cstddef>
#include <string>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// Answers that are kept for a repetition. After more requests than that, or after a restart of the scheduler,
// a repeated request is carried out again: what it asks for stands then, and it finds nothing to change. Only
// a restart of a workload is done a second time.
inline constexpr std::size_t kAnswersKept = 64;
// Refusals in a minute that become events of their own; the rest is counted in the next one.
inline constexpr int kRefusalsPerMinute = 10;

// The answer to the same request of the same key; nullptr: it is not a repetition, or is not remembered.
const model::ResponseBody* answered_before(const State& state, const std::string& key,
                                           const model::Request& request);
// Keeps the answer of a request that changes something.
void remember_answer(State& state, const std::string& key, const model::Request& request,
                     const model::ResponseBody& body);

void note_refusal(State& state, const std::string& key, const std::string& why);

}  // namespace causeway::scheduler
