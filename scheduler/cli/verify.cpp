// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <map>

#include "scheduler/cli/reach.h"
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

// While a change is on its way, policy and switches may differ for a moment.
constexpr Duration kSettles{std::chrono::seconds(2)};

struct Options {
  std::map<std::string, std::string> filters;
  Format format = Format::table;
};

// A kind of finding, by what was answered; empty: they agree.
std::string finding_in(const model::Listing& answer) {
  const auto verdict = verdict_of(answer);
  if (verdict == "agree") return "";
  if (verdict != "disagree") return "not-known";
  return text_in(answer, "switches") == "yes" ? "passes-what-is-denied" : "drops-what-is-permitted";
}

void run(Session& session, const Options& options) {
  auto filters = options.filters;
  filters["what"] = "all";
  const auto questions = session.ask_for<model::Listing>(model::GetRequest{"reach", filters});
  if (!questions) return;
  model::Listing findings{"findings",
                          {{"finding", "FINDING", false, false},
                           {"from", "FROM", false, false},
                           {"to", "TO", false, false},
                           {"what", "WHAT", false, false},
                           {"why", "WHY", false, false},
                           {"seen", "SEEN", false, false}},
                          {},
                          0};
  std::size_t permitted = 0;
  for (const auto& row : questions->rows) {
    const model::ReachRequest question{WorkloadId(cell_text(row.at(0))), WorkloadId(cell_text(row.at(1))),
                                       cell_text(row.at(2))};
    auto answer = session.ask_for<model::Listing>(question);
    if (answer && !finding_in(*answer).empty()) {
      session.sleep(kSettles);
      answer = session.ask_for<model::Listing>(question);
    }
    if (!answer) return;
    if (text_in(*answer, "policy") == "yes") ++permitted;
    if (const auto finding = finding_in(*answer); !finding.empty())
      findings.rows.push_back({finding, question.from.str(), question.to.str(), question.what,
                               text_in(*answer, "why"), text_in(*answer, "seen")});
  }
  if (!findings.rows.empty() || options.format != Format::table) print(session.out, findings, options.format);
  if (options.format == Format::table || options.format == Format::wide)
    fmt::print(session.out, "{} questions, {} permitted and {} denied: {} findings\n", questions->rows.size(),
               permitted, questions->rows.size() - permitted, findings.rows.size());
  if (!findings.rows.empty()) session.exit_code = kError;
}

}  // namespace

void add_verify(Verb& app, Session& session) {
  auto group = app.add_subcommand("verify", "Hold what is against what shall be");
  group.require_subcommand();
  group.footer("Example:\n  causeway verify networks --zone extranet");
  auto options = std::make_shared<Options>();
  auto networks = group.add_subcommand(
      "networks", "Ask the switches about each pair of workloads whether they do what the policy says");
  networks.add_option("--zone", options->filters["zone"], "Only workloads of this zone").type_name("ZONE");
  networks
      .add_option("--application", options->filters["application"], "Only to workloads of this application")
      .type_name("APPLICATION");
  add_format(networks, options->format);
  networks.footer("Example:\n  causeway verify networks --application civil-affairs/marriage-registration");
  networks.callback([options, &session] {
    std::erase_if(options->filters, [](const auto& filter) { return filter.second.empty(); });
    run(session, *options);
  });
}

}  // namespace causeway::cli
