// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/answers.h"

#include <fmt/format.h>

#include <type_traits>
#include <variant>

namespace causeway::scheduler {
namespace {

template <class Body>
bool is_dry_run(const Body& body) {
  if constexpr (requires { body.dry_run; })
    return body.dry_run;
  else
    return false;
}

bool changes_something(const model::RequestBody& request) {
  return std::visit(
      []<class Body>(const Body& body) {
        if constexpr (std::is_same_v<Body, model::HaRequest>) return body.verb != model::HaVerb::status;
        constexpr bool kChanges =
            std::is_same_v<Body, model::ApplyRequest> || std::is_same_v<Body, model::PowerRequest> ||
            std::is_same_v<Body, model::DeleteRequest> || std::is_same_v<Body, model::HostRequest> ||
            std::is_same_v<Body, model::KeyAllowRequest> || std::is_same_v<Body, model::KeyRevokeRequest> ||
            std::is_same_v<Body, model::GrantAddRequest> || std::is_same_v<Body, model::GrantRevokeRequest>;
        return kChanges && !is_dry_run(body);
      },
      request);
}

}  // namespace

std::optional<model::ResponseBody> answered_before(const State& state, const std::string& key,
                                                   const model::Request& request) {
  if (!changes_something(request.body)) return std::nullopt;
  const auto* record = state.tables.answer(key, request.id);
  // An id that a client used for an apply before and for something else now is no repetition.
  if (record == nullptr || record->applied != std::holds_alternative<model::ApplyRequest>(request.body))
    return std::nullopt;
  if (const auto whole = state.whole_answers.find(record->sequence); whole != state.whole_answers.end())
    return whole->second;
  if (!record->applied) return model::DoneResponse{record->messages};
  model::PlanResponse plan;
  plan.unchanged = record->unchanged;
  plan.token = record->token;
  plan.applied = true;
  return plan;
}

void remember_answer(State& state, const std::string& key, const model::Request& request,
                     const model::ResponseBody& body) {
  if (!changes_something(request.body)) return;
  model::AnswerRecord record;
  record.key = key;
  record.request = request.id;
  if (const auto* plan = std::get_if<model::PlanResponse>(&body)) {
    // What was refused is decided anew: by then it may be possible. What changed nothing can be asked again.
    if (!plan->applied || plan->lines.empty()) return;
    record.applied = true;
    record.unchanged = plan->unchanged;
    record.token = plan->token;
  } else if (const auto* done = std::get_if<model::DoneResponse>(&body)) {
    record.messages = done->messages;
  } else {
    return;
  }
  const auto sequence = state.tables.append(std::move(record));
  state.whole_answers.emplace(sequence, body);
  while (state.whole_answers.size() > kWholeAnswersKept)
    state.whole_answers.erase(state.whole_answers.begin());
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
