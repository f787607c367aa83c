// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <optional>

#include "common/core/time.h"
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string application;
  std::string service;
  Instant until;
  bool dry_run = false;
  bool wait = false;
  Duration patience{std::chrono::minutes(2)};
};

constexpr Duration kLookEvery{300};

bool names(const std::string& whole, const std::string& written) {
  return whole == written || whole.ends_with("/" + written);
}

// The row of `get grants` that speaks of the pair; nothing: there is none, and it is closed.
std::optional<std::string> state_of(const model::Listing& grants, const Options& options) {
  for (const auto& row : grants.rows)
    if (names(cell_text(row.at(0)), options.application) && names(cell_text(row.at(1)), options.service))
      return cell_text(row.at(2));
  return std::nullopt;
}

// Until every host has said that it is closed there; then shows how many connections that cut.
void wait_until_closed(Session& session, const Options& options) {
  const Instant start = session.now();
  while (true) {
    const auto grants = session.ask_for<model::Listing>(model::GetRequest{"grants", {}});
    if (!grants) return;
    const auto state = state_of(*grants, options);
    if (!state || !state->starts_with("closing")) break;
    if (session.now() - start > options.patience)
      return session.show(
          Error{Errc::timeout, fmt::format("it is {}; look again with `causeway get grants`", *state)});
    session.sleep(kLookEvery);
  }
  const auto events = session.ask_for<model::Listing>(model::GetRequest{"events", {}});
  if (!events) return;
  for (auto row = events->rows.rbegin(); row != events->rows.rend(); ++row) {
    const auto text = cell_text(row->at(5));
    const bool this_one = names(text.substr(0, text.find(' ')), options.service) &&
                          names(cell_text(row->at(4)), options.application);
    if (cell_text(row->at(3)) != "grant-closed" || !this_one) continue;
    fmt::print(session.out, "{}\n", text);
    return;
  }
}

void name_both(Verb& verb, const std::shared_ptr<Options>& options, Session& session) {
  verb.add_option("application", options->application, "Whose workloads reach it: [DEPARTMENT/]APPLICATION")
      .required()
      .type_name("APPLICATION");
  verb.add_option("service", options->service, "What they reach: [DEPARTMENT/]APPLICATION/SERVICE")
      .required()
      .type_name("SERVICE");
  add_reason(verb, session);
  add_dry_run(verb, options->dry_run);
}

}  // namespace

void add_grant(Verb& app, Session& session) {
  auto group = app.add_subcommand("grant", "Let an application reach a service of another one, or no longer");
  group.require_subcommand();
  group.footer("Example:\n  causeway get grants");
  auto options = std::make_shared<Options>();

  auto add = group.add_subcommand("add", "Open a way until a date; given again, its new date holds");
  name_both(add, options, session);
  const auto take_until = [options](const std::string& written) -> std::string {
    const auto until = parse_instant(written);
    if (!until) return until.error().what;
    options->until = *until;
    return "";
  };
  add.add_parsed("--until", take_until, "When it ends: a day (UTC, its end), or a time with its offset")
      .required()
      .type_name("DATE");
  add.footer(
      "Example:\n  causeway grant add marriage-registration population/query --until 2027-12-31 "
      "--reason \"decision 27-114 of the data bureau\"");
  add.callback([options, &session] {
    if (!session.has_reason(options->dry_run)) return;
    const auto done = session.ask_for<model::DoneResponse>(
        model::GrantAddRequest{options->application, options->service, options->until, options->dry_run});
    if (done) session.show(*done);
  });

  auto revoke = group.add_subcommand("revoke", "Close it; connections that are open are cut");
  name_both(revoke, options, session);
  revoke.add_flag("--wait", options->wait,
                  "Until every host has closed it; says how many connections that cut");
  revoke.add_duration("--wait-timeout", options->patience,
                      "How long to wait at most; what was begun goes on");
  revoke.footer(
      "Example:\n  causeway grant revoke marriage-registration population/query --reason \"review 27-190\"");
  revoke.callback([options, &session] {
    if (!session.has_reason(options->dry_run)) return;
    const auto done = session.ask_for<model::DoneResponse>(
        model::GrantRevokeRequest{options->application, options->service, options->dry_run});
    if (!done) return;
    session.show(*done);
    if (options->wait && !options->dry_run) wait_until_closed(session, *options);
  });
}

}  // namespace causeway::cli
