// SPDX-License-Identifier: Apache-2.0
// Who reaches whom, by the policy, for one pair or all of them, and what is outside.
#include <fmt/format.h>

#include <utility>

#include "scheduler/core/access.h"
#include "scheduler/core/listings.h"
#include "scheduler/core/reach.h"
#include "scheduler/core/reach_outside.h"
#include "scheduler/core/table.h"

namespace causeway::scheduler {
namespace {

// What a step may put into one answer without being late for everybody else.
constexpr std::size_t kReachRowsMost = 100'000;

struct ReachRow {
  std::string from;
  std::string to;
  std::string what;
  bool reaches = false;
  std::string why;
  std::string next;
};

// A system of the department `outside`, by its own name or by that of them all.
bool passes_outside(const Filters& filters, const std::string& key, const ApplicationId& system) {
  return passes(filters, key, system.str()) || passes(filters, key, model::kOutsideDepartment);
}

bool in_zone(const Filters& filters, const model::Workload& workload) {
  return passes(filters, "zone", workload.zone.str()) ||
         (!workload.exchange_gateway.empty() && passes(filters, "zone", workload.exchange_gateway.str()));
}

struct OutsideQuestion {
  const model::Workload& workload;
  ApplicationId system;
  bool outward = false;
  Asked asked;
};

// Which pass the filters; a system is of the zones of the workload that it is asked about with. `asked`:
// about any of them; nothing: whatever can be.
std::vector<OutsideQuestion> questions_outside(const Tables& tables, const Actor& actor,
                                               const Filters& filters, const std::optional<Asked>& asked) {
  std::vector<OutsideQuestion> questions;
  for (const auto& [id, workload] : tables.workloads()) {
    if (!sees(actor, model::department_of(id.str())) || !in_zone(filters, workload)) continue;
    const bool from = passes(filters, "from", id.str());
    const bool to =
        passes(filters, "to", id.str()) && passes(filters, "application", model::application_of(id).str());
    if (!from && !to) continue;
    const auto about = asked ? std::vector{*asked} : questions_about(tables, workload);
    for (const auto& system : systems_outside(tables, workload)) {
      if (from && passes_outside(filters, "to", system.id) &&
          passes_outside(filters, "application", system.id))
        for (const auto& one : asked ? about : system.questions)
          questions.push_back({workload, system.id, true, one});
      if (to && passes_outside(filters, "from", system.id))
        for (const auto& one : about) questions.push_back({workload, system.id, false, one});
    }
  }
  return questions;
}

ReachRow row_of(const Tables& tables, const OutsideQuestion& question) {
  const auto& workload = question.workload.id.str();
  const auto& system = question.system.str();
  ReachRow row{question.outward ? workload : system,
               question.outward ? system : workload,
               question.asked.text,
               false,
               "",
               ""};
  if (const auto outside = find_outside(tables, system)) {
    auto reach = reach_outside(tables, question.workload, *outside, question.outward, question.asked);
    row.reaches = reach.reaches;
    row.why = std::move(reach.why);
    row.next = std::move(reach.next);
  }
  return row;
}

}  // namespace

Result<model::Listing> list_reach(const State& state, const Actor& actor, const Filters& filters) {
  const auto what = filters.find("what");
  const bool all = what != filters.end() && what->second == "all";
  const auto asked = read_asked(what == filters.end() || all ? "" : what->second);
  if (!asked)
    return fail(Errc::invalid,
                fmt::format("'{}' can't be asked; it can be all, {}", what->second, kAskedForms));
  const auto shown = [&](const model::Workload& workload) {
    return sees(actor, model::department_of(workload.id.str()));
  };
  std::vector<const model::Workload*> sources;
  for (const auto& [id, from] : state.tables.workloads())
    if (passes(filters, "from", id.str())) sources.push_back(&from);
  std::vector<std::pair<const model::Workload*, std::vector<Asked>>> targets;
  std::size_t questions = 0;
  for (const auto& [id, to] : state.tables.workloads()) {
    if (!passes(filters, "to", id.str()) || !in_zone(filters, to) ||
        !passes(filters, "application", model::application_of(id).str()))
      continue;
    targets.emplace_back(&to, all ? questions_about(state.tables, to) : std::vector{*asked});
    questions += targets.back().second.size() * sources.size();
  }
  std::vector<OutsideQuestion> beyond;
  if (questions <= kReachRowsMost)
    beyond = questions_outside(state.tables, actor, filters, all ? std::nullopt : asked);
  questions += beyond.size();
  if (questions > kReachRowsMost)
    return fail(Errc::invalid,
                fmt::format("who reaches whom would be {} rows, and {} are the most of an answer; "
                            "ask for fewer, by 'from', 'to', 'application' or 'zone'",
                            questions, kReachRowsMost));
  std::vector<ReachRow> rows;
  for (const auto& [to, about] : targets)
    for (const auto* from : sources) {
      if (from == to || (!shown(*from) && !shown(*to))) continue;
      for (const auto& one : about) {
        auto reach = reach_by_policy(state.tables, *from, *to, one);
        rows.push_back({from->id.str(), to->id.str(), one.text, reach.reaches, std::move(reach.why),
                        std::move(reach.next)});
      }
    }
  for (const auto& question : beyond) rows.push_back(row_of(state.tables, question));
  using Row = ReachRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("from", "FROM"), [](const Row& row) { return row.from; }},
      {plain("to", "TO"), [](const Row& row) { return row.to; }},
      {plain("what", "WHAT"), [](const Row& row) { return row.what; }},
      {plain("reaches", "REACHES"),
       [](const Row& row) { return cell(row.reaches ? "yes" : "no", row.reaches); }},
      {plain("why", "WHY"), [](const Row& row) { return row.why; }},
      {plain("next", "NEXT"), [](const Row& row) { return row.next; }},
  };
  return list("reach", kColumns, rows);
}

}  // namespace causeway::scheduler
