// SPDX-License-Identifier: Apache-2.0
#include "common/core/time.h"
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string application;
  std::string service;
  Instant until;
  bool dry_run = false;
};

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
  revoke.footer(
      "Example:\n  causeway grant revoke marriage-registration population/query --reason \"review 27-190\"");
  revoke.callback([options, &session] {
    if (!session.has_reason(options->dry_run)) return;
    const auto done = session.ask_for<model::DoneResponse>(
        model::GrantRevokeRequest{options->application, options->service, options->dry_run});
    if (done) session.show(*done);
  });
}

}  // namespace causeway::cli
