// SPDX-License-Identifier: Apache-2.0
// The command `causeway`: reads the command line, asks the scheduler, prints the answer.
#include <unistd.h>

#include <iostream>

#include "scheduler/cli/session.h"

namespace {

std::int64_t patience_ms = 30'000;

}  // namespace

int main(int argc, char** argv) {
  using namespace causeway::cli;
  Session session(std::cout, std::cerr, ::isatty(STDOUT_FILENO) != 0);
  CLI::App app(
      "Causeway: places the departments' workloads on the city's hosts, and shows what became of them.",
      "causeway");
  app.set_version_flag("--version", "causeway " CAUSEWAY_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", session.config_file,
                 "The client's settings; else $CAUSEWAY_CONFIG, ~/.config/causeway/client.yaml, "
                 "/etc/causeway/client.yaml")
      ->type_name("FILE");
  app.add_option("--timeout", patience_ms, "How long to wait for an answer")
      ->transform(duration_units())
      ->each([&](const std::string&) { session.patience = causeway::Duration{patience_ms}; });
  app.footer(
      "Example:\n  causeway status\n\nEvery verb has an example in its own help: causeway VERB --help");
  add_plan(app, session);
  add_apply(app, session);
  add_status(app, session);
  add_get(app, session);
  add_describe(app, session);
  add_explain(app, session);
  add_power(app, session);
  add_delete(app, session);
  add_host(app, session);
  add_key(app, session);
  add_console(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kError;
  }
  return session.exit_code;
}
