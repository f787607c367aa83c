// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string noun;
  std::string name;
  bool dry_run = false;
};

}  // namespace

void add_delete(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb =
      app.add_subcommand("delete", "Remove a thing for good; volumes go to the trash of their pool first");
  verb.add_option("noun", options->noun, "workload, application, wave, department, room or network")
      .required()
      .type_name("NOUN");
  verb.add_option("name", options->name, "Its name as `causeway get` shows it").required().type_name("NAME");
  add_reason(verb, session);
  add_dry_run(verb, options->dry_run);
  verb.footer("Example:\n  causeway delete application civil-affairs/marriage-registration --dry-run");
  verb.callback([options, &session] {
    if (!session.has_reason(options->dry_run)) return;
    const auto done = session.ask_for<model::DoneResponse>(
        model::DeleteRequest{options->noun, options->name, options->dry_run});
    if (done) session.show(*done);
  });
}

}  // namespace causeway::cli
