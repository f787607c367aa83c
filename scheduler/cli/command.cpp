// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/command.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "common/core/text.h"
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

// CLI11 says only that a word was not expected; who mistyped a verb wants to see the right one. "": the verb
// is known.
std::string unknown_verb(const CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> verbs;
  for (const auto* verb : app.get_subcommands({})) verbs.push_back(verb->get_name());
  const auto is_verb = [&](const std::string& word) { return std::ranges::find(verbs, word) != verbs.end(); };
  const auto word =
      std::ranges::find_if_not(arguments, [](const auto& each) { return each.starts_with('-'); });
  if (word == arguments.end() || std::ranges::any_of(arguments, is_verb)) return "";
  const std::string meant = nearest_name(*word, verbs);
  return meant.empty() ? fmt::format("there is no verb '{}'; see `causeway --help`", *word)
                       : fmt::format("there is no verb '{}'; did you mean '{}'?", *word, meant);
}

// The verb that was chosen, or its last sub-verb.
const CLI::App& chosen_verb(const CLI::App& app) {
  const CLI::App* verb = &app;
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = verb->get_subcommands())
    verb = chosen.front();
  return *verb;
}

std::string full_name(const CLI::App& verb) {
  return verb.get_parent() == nullptr ? verb.get_name()
                                      : full_name(*verb.get_parent()) + " " + verb.get_name();
}

// The first example of a verb's help.
std::string example_of(const CLI::App& verb) {
  for (const auto& line : split(verb.get_footer(), '\n'))
    if (const auto begin = line.find_first_not_of(' '); begin == 2) return line.substr(begin);
  return "";
}

// CLI11 names what is missing and no more; who left it out wants to know what it is.
std::string what_is_missing(const CLI::App& verb) {
  std::vector<std::string> sub_verbs;
  for (const auto* each : verb.get_subcommands({})) sub_verbs.push_back(each->get_name());
  if (!sub_verbs.empty()) return fmt::format("needs one of {}", join(sub_verbs, ", "));
  for (const auto* option : verb.get_options())
    if (option->get_required() && option->count() == 0)
      return fmt::format("needs {}: {}",
                         option->get_positional() ? option->get_type_name() : option->get_name(false, true),
                         option->get_description());
  return "";
}

// A word that no verb asked for.
std::string what_is_too_much(const CLI::App& app, const CLI::App& verb, const std::string& word) {
  std::vector<std::string> options;
  for (const auto* of : {&verb, &app})
    for (const auto* option : of->get_options())
      for (const auto& name : option->get_lnames()) options.push_back("--" + name);
  if (!word.starts_with('-'))
    return std::ranges::find(options, "--file") == options.end()
               ? fmt::format("does not know what to do with '{}'", word)
               : fmt::format("takes files with -f: write `-f {}`", word);
  const std::string meant = nearest_name(word, options);
  return meant.empty() ? fmt::format("has no option {}", word)
                       : fmt::format("has no option {}; did you mean {}?", word, meant);
}

int explain_mistake(const CLI::App& app, const CLI::ParseError& error,
                    const std::vector<std::string>& arguments, std::ostream& err) {
  const std::string wrong_verb = unknown_verb(app, arguments);
  if (!wrong_verb.empty()) {
    fmt::print(err, "error: {}\n", wrong_verb);
    return kError;
  }
  const CLI::App& verb = chosen_verb(app);
  const std::string name = full_name(verb);
  const bool missing = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  const auto extra = app.remaining(true);
  std::string problem;
  if (!extra.empty())
    problem = what_is_too_much(app, verb, extra.front());
  else if (missing)
    problem = what_is_missing(verb);
  problem = problem.empty() ? error.what() : fmt::format("`{}` {}", name, problem);
  if (!problem.ends_with('?')) problem += fmt::format("; see `{} --help`", name);
  fmt::print(err, "error: {}\n", problem);
  const std::string example = example_of(verb);
  if (missing && !example.empty()) fmt::print(err, "example: {}\n", example);
  return kError;
}

}  // namespace

int run(const std::vector<std::string>& arguments, World& world) {
  Session session(world);
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
  Verb root(&app);
  root.add_duration("--timeout", session.patience, "How long to wait for an answer");
  app.footer(
      "Example:\n  causeway status\n\nEvery verb has an example in its own help: causeway VERB --help\n\n"
      "Exit codes: 0 done; 1 error; 2 the plan can't be placed, or has changes where none were wanted;\n"
      "3 waits for a review; 4 the state moved since the plan; 5 out of time, still going on.");
  for (const auto add :
       {add_plan,     add_apply,   add_status, add_get,      add_describe, add_explain, add_power,
        add_delete,   add_ha,      add_host,   add_key,      add_grant,    add_reach,   add_console,
        add_capacity, add_what_if, add_sim,    add_snapshot, add_state,    add_verify})
    add(root, session);
  try {
    const bool asks_help = arguments == std::vector<std::string>{"help"};
    // CLI11 takes the words from the back.
    app.parse(asks_help ? std::vector<std::string>{"--help"}
                        : std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, world.out, world.err);
    return explain_mistake(app, error, arguments, world.err);
  }
  return session.exit_code;
}

}  // namespace causeway::cli
