// SPDX-License-Identifier: Apache-2.0
// Two small memories about who asked: answers that may have got lost on their way, and refusals that shall be
// seen in the log without filling it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scheduler/core/state.h"

namespace causeway::scheduler {

// Answers that are kept whole, in memory; of older ones, and after a restart, the lines of a plan are
// missing.
inline constexpr std::uint64_t kWholeAnswersKept = 64;
// Refusals in a minute that become events of their own; the rest is counted in the next one.
inline constexpr int kRefusalsPerMinute = 10;

// The answer to the same request of the same key, by this scheduler or one before it; nothing: it is no
// repetition, or more than model::kAnswersKept others were answered since.
std::optional<model::ResponseBody> answered_before(const State& state, const std::string& key,
                                                   const model::Request& request);
// Keeps the answer of a request that changed something, durably and in the same transaction.
void remember_answer(State& state, const std::string& key, const model::Request& request,
                     const model::ResponseBody& body);

void note_refusal(State& state, const std::string& key, const std::string& why);

}  // namespace causeway::scheduler
