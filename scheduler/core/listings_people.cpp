// SPDX-License-Identifier: Apache-2.0
// Departments, rooms, events and keys.
#include <fmt/format.h>

#include <algorithm>

#include "common/core/text.h"
#include "scheduler/core/access.h"
#include "scheduler/core/listings.h"
#include "scheduler/core/rooms.h"
#include "scheduler/core/table.h"

namespace causeway::scheduler {
namespace {

// A department's use of one zone against its quota there.
struct DepartmentRow {
  const model::DepartmentRecord& record;
  ZoneId zone;  // empty: it has no quota anywhere
  model::Quota quota;
  Sum used;
};

struct RoomRow {
  const model::RoomRecord& record;
  std::vector<std::string> left;
};

model::List list_of(const std::vector<std::string>& texts) {
  model::List list;
  for (const auto& text : texts) list.emplace_back(text);
  return list;
}

// Subjects are KIND/NAME, and the names of workloads and applications begin with their department's.
std::string name_in(const std::string& subject) { return subject.substr(subject.find('/') + 1); }

bool concerns(const model::EventRecord& event, const Filters& filters) {
  const auto name = name_in(event.subject);
  const auto is = [&](const std::string& key, const std::string& kind) {
    const auto filter = filters.find(key);
    return filter == filters.end() || event.subject == kind + "/" + filter->second;
  };
  const auto application = filters.find("application");
  const bool of_application = application == filters.end() || name == application->second ||
                              name.starts_with(application->second + "/");
  const auto department = filters.find("department");
  const bool of_department =
      department == filters.end() || name == department->second || name.starts_with(department->second + "/");
  return is("host", "host") && is("wave", "wave") && of_application && of_department;
}

}  // namespace

model::Listing list_departments(const State& state, const Actor& actor, const Filters& filters) {
  std::vector<DepartmentRow> rows;
  for (const auto& [id, record] : state.tables.departments()) {
    if (!sees(actor, id)) continue;
    for (const auto& [zone, quota] : record.spec.quotas)
      if (passes(filters, "zone", zone.str()))
        rows.push_back({record, zone, quota, used_by(state.tables, id, zone)});
    if (record.spec.quotas.empty() && !filters.contains("zone")) rows.push_back({record, {}, {}, {}});
  }
  using Row = DepartmentRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.record.id.str(); }},
      {plain("title", "TITLE"), [](const Row& row) { return row.record.spec.title; }},
      {wide("english", "ENGLISH"), [](const Row& row) { return row.record.spec.english; }},
      {plain("zone", "ZONE"), [](const Row& row) { return row.zone.str(); }},
      {right("workloads", "WORKLOADS"), [](const Row& row) { return row.used.workloads; }},
      {right("vcpus", "VCPU"), [](const Row& row) { return cell_used(row.used.vcpus, row.quota.vcpus); }},
      {right("memory_used_mib", "MEMORY"), [](const Row& row) { return cell(row.used.memory); }},
      {right("memory_quota_mib", "QUOTA"), [](const Row& row) { return cell(row.quota.memory); }},
      {right("volumes_used_gib", "VOLUMES"), [](const Row& row) { return cell(row.used.volumes); }},
      {right("volumes_quota_gib", "QUOTA"), [](const Row& row) { return cell(row.quota.volumes); }},
  };
  return list("departments", kColumns, rows);
}

model::Listing list_rooms(const State& state, const Actor& actor, const Filters& filters) {
  std::vector<RoomRow> rows;
  for (const auto& [id, record] : state.tables.rooms())
    if (sees(actor, record.spec.department) && passes(filters, "department", record.spec.department.str()))
      rows.push_back({record, servers_left(state, record)});
  using Row = RoomRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.record.id.str(); }},
      {plain("title", "TITLE"), [](const Row& row) { return row.record.spec.title; }},
      {plain("department", "DEPARTMENT"), [](const Row& row) { return row.record.spec.department.str(); }},
      {right("servers", "SERVERS"),
       [](const Row& row) { return static_cast<std::int64_t>(row.record.spec.servers.size()); }},
      {right("left", "LEFT"), [](const Row& row) { return static_cast<std::int64_t>(row.left.size()); }},
      {plain("can_be_retired", "CAN BE RETIRED"),
       [](const Row& row) { return cell(row.left.empty() ? "yes" : "no", row.left.empty()); }},
      {wide("servers_left", "SERVERS LEFT"),
       [](const Row& row) { return cell(join(row.left, " "), list_of(row.left)); }},
      {wide("address", "ADDRESS"), [](const Row& row) { return row.record.spec.address; }},
  };
  return list("rooms", kColumns, rows);
}

model::Listing list_events(const State& state, const Actor&, const Filters& filters) {
  std::vector<model::EventRecord> rows;
  for (const auto& event : state.tables.events())
    if (concerns(event, filters)) rows.push_back(event);
  using Row = model::EventRecord;
  static const std::vector<TableColumn<Row>> kColumns{
      {right("sequence", "NUMBER"), [](const Row& row) { return static_cast<std::int64_t>(row.sequence); }},
      {plain("at", "AT"), [](const Row& row) { return cell(row.at); }},
      {plain("actor", "WHO"), [](const Row& row) { return row.actor; }},
      {plain("verb", "WHAT"), [](const Row& row) { return row.verb; }},
      {plain("subject", "SUBJECT"), [](const Row& row) { return row.subject; }},
      {plain("text", "TEXT"), [](const Row& row) { return row.text; }},
      {plain("reason", "REASON"), [](const Row& row) { return row.reason; }},
  };
  return list("events", kColumns, rows);
}

model::Listing list_keys(const State& state, const Actor&, const Filters& filters) {
  std::vector<model::KeyRecord> rows;
  for (const auto& [name, key] : state.tables.keys())
    if (passes(filters, "department", key.department.str())) rows.push_back(key);
  using Row = model::KeyRecord;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.name; }},
      {plain("role", "ROLE"), [](const Row& row) { return std::string(to_string(row.role)); }},
      {plain("department", "DEPARTMENT"), [](const Row& row) { return row.department.str(); }},
      {plain("state", "STATE"), [](const Row& row) { return row.revoked ? "revoked" : "allowed"; }},
      {plain("key", "KEY"), [](const Row& row) { return row.key; }},
  };
  return list("keys", kColumns, rows);
}

}  // namespace causeway::scheduler
