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

// A department's use against its quotas, of all zones that are shown together.
struct DepartmentRow {
  const model::DepartmentRecord& record;
  std::int64_t applications = 0;
  model::Quota quota;
  Sum used;
  std::string zones;  // "extranet 12/100 intranet 0/20" vCPUs
  model::List by_zone;
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

DepartmentRow department_row(const State& state, const model::DepartmentRecord& record,
                             const Filters& filters) {
  DepartmentRow row{record, 0, {}, {}, "", {}};
  row.applications = std::ranges::count_if(state.tables.applications(), [&](const auto& entry) {
    return entry.second.spec.department == record.id;
  });
  for (const auto& [zone, quota] : record.spec.quotas) {
    if (!passes(filters, "zone", zone.str())) continue;
    const auto used = used_by(state.tables, record.id, zone);
    row.quota.vcpus += quota.vcpus;
    row.quota.memory += quota.memory;
    row.quota.volumes += quota.volumes;
    row.used.vcpus += used.vcpus;
    row.used.memory += used.memory;
    row.used.volumes += used.volumes;
    row.used.workloads += used.workloads;
    row.zones += fmt::format("{}{} {}/{}", row.zones.empty() ? "" : " ", zone, used.vcpus, quota.vcpus);
    row.by_zone.emplace_back(model::Object{{"zone", zone.str()},
                                           {"vcpus", quota.vcpus},
                                           {"vcpus_used", used.vcpus},
                                           {"memory_mib", quota.memory.value},
                                           {"memory_used_mib", used.memory.value},
                                           {"volumes_gib", quota.volumes.value},
                                           {"volumes_used_gib", used.volumes.value}});
  }
  return row;
}

}  // namespace

model::Listing list_departments(const State& state, const Actor& actor, const Filters& filters) {
  std::vector<DepartmentRow> rows;
  for (const auto& [id, record] : state.tables.departments())
    if (sees(actor, id)) rows.push_back(department_row(state, record, filters));
  using Row = DepartmentRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.record.id.str(); }},
      {plain("title", "TITLE"), [](const Row& row) { return row.record.spec.title; }},
      {wide("english", "ENGLISH"), [](const Row& row) { return row.record.spec.english; }},
      {right("applications", "APPLICATIONS"), [](const Row& row) { return row.applications; }},
      {right("workloads", "WORKLOADS"), [](const Row& row) { return row.used.workloads; }},
      {right("vcpus", "VCPU"), [](const Row& row) { return cell_used(row.used.vcpus, row.quota.vcpus); }},
      {right("memory_used_mib", "MEMORY"), [](const Row& row) { return cell(row.used.memory); }},
      {right("memory_quota_mib", "QUOTA"), [](const Row& row) { return cell(row.quota.memory); }},
      {right("volumes_used_gib", "VOLUMES"), [](const Row& row) { return cell(row.used.volumes); }},
      {right("volumes_quota_gib", "QUOTA"), [](const Row& row) { return cell(row.quota.volumes); }},
      {wide("zones", "VCPU BY ZONE"), [](const Row& row) { return cell(row.zones, row.by_zone); }},
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
