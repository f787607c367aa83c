// SPDX-License-Identifier: Apache-2.0
// Who reaches whom, by the policy, for one pair or all of them.
#include "scheduler/core/access.h"
#include "scheduler/core/listings.h"
#include "scheduler/core/reach.h"
#include "scheduler/core/table.h"

namespace causeway::scheduler {
namespace {

struct ReachRow {
  const model::Workload& from;
  const model::Workload& to;
  std::string what;
  Reach reach;
};

}  // namespace

model::Listing list_reach(const State& state, const Actor& actor, const Filters& filters) {
  const auto what = filters.find("what");
  const bool all = what != filters.end() && what->second == "all";
  const auto asked = read_asked(what == filters.end() || all ? "" : what->second);
  std::vector<ReachRow> rows;
  const auto shown = [&](const model::Workload& workload) {
    return sees(actor, model::department_of(workload.id.str()));
  };
  for (const auto& [from_id, from] : state.tables.workloads()) {
    if (!asked || !passes(filters, "from", from_id.str())) continue;
    for (const auto& [to_id, to] : state.tables.workloads()) {
      if (from_id == to_id || !passes(filters, "to", to_id.str()) || (!shown(from) && !shown(to))) continue;
      if (!passes(filters, "zone", to.zone.str()) ||
          !passes(filters, "application", model::application_of(to_id).str()))
        continue;
      for (const auto& one : all ? questions_about(state.tables, to) : std::vector{*asked})
        rows.push_back({from, to, one.text, reach_by_policy(state.tables, from, to, one)});
    }
  }
  using Row = ReachRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("from", "FROM"), [](const Row& row) { return row.from.id.str(); }},
      {plain("to", "TO"), [](const Row& row) { return row.to.id.str(); }},
      {plain("what", "WHAT"), [](const Row& row) { return row.what; }},
      {plain("reaches", "REACHES"),
       [](const Row& row) { return cell(row.reach.reaches ? "yes" : "no", row.reach.reaches); }},
      {plain("why", "WHY"), [](const Row& row) { return row.reach.why; }},
      {plain("next", "NEXT"), [](const Row& row) { return row.reach.next; }},
  };
  return list("reach", kColumns, rows);
}

}  // namespace causeway::scheduler
