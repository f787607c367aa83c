// SPDX-License-Identifier: Apache-2.0
// Who reaches whom, by the policy: the same guards that hosts are given, asked about one pair or all of them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/core/text.h"
#include "scheduler/core/access.h"
#include "scheduler/core/listings.h"
#include "scheduler/core/rules.h"
#include "scheduler/core/table.h"

namespace causeway::scheduler {
namespace {

using model::RuleProtocol;

// What is asked for: an echo, or a connection to a port.
struct Asked {
  std::string text;
  RuleProtocol protocol = RuleProtocol::icmp;
  std::uint16_t port = 0;
};

struct ReachRow {
  const model::Workload& from;
  const model::Workload& to;
  std::string what;
  bool reaches = false;
  std::string why;
  std::string next;  // what to do about it
};

// "ping", "tcp/443", "udp/53"; anything else is nothing.
std::optional<Asked> read_asked(const std::string& text) {
  if (text.empty() || text == "ping") return Asked{"ping", RuleProtocol::icmp, 0};
  const auto parts = split(text, '/');
  if (parts.size() != 2 || (parts[0] != "tcp" && parts[0] != "udp")) return std::nullopt;
  Asked asked{text, parts[0] == "tcp" ? RuleProtocol::tcp : RuleProtocol::udp, 0};
  const char* last = parts[1].data() + parts[1].size();
  const auto [end, error] = std::from_chars(parts[1].data(), last, asked.port);
  return error == std::errc{} && end == last && asked.port != 0 ? std::optional(asked) : std::nullopt;
}

bool lets_in(const model::Rule& rule, const model::Workload& from, const Asked& asked) {
  if (rule.from != model::application_of(from.id).str() || rule.protocol != asked.protocol) return false;
  return asked.protocol == RuleProtocol::icmp ||
         (rule.first_port <= asked.port && asked.port <= rule.last_port);
}

// The service at which a grant would open it.
std::string offered(const Tables& tables, const model::Workload& to, const Asked& asked) {
  const auto application = tables.applications().find(model::application_of(to.id));
  if (application == tables.applications().end()) return "";
  const auto entry = application->second.spec.workloads.find(to.entry);
  if (entry == application->second.spec.workloads.end()) return "";
  for (const auto& [name, service] : entry->second.offers) {
    const auto protocol = service.protocol == model::Protocol::tcp ? RuleProtocol::tcp : RuleProtocol::udp;
    if (protocol == asked.protocol && service.port == asked.port)
      return model::service_id(model::application_of(to.id), name).str();
  }
  return "";
}

bool share_a_network(const model::Workload& from, const model::Workload& to) {
  return std::ranges::any_of(from.ports, [&](const model::Port& port) {
    return std::ranges::find(to.ports, port.network, &model::Port::network) != to.ports.end();
  });
}

std::string text_of(const model::Rule& rule, const Tables& tables) {
  const auto grant = tables.grants().find(GrantId(rule.why));
  if (grant == tables.grants().end())
    return rule.icmp_type ? "both are of one application" : "the application offers it to itself";
  return fmt::format("granted until {}: {}", to_string(grant->second.until), grant->second.reason);
}

ReachRow judge(const Tables& tables, const model::Workload& from, const model::Workload& to,
               const Asked& asked) {
  ReachRow row{from, to, asked.text, false, "", ""};
  if (from.zone != to.zone) {
    row.why = fmt::format("zone {} and zone {} never meet", from.zone, to.zone);
    return row;
  }
  const auto guard = guard_for(tables, to);
  const auto rule =
      std::ranges::find_if(guard.rules, [&](const model::Rule& one) { return lets_in(one, from, asked); });
  if (rule == guard.rules.end()) {
    const auto service = offered(tables, to, asked);
    row.why = service.empty()
                  ? fmt::format("{} offers no {} to {}", guard.id, asked.text, model::application_of(from.id))
                  : fmt::format("no grant for {}", service);
    if (!service.empty())
      row.next =
          fmt::format("causeway grant add {} {} --until DATE", model::application_of(from.id), service);
    return row;
  }
  row.reaches = share_a_network(from, to);
  row.why = text_of(*rule, tables);
  if (!row.reaches) row.why += "; but they have no network in common";
  return row;
}

}  // namespace

model::Listing list_reach(const State& state, const Actor& actor, const Filters& filters) {
  const auto what = filters.find("what");
  const auto asked = read_asked(what == filters.end() ? "" : what->second);
  std::vector<ReachRow> rows;
  const auto shown = [&](const model::Workload& workload) {
    return sees(actor, model::department_of(workload.id.str()));
  };
  for (const auto& [from_id, from] : state.tables.workloads()) {
    if (!asked || !passes(filters, "from", from_id.str())) continue;
    for (const auto& [to_id, to] : state.tables.workloads())
      if (from_id != to_id && passes(filters, "to", to_id.str()) && (shown(from) || shown(to)))
        rows.push_back(judge(state.tables, from, to, *asked));
  }
  using Row = ReachRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("from", "FROM"), [](const Row& row) { return row.from.id.str(); }},
      {plain("to", "TO"), [](const Row& row) { return row.to.id.str(); }},
      {plain("what", "WHAT"), [](const Row& row) { return row.what; }},
      {plain("reaches", "REACHES"),
       [](const Row& row) { return cell(row.reaches ? "yes" : "no", row.reaches); }},
      {plain("why", "WHY"), [](const Row& row) { return row.why; }},
      {plain("next", "NEXT"), [](const Row& row) { return row.next; }},
  };
  return list("reach", kColumns, rows);
}

}  // namespace causeway::scheduler
