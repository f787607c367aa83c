// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace causeway::scheduler {
namespace {

bool changes_something(const model::RequestBody& body) {
  return std::holds_alternative<model::ApplyRequest>(body) ||
         std::holds_alternative<model::PowerRequest>(body) ||
         std::holds_alternative<model::DeleteRequest>(body) ||
         std::holds_alternative<model::HostRequest>(body) ||
         std::holds_alternative<model::KeyAllowRequest>(body) ||
         std::holds_alternative<model::KeyRevokeRequest>(body);
}

}  // namespace

const model::ResponseBody* answered_before(const State& state, const std::string& key,
                                           const model::Request& request) {
  const auto found = std::ranges::find_if(state.answered, [&](const Answered& answer) {
    return answer.request.id == request.id && answer.key == key && answer.request == request;
  });
  return found == state.answered.end() ? nullptr : &found->body;
}

void remember_answer(State& state, const std::string& key, const model::Request& request,
                     const model::ResponseBody& body) {
  if (!changes_something(request.body) || std::holds_alternative<model::ErrorResponse>(body)) return;
  // What was refused is decided anew: by then it may be possible.
  if (const auto* plan = std::get_if<model::PlanResponse>(&body); plan != nullptr && !plan->applied) return;
  state.answered.push_back({key, request, body});
  if (state.answered.size() > kAnswersKept) state.answered.pop_front();
}

void note_refusal(State& state, const std::string& key, const std::string& why) {
  auto& log = state.refusals;
  if (state.now - log.window_start >= std::chrono::minutes(1)) {
    log.window_start = state.now;
    log.in_window = 0;
  }
  if (log.in_window >= kRefusalsPerMinute) {
    ++log.suppressed;
    return;
  }
  ++log.in_window;
  const auto more = log.suppressed == 0 ? "" : fmt::format("; {} more since the last one", log.suppressed);
  log.suppressed = 0;
  // The beginning of a public key is enough to recognize it.
  state.event("key " + key.substr(0, 8), "refused", "scheduler/" + state.options.name, why + more);
}

}  // namespace causeway::scheduler
