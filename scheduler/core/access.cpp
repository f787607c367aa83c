// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <variant>

namespace causeway::scheduler {
namespace {

using model::Role;

bool only_waves(const std::vector<model::Manifest>& manifests) {
  return std::ranges::all_of(
      manifests, [](const auto& manifest) { return std::holds_alternative<model::Wave>(manifest); });
}

bool only_waves_of(const DepartmentId& department, const std::vector<model::Manifest>& manifests) {
  return only_waves(manifests) && std::ranges::all_of(manifests, [&](const auto& manifest) {
           const auto& applications = std::get<model::Wave>(manifest).applications;
           return std::ranges::all_of(
               applications, [&](const auto& entry) { return entry.second.department == department; });
         });
}

Result<void> may(bool allowed, const Actor& actor, std::string_view what, std::string_view who) {
  if (allowed) return {};
  return fail(Errc::denied, fmt::format("key '{}' has the role {} and may not {}; {} may", actor.name,
                                        to_string(actor.role), what, who));
}

// The table of rights, a row for each kind of request.
struct Rights {
  const Actor& actor;

  [[nodiscard]] bool is(Role role) const { return actor.role == role; }
  [[nodiscard]] bool reads() const {
    return is(Role::operator_) || is(Role::migration) || is(Role::supervisor);
  }
  [[nodiscard]] bool owns(const std::string& id) const {
    return is(Role::department) && model::department_of(id) == actor.department;
  }

  Result<void> operator()(const model::PlanRequest& request) const {
    const bool own = is(Role::department) && only_waves_of(actor.department, request.manifests);
    return may(reads() || own, actor, "plan this",
               "an operator, or the department for its own applications,");
  }
  Result<void> operator()(const model::ApplyRequest& request) const {
    if (is(Role::migration))
      return may(only_waves(request.manifests), actor, "apply anything but waves", "an operator");
    return may(is(Role::operator_), actor, "apply", "an operator or a migration team");
  }
  Result<void> operator()(const model::StatusRequest&) const { return {}; }
  Result<void> operator()(const model::GetRequest& request) const {
    static const std::set<std::string> kOfTheSite{"hosts", "keys", "events"};
    return may(reads() || !kOfTheSite.contains(request.noun), actor, fmt::format("list {}", request.noun),
               "an operator, a migration team or a supervisor");
  }
  Result<void> operator()(const model::DescribeRequest& request) const {
    return may(reads() || owns(request.name) || owned_noun(request.noun), actor,
               fmt::format("see {} '{}'", request.noun, request.name), "an operator or a supervisor");
  }
  Result<void> operator()(const model::ExplainRequest& request) const {
    return may(reads() || owns(request.subject), actor, fmt::format("see '{}'", request.subject),
               "an operator or a supervisor");
  }
  Result<void> operator()(const model::PowerRequest& request) const {
    return may(is(Role::operator_) || owns(request.subject), actor,
               fmt::format("start or stop '{}'", request.subject), "an operator or its department");
  }
  Result<void> operator()(const model::DeleteRequest&) const {
    return may(is(Role::operator_), actor, "delete", "an operator");
  }
  Result<void> operator()(const model::HostRequest&) const {
    return may(is(Role::operator_), actor, "change hosts", "an operator");
  }
  Result<void> operator()(const model::HaRequest& request) const {
    const bool looks = request.verb == model::HaVerb::status;
    return may(is(Role::operator_) || (looks && reads()), actor, looks ? "see lost hosts" : "arm or disarm",
               looks ? "an operator or a supervisor" : "an operator");
  }
  Result<void> operator()(const model::KeyAllowRequest&) const {
    return may(is(Role::operator_), actor, "allow keys", "an operator");
  }
  Result<void> operator()(const model::KeyRevokeRequest&) const {
    return may(is(Role::operator_), actor, "revoke keys", "an operator");
  }
  Result<void> operator()(const model::GrantAddRequest&) const {
    return may(is(Role::operator_), actor, "grant", "an operator");
  }
  Result<void> operator()(const model::GrantRevokeRequest&) const {
    return may(is(Role::operator_), actor, "revoke grants", "an operator");
  }
  // Whether one of the two is its own is looked at where they are found.
  Result<void> operator()(const model::ReachRequest&) const { return {}; }
  Result<void> operator()(const model::ConsoleLogRequest& request) const {
    return may(reads() || owns(request.workload.str()), actor,
               fmt::format("read the console of '{}'", request.workload),
               "an operator, a supervisor or its department");
  }

  Result<void> operator()(const model::SnapshotRequest&) const {
    return may(reads(), actor, "see the whole site", "an operator, a migration team or a supervisor");
  }
  Result<void> operator()(const model::BackupRequest&) const {
    return may(is(Role::operator_), actor, "take a backup of the state", "an operator");
  }

  // What describe itself shows a department only if it is the department's own.
  static bool owned_noun(const std::string& noun) {
    static const std::set<std::string> kNouns{"network", "room", "wave", "zone"};
    return kNouns.contains(noun);
  }
};

}  // namespace

Result<Actor> identify(const Tables& tables, const std::string& key) {
  const auto* record = tables.key(key);
  if (record == nullptr)
    return fail(Errc::denied, "this key is not known here; an operator allows it with 'causeway key allow'");
  if (record->revoked) return fail(Errc::denied, fmt::format("key '{}' was revoked", record->name));
  return Actor{record->name, record->role, record->department};
}

Result<void> authorize(const Actor& actor, const model::RequestBody& request) {
  return std::visit(Rights{actor}, request);
}

bool sees_all(const Actor& actor) { return actor.role != Role::department; }

bool sees(const Actor& actor, const DepartmentId& department) {
  return sees_all(actor) || actor.department == department;
}

std::string_view to_string(model::Role role) {
  switch (role) {
    case Role::operator_: return "operator";
    case Role::migration: return "migration";
    case Role::department: return "department";
    case Role::supervisor: return "supervisor";
  }
  return "";
}

}  // namespace causeway::scheduler
