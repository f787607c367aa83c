// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "common/model/validate.h"
#include "scheduler/core/access.h"
#include "scheduler/core/requests.h"

namespace causeway::scheduler {
namespace {

// 40 letters of Z85 (ZeroMQ RFC 32).
bool is_public_key(const std::string& text) {
  static constexpr std::string_view kPunctuation = ".-:+=^!/*?&<>()[]{}@%$#";
  return text.size() == 40 && std::ranges::all_of(text, [](const char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                  (letter >= 'A' && letter <= 'Z') || kPunctuation.contains(letter);
         });
}

// Who has the key already, in words; empty: nobody.
std::string holder_of(const Tables& tables, const std::string& key) {
  if (const auto* record = tables.key(key); record != nullptr && !record->revoked)
    return fmt::format("key '{}'", record->name);
  if (const auto* host = tables.host_of_key(key)) return fmt::format("the agent of host {}", host->id);
  return "";
}

std::string text_of(const model::KeyRecord& key) {
  if (key.role == model::Role::department) return fmt::format("role department of {}", key.department);
  return fmt::format("role {}", to_string(key.role));
}

}  // namespace

std::string key_problem(const Tables& tables, const std::string& key) {
  if (!is_public_key(key))
    return "that is no public key; it is the one line of 40 letters in the .pub file that 'causeway key new' "
           "writes";
  if (const auto holder = holder_of(tables, key); !holder.empty())
    return fmt::format("this key belongs to {}; one key, one holder", holder);
  return "";
}

model::ResponseBody allow_key(State& state, const Actor& actor, const std::string& reason,
                              const model::KeyAllowRequest& request) {
  auto key = request.key;
  key.revoked = false;
  const auto held = state.tables.keys().find(key.name);
  if (held != state.tables.keys().end() && held->second == key)
    return model::DoneResponse{{fmt::format("key '{}' is allowed already", key.name)}};
  if (const auto problem = model::name_problem(key.name); !problem.empty())
    return refused(Errc::invalid, fmt::format("key name '{}': {}", key.name, problem));
  if (held != state.tables.keys().end() && !held->second.revoked && held->second.key != key.key)
    return refused(Errc::conflict,
                   fmt::format("there is a key '{}' already; revoke it first: causeway key revoke {}",
                               key.name, key.name));
  if (key.role == model::Role::department && !state.tables.departments().contains(key.department))
    return refused(Errc::not_found,
                   fmt::format("no department '{}'; a key of the role department names one", key.department));
  if (key.role != model::Role::department) key.department = DepartmentId();
  const bool same_key =
      held != state.tables.keys().end() && held->second.key == key.key && !held->second.revoked;
  if (!same_key)
    if (auto problem = key_problem(state.tables, key.key); !problem.empty())
      return refused(Errc::invalid, std::move(problem));
  model::DoneResponse done{{fmt::format("key '{}' is allowed, {}", key.name, text_of(key))}};
  state.event(actor.name, "key-allow", fmt::format("key/{}", key.name), text_of(key), reason);
  state.tables.put(std::move(key));
  return done;
}

model::ResponseBody revoke_key(State& state, const Actor& actor, const std::string& reason,
                               const model::KeyRevokeRequest& request) {
  const auto held = state.tables.keys().find(request.name);
  if (held == state.tables.keys().end()) {
    std::vector<std::string> names;
    for (const auto& [name, record] : state.tables.keys()) names.push_back(name);
    return not_found("key", request.name, names);
  }
  if (held->second.revoked)
    return model::DoneResponse{{fmt::format("key '{}' was revoked before", request.name)}};
  const auto operators = std::ranges::count_if(state.tables.keys(), [](const auto& entry) {
    return entry.second.role == model::Role::operator_ && !entry.second.revoked;
  });
  if (held->second.role == model::Role::operator_ && operators == 1)
    return refused(Errc::conflict,
                   fmt::format("'{}' is the last operator key; allow another one first", request.name));
  auto key = held->second;
  key.revoked = true;
  state.event(actor.name, "key-revoke", fmt::format("key/{}", key.name), text_of(key), reason);
  state.tables.put(std::move(key));
  return model::DoneResponse{{fmt::format("key '{}' is revoked", request.name)}};
}

}  // namespace causeway::scheduler
