// SPDX-License-Identifier: Apache-2.0
#include <fmt/ostream.h>

#include "scheduler/cli/manifests.h"
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::string save;
  bool no_changes = false;
};

void run(Session& session, const Options& options) {
  const auto files = read_manifests(session, options.paths);
  if (!files) return;
  const auto manifests = values_of(*files);
  const auto plan = session.ask_for<model::PlanResponse>(model::PlanRequest{manifests}, *files);
  if (!plan) return;
  print(session, *plan);
  if (!plan->unplaced.empty() || (options.no_changes && !plan->lines.empty())) {
    session.exit_code = kNotPlaceable;
    return;
  }
  if (options.save.empty()) return;
  if (const auto saved = save_plan(options.save, {plan->token, manifests}); !saved)
    return session.show(saved.error());
  fmt::print(session.out, "saved; apply it with: causeway apply --plan {} --reason \"why\"\n", options.save);
}

}  // namespace

void add_plan(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb =
      app.add_subcommand("plan", "Show what an apply would change, and why something can't be placed");
  verb.add_option("-f,--file", options->paths, "Manifests: files, folders, or - for standard input")
      .required()
      .type_name("PATH");
  verb.add_option("--save", options->save, "Write the plan to a file that `apply --plan` takes")
      .type_name("FILE");
  verb.add_flag("--no-changes", options->no_changes, "Exit with 2 if there is anything to change");
  verb.footer(
      "Example:\n  causeway plan -f wave-1.yaml --save wave-1.plan\n\n"
      "Exit codes: 0 can be applied; 1 error; 2 something can't be placed.");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
