// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string subject;
  bool dry_run = false;
};

void add_verb(Verb& app, Session& session, model::PowerVerb power, const std::string& name,
              const std::string& what) {
  auto options = std::make_shared<Options>();
  auto verb = app.add_subcommand(name, what);
  verb.add_option("subject", options->subject, "A workload, or an application with all its workloads")
      .required()
      .type_name("NAME");
  add_reason(verb, session);
  add_dry_run(verb, options->dry_run);
  verb.footer(fmt::format(
      "Example:\n  causeway {} civil-affairs/marriage-registration/web-1 --reason \"new kernel\"", name));
  verb.callback([options, power, &session] {
    if (!session.has_reason(options->dry_run)) return;
    const auto done =
        session.ask_for<model::DoneResponse>(model::PowerRequest{power, options->subject, options->dry_run});
    if (done) session.show(*done);
  });
}

}  // namespace

void add_power(Verb& app, Session& session) {
  add_verb(app, session, model::PowerVerb::start, "start", "Let a workload or an application run");
  add_verb(app, session, model::PowerVerb::stop, "stop",
           "Stop a workload or an application; it keeps its place and its volumes");
  add_verb(app, session, model::PowerVerb::restart, "restart", "Stop and start a workload or an application");
}

}  // namespace causeway::cli
