// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/core/text.h"
#include "scheduler/cli/snapshots.h"
#include "scheduler/forecast/forecast.h"
#include "scheduler/inquiry/what_if_answer.h"

namespace causeway::cli {
namespace {

constexpr Duration kBackAfterMost{std::chrono::hours(24)};

struct Options {
  std::string snapshot;
  std::vector<std::string> kill;
  Duration back_after{std::chrono::minutes(10)};
  Format format = Format::table;
};

void show(Session& session, const Finding& finding) {
  std::string text = finding.path.empty() ? finding.what : fmt::format("{}: {}", finding.path, finding.what);
  if (!finding.next.empty()) text += "; " + finding.next;
  session.show(Error{Errc::invalid, std::move(text)});
}

// "host:h3", or nothing, and why not was shown.
std::optional<placement::Domain> domain_of(Session& session, const std::string& word,
                                           const placement::Snapshot& snapshot) {
  const auto colon = word.find(':');
  const auto kind = word.substr(0, colon);
  for (const auto scope : {placement::Scope::host, placement::Scope::rack, placement::Scope::hall}) {
    if (colon == std::string::npos || kind != to_string(scope)) continue;
    auto domain = inquiry::domain_of(snapshot, scope, word.substr(colon + 1));
    if (domain) return std::move(*domain);
    show(session, domain.error());
    return std::nullopt;
  }
  session.show(Error{Errc::invalid, fmt::format("'{}' names nothing that can be lost; write host:NAME, "
                                                "rack:NAME or hall:NAME",
                                                word)});
  return std::nullopt;
}

model::Object row_of(const forecast::Affected& one) {
  return {{"workload", one.workload.str()},
          {"from", one.from.str()},
          {"to", one.down ? std::string() : one.to.str()},
          {"away", one.down ? std::string("down") : to_string(one.away)},
          {"why", one.why}};
}

bool runs_elsewhere(const forecast::Affected& one) { return !one.down && one.to != one.from; }

// Tables show the hosts' lines and the workloads that something is wrong with; the other formats have all.
model::Object document_of(const forecast::Forecast& forecast, const Options& options) {
  const bool all = options.format != Format::table;
  std::vector<Duration> away;
  std::int64_t waits = 0;
  std::int64_t down = 0;
  model::List workloads;
  for (const auto& one : forecast.workloads) {
    const bool elsewhere = runs_elsewhere(one);
    if (elsewhere) away.push_back(one.away);
    waits += !one.down && !elsewhere ? 1 : 0;
    down += one.down ? 1 : 0;
    if (all || !elsewhere) workloads.emplace_back(row_of(one));
  }
  std::ranges::sort(away);
  model::List timeline;
  for (const auto& line : forecast.lines)
    if (all || !line.subject.starts_with("workload/"))
      timeline.emplace_back(model::Object{
          {"at", to_string(line.at)}, {"what", line.verb}, {"subject", line.subject}, {"says", line.text}});
  std::vector<std::string> lost;
  for (const auto& host : forecast.lost) lost.push_back(host.str());

  model::Object document{{"lost", join(lost, ", ")},
                         {"back_after", to_string(options.back_after)},
                         {"workloads_hit", static_cast<std::int64_t>(forecast.workloads.size())},
                         {"run_elsewhere", static_cast<std::int64_t>(away.size())}};
  if (!away.empty()) {
    document.emplace_back("first_after", to_string(away.front()));
    document.emplace_back("last_after", to_string(away.back()));
  }
  document.emplace_back("wait_for_their_host", waits);
  document.emplace_back("stay_down", down);
  document.emplace_back("timeline", std::move(timeline));
  if (!workloads.empty()) document.emplace_back("workloads", std::move(workloads));
  return document;
}

void run(Session& session, const Options& options) {
  if (options.back_after < std::chrono::seconds(1) || options.back_after > kBackAfterMost)
    return session.show(Error{Errc::invalid, fmt::format("--for wants 1s to {}", to_string(kBackAfterMost))});
  const auto snapshot = take_snapshot(session, options.snapshot);
  if (!snapshot) return;
  forecast::Question question{{}, options.back_after};
  for (const auto& word : options.kill) {
    auto domain = domain_of(session, word, *snapshot);
    if (!domain) return;
    question.lost.push_back(std::move(*domain));
  }
  const auto forecast = forecast::forecast(*snapshot, question);
  if (!forecast) {
    for (const auto& finding : forecast.error()) show(session, finding);
    return;
  }
  print(session.out, document_of(*forecast, options), options.format);
  if (!std::ranges::all_of(forecast->workloads, runs_elsewhere)) session.exit_code = kNotPlaceable;
}

}  // namespace

void add_sim(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb = app.add_subcommand("sim",
                                 "Play what would happen if hosts lost power: who is fenced and when, what "
                                 "runs again where and when, what stays down and why");
  add_snapshot_option(verb, options->snapshot);
  verb.add_option("--kill", options->kill,
                  "What loses power: host:NAME, rack:NAME or hall:NAME; several are lost at the same moment")
      .required()
      .type_name("WHAT");
  verb.add_duration("--for", options->back_after, "After so long it comes back; 10m if it is not said");
  add_format(verb, options->format);
  verb.footer(
      "Examples:\n  causeway sim --kill host:h3 --for 10m\n"
      "  causeway sim --snapshot site.json --kill rack:a01 -o wide\n\n"
      "Exit codes: 0 all that ran there runs elsewhere meanwhile; 1 error; 2 something waits or stays down.");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
