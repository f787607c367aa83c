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

// A check of every pair, and of every workload with what is outside, target by target, so that no answer of
// the scheduler grows with the square of the site.
class Verification {
 public:
  Verification(Session& session, const Options& options) : session_(session), options_(options) {}

  void run() {
    const auto targets = session_.ask_for<model::Listing>(model::GetRequest{"workloads", options_.filters});
    if (!targets) return;
    for (const auto& target : targets->rows) {
      ask_about(cell_text(target.at(0)));
      if (session_.exit_code != kDone) return;
      show_progress(++done_, targets->rows.size());
    }
    if (drawn_) fmt::print(session_.out, "\r\x1b[K");
    if (!findings_.rows.empty() || !for_people()) print(session_.out, findings_, options_.format);
    if (for_people())
      fmt::print(session_.out, "{} questions, {} permitted and {} denied: {} findings\n", questions_,
                 permitted_, questions_ - permitted_, findings_.rows.size());
    if (!findings_.rows.empty()) session_.exit_code = kError;
  }

 private:
  [[nodiscard]] bool for_people() const {
    return options_.format == Format::table || options_.format == Format::wide;
  }

  // As the one that is asked, by workloads and by what is outside; and asking what is outside itself.
  void ask_about(const std::string& target) {
    ask_each({{"to", target}, {"what", "all"}});
    if (session_.exit_code == kDone)
      ask_each({{"from", target}, {"to", model::kOutsideDepartment}, {"what", "all"}});
  }

  void ask_each(const std::map<std::string, std::string>& filters) {
    const auto asked = session_.ask_for<model::Listing>(model::GetRequest{"reach", filters});
    if (!asked) return;
    for (const auto& row : asked->rows) {
      const model::ReachRequest question{WorkloadId(cell_text(row.at(0))), WorkloadId(cell_text(row.at(1))),
                                         cell_text(row.at(2))};
      auto answer = session_.ask_for<model::Listing>(question);
      if (answer && !finding_in(*answer).empty()) {
        session_.sleep(kSettles);
        answer = session_.ask_for<model::Listing>(question);
      }
      if (!answer) return;
      ++questions_;
      if (text_in(*answer, "policy") == "yes") ++permitted_;
      if (const auto finding = finding_in(*answer); !finding.empty())
        findings_.rows.push_back({finding, question.from.str(), question.to.str(), question.what,
                                  text_in(*answer, "why"), text_in(*answer, "seen")});
    }
  }

  void show_progress(std::size_t done, std::size_t all) {
    if (!session_.terminal || !for_people()) return;
    fmt::print(session_.out, "\r\x1b[K{} of {} workloads, {} questions, {} findings", done, all, questions_,
               findings_.rows.size());
    session_.out.flush();
    drawn_ = true;
  }

  Session& session_;
  const Options& options_;
  model::Listing findings_{"findings",
                           {{"finding", "FINDING", false, false},
                            {"from", "FROM", false, false},
                            {"to", "TO", false, false},
                            {"what", "WHAT", false, false},
                            {"why", "WHY", false, false},
                            {"seen", "SEEN", false, false}},
                           {},
                           0};
  std::size_t done_ = 0;
  std::size_t questions_ = 0;
  std::size_t permitted_ = 0;
  bool drawn_ = false;
};

}  // namespace

void add_verify(Verb& app, Session& session) {
  auto group = app.add_subcommand("verify", "Hold what is against what shall be");
  group.require_subcommand();
  group.footer("Example:\n  causeway verify networks --zone extranet");
  auto options = std::make_shared<Options>();
  auto networks = group.add_subcommand("networks",
                                       "Ask the switches about each pair of workloads, and about each with "
                                       "what is outside, whether they do what "
                                       "the policy says");
  networks.add_option("--zone", options->filters["zone"], "Only workloads of this zone").type_name("ZONE");
  networks
      .add_option("--application", options->filters["application"], "Only to workloads of this application")
      .type_name("APPLICATION");
  add_format(networks, options->format);
  networks.footer("Example:\n  causeway verify networks --application civil-affairs/marriage-registration");
  networks.callback([options, &session] {
    std::erase_if(options->filters, [](const auto& filter) { return filter.second.empty(); });
    Verification(session, *options).run();
  });
}

}  // namespace causeway::cli
