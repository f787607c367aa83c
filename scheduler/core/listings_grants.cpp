// SPDX-License-Identifier: Apache-2.0
// Grants, and beside them what files reach for without one.
#include <fmt/format.h>

#include <optional>

#include "common/model/validate.h"
#include "scheduler/core/access.h"
#include "scheduler/core/grants.h"
#include "scheduler/core/listings.h"
#include "scheduler/core/table.h"

namespace causeway::scheduler {
namespace {

struct GrantRow {
  ApplicationId application;
  std::string service;
  const model::GrantRecord* grant;  // nullptr: asked for by the file only
  std::string state;
};

// "open", or why it is not.
std::string state_of(const model::GrantRecord& grant, const model::Catalog& catalog) {
  if (grant.closing) return closing_text(grant);
  const auto service = model::resolve_service(grant.service.str(), catalog);
  return service ? "open" : fmt::format("without effect: {}", service.error().what);
}

bool shown(const State& state, const Actor& actor, const Filters& filters, const ApplicationId& application) {
  const auto record = state.tables.applications().find(application);
  const auto department = model::department_of(application.str());
  return sees(actor, department) && passes(filters, "department", department.str()) &&
         passes(filters, "application", application.str()) &&
         (record == state.tables.applications().end() ||
          passes(filters, "zone", record->second.spec.zone.str()));
}

}  // namespace

model::Listing list_grants(const State& state, const Actor& actor, const Filters& filters) {
  const auto catalog = state.tables.catalog();
  std::vector<GrantRow> rows;
  for (const auto& [id, grant] : state.tables.grants())
    if (shown(state, actor, filters, grant.application) ||
        (model::is_outside(grant.application) &&
         shown(state, actor, filters, model::application_of(grant.service))))
      rows.push_back({grant.application, grant.service.str(), &grant, state_of(grant, catalog)});
  for (const auto& [id, record] : state.tables.applications()) {
    if (!shown(state, actor, filters, id)) continue;
    for (const auto& service : ungranted(state.tables, catalog, id, record.spec))
      rows.push_back({id, service, nullptr, "waits for a grant"});
  }
  using Row = GrantRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("application", "APPLICATION"), [](const Row& row) { return row.application.str(); }},
      {plain("service", "REACHES"), [](const Row& row) { return row.service; }},
      {plain("state", "STATE"), [](const Row& row) { return row.state; }},
      {plain("until", "UNTIL"),
       [](const Row& row) { return row.grant == nullptr ? model::Value() : cell(row.grant->until); }},
      {wide("actor", "BY"),
       [](const Row& row) { return row.grant == nullptr ? std::string() : row.grant->actor; }},
      {plain("reason", "REASON"),
       [](const Row& row) { return row.grant == nullptr ? std::string() : row.grant->reason; }},
  };
  return list("grants", kColumns, rows);
}

}  // namespace causeway::scheduler
