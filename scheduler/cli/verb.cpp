// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/verb.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "common/core/text.h"

namespace causeway::cli {

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

std::string choice_problem(const std::string& written, const std::vector<std::string>& words) {
  const std::string meant = nearest_name(written, words);
  return meant.empty()
             ? fmt::format("'{}' is none of {}", written, join(words, ", "))
             : fmt::format("'{}' is none of {}; did you mean '{}'?", written, join(words, ", "), meant);
}

Verb Verb::add_subcommand(const std::string& name, const std::string& what) {
  return Verb(app_->add_subcommand(name, what));
}

void Verb::require_subcommand() { app_->require_subcommand(1); }
void Verb::footer(const std::string& text) { app_->footer(text); }
void Verb::callback(std::function<void()> run) { app_->callback(std::move(run)); }

Option Verb::add_option(const std::string& name, std::string& value, const std::string& what) {
  return Option(app_->add_option(name, value, what));
}

Option Verb::add_option(const std::string& name, std::vector<std::string>& values, const std::string& what) {
  return Option(app_->add_option(name, values, what));
}

Option Verb::add_number(const std::string& name, std::int64_t& value, std::int64_t least, std::int64_t most,
                        const std::string& what) {
  return Option(app_->add_option(name, value, what)->check(CLI::Range(least, most))->type_name("N"));
}

Option Verb::add_duration(const std::string& name, Duration& value, const std::string& what) {
  const CLI::AsNumberWithUnit units(
      std::map<std::string, std::int64_t>{
          {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}},
      CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION");
  const auto take = [&value](const std::int64_t& ms) { value = Duration{ms}; };
  return Option(
      app_->add_option_function<std::int64_t>(name, take, what)->transform(units)->type_name("DURATION"));
}

Option Verb::add_flag(const std::string& name, bool& value, const std::string& what) {
  return Option(app_->add_flag(name, value, what));
}

Option Verb::add_parsed(const std::string& name, std::function<std::string(const std::string&)> take,
                        const std::string& what) {
  // Of "-o,--output" the longer name.
  const auto keep = [take = std::move(take),
                     shown = name.substr(name.rfind(',') + 1)](const CLI::results_t& written) {
    if (const std::string problem = take(written.back()); !problem.empty())
      throw CLI::ValidationError(shown, problem);
    return true;
  };
  return Option(app_->add_option(name, CLI::callback_t(keep), what)->type_name("TEXT"));
}

}  // namespace causeway::cli
