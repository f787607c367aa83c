// SPDX-License-Identifier: Apache-2.0
// Who reaches whom, by the policy, for one pair or all of them.
#include <fmt/format.h>

#include "scheduler/core/access.h"
#include "scheduler/core/listings.h"
#include "scheduler/core/reach.h"
#include "scheduler/core/table.h"

namespace causeway::scheduler {
namespace {

// What a step may put into one answer without being late for everybody else.
constexpr std::size_t kReachRowsMost = 100'000;

struct ReachRow {
  const model::Workload& from;
  const model::Workload& to;
  std::string what;
  Reach reach;
};

}  // namespace

Result<model::Listing> list_reach(const State& state, const Actor& actor, const Filters& filters) {
  const auto what = filters.find("what");
  const bool all = what != filters.end() && what->second == "all";
  const auto asked = read_asked(what == filters.end() || all ? "" : what->second);
  if (!asked)
    return fail(Errc::invalid,
                fmt::format("'{}' can't be asked; it can be ping, tcp/PORT, udp/PORT or all", what->second));
  const auto shown = [&](const model::Workload& workload) {
    return sees(actor, model::department_of(workload.id.str()));
  };
  std::vector<const model::Workload*> sources;
  for (const auto& [id, from] : state.tables.workloads())
    if (passes(filters, "from", id.str())) sources.push_back(&from);
  std::vector<std::pair<const model::Workload*, std::vector<Asked>>> targets;
  std::size_t questions = 0;
  for (const auto& [id, to] : state.tables.workloads()) {
    if (!passes(filters, "to", id.str()) ||
        (!passes(filters, "zone", to.zone.str()) &&
         (to.exchange_gateway.empty() || !passes(filters, "zone", to.exchange_gateway.str()))) ||
        !passes(filters, "application", model::application_of(id).str()))
      continue;
    targets.emplace_back(&to, all ? questions_about(state.tables, to) : std::vector{*asked});
    questions += targets.back().second.size() * sources.size();
  }
  if (questions > kReachRowsMost)
    return fail(Errc::invalid,
                fmt::format("who reaches whom would be {} rows, and {} are the most of an answer; "
                            "ask for fewer, by 'from', 'to', 'application' or 'zone'",
                            questions, kReachRowsMost));
  std::vector<ReachRow> rows;
  for (const auto& [to, about] : targets)
    for (const auto* from : sources) {
      if (from == to || (!shown(*from) && !shown(*to))) continue;
      for (const auto& one : about)
        rows.push_back({*from, *to, one.text, reach_by_policy(state.tables, *from, *to, one)});
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
