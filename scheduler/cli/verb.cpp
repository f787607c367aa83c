// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/verb.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "common/core/text.h"

namespace causeway::cli {
namespace {

constexpr std::pair<std::string_view, Duration> kUnits[] = {{"ms", Duration{1}},
                                                            {"s", std::chrono::seconds{1}},
                                                            {"m", std::chrono::minutes{1}},
                                                            {"h", std::chrono::hours{1}},
                                                            {"d", std::chrono::days{1}}};
constexpr std::int64_t kNumberMax = 100'000;  // of days they are centuries, and sums don't overflow

std::optional<Duration> duration_of(std::string_view written) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), number);
  if (error != std::errc{} || number < 0 || number > kNumberMax) return std::nullopt;
  const std::string_view unit(end, written.data() + written.size());
  const auto known = std::ranges::find(kUnits, unit, &std::pair<std::string_view, Duration>::first);
  if (known == std::end(kUnits)) return std::nullopt;
  return number * known->second;
}

}  // namespace

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
  const auto take = [&value](const std::string& written) -> std::string {
    const auto span = duration_of(written);
    if (!span)
      return fmt::format("'{}' is no duration; write a whole number and its unit: 90s, 5m, 2h, 1d", written);
    value = *span;
    return "";
  };
  return std::move(add_parsed(name, take, what).type_name("DURATION"));
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
