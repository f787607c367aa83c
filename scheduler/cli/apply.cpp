// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/manifests.h"
#include "scheduler/cli/session.h"
#include "scheduler/cli/wait.h"

namespace causeway::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::string plan;
  bool dry_run = false;
  bool wait = false;
  Duration patience = std::chrono::minutes(30);
};

void run(Session& session, const Options& options) {
  if (!session.has_reason(options.dry_run)) return;
  session.on_conflict = kStateMoved;
  std::vector<config::ManifestFile> files;
  model::ApplyRequest request{.manifests = {}, .plan = "", .dry_run = options.dry_run};
  if (options.plan.empty()) {
    auto read = read_manifests(session, options.paths);
    if (!read) return;
    files = std::move(*read);
    request.manifests = values_of(files);
  } else {
    auto saved = load_plan(options.plan);
    if (!saved) return session.show(saved.error());
    request.manifests = std::move(saved->manifests);
    request.plan = saved->token;
  }
  const auto waves = waves_of(request.manifests);
  const auto applied = session.ask_for<model::PlanResponse>(std::move(request), files);
  if (!applied) return;
  print(session, *applied);
  if (!applied->unplaced.empty()) {
    session.exit_code = kNotPlaceable;
    return;
  }
  if (options.wait && !options.dry_run) wait_for(session, waves, options.patience);
}

}  // namespace

void add_apply(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb =
      app.add_subcommand("apply", "Make the platform what the manifests say, as a whole or not at all");
  auto files =
      verb.add_option("-f,--file", options->paths, "Manifests: files, folders, or - for standard input")
          .type_name("PATH");
  auto plan = verb.add_option("--plan", options->plan,
                              "A plan that `plan --save` wrote; refused if the state moved since")
                  .type_name("FILE");
  files.excludes(plan);
  verb.add_flag("--wait", options->wait, "Show the progress of its waves until they are settled");
  verb.add_duration("--wait-timeout", options->patience, "How long to wait at most; what was begun goes on");
  add_reason(verb, session);
  add_dry_run(verb, options->dry_run);
  verb.footer(
      "Examples:\n  causeway apply -f packaging/examples/zhoushan --reason \"the site as planned for 2027\"\n"
      "  causeway apply -f wave-1.yaml --wait --reason \"first wave\"\n  causeway apply --plan wave-1.plan "
      "--reason \"first wave\"\n\n"
      "A line that is removed from a file deletes nothing; `causeway delete` does.\n"
      "Exit codes: 0 done; 1 error; 2 can't be placed; 4 the state moved since the plan; 5 still going on.");
  verb.callback([options, &session] {
    if (options->paths.empty() && options->plan.empty())
      return session.show(Error{Errc::invalid, "say what to apply: -f FILE, or --plan FILE"});
    run(session, *options);
  });
}

}  // namespace causeway::cli
