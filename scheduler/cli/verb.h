// SPDX-License-Identifier: Apache-2.0
// The command line as a verb's file sees it: names, options and help. What parses it (CLI11) stands behind
// verb.cpp and command.cpp alone, because its templates cost seconds of compiling in every file that sees
// them.
//
// Verb and Option are handles: copies speak of the same verb, and all are valid while the command line is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/core/time.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace causeway::cli {

class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option& required();
  Option& type_name(const std::string& name);  // what stands for the value in help: FILE
  Option& excludes(const Option& other);

 private:
  CLI::Option* option_;
};

// What is wrong with a word that stands for one of some words, with the one that was meant.
std::string choice_problem(const std::string& written, const std::vector<std::string>& words);

class Verb {
 public:
  explicit Verb(CLI::App* app) : app_(app) {}

  Verb add_subcommand(const std::string& name, const std::string& what);
  void require_subcommand();  // exactly one
  void footer(const std::string& text);
  void callback(std::function<void()> run);  // when the verb was chosen and its words were understood

  // "name" is a word by its place, "-f,--file" an option. What is written goes to `value`, which outlives the
  // command line.
  Option add_option(const std::string& name, std::string& value, const std::string& what);
  Option add_option(const std::string& name, std::vector<std::string>& values, const std::string& what);
  Option add_number(const std::string& name, std::int64_t& value, std::int64_t least, std::int64_t most,
                    const std::string& what);
  Option add_duration(const std::string& name, Duration& value, const std::string& what);  // 90s, 5m, 2h
  Option add_flag(const std::string& name, bool& value, const std::string& what);
  // `take` keeps what was written, or returns what is wrong with it.
  Option add_parsed(const std::string& name, std::function<std::string(const std::string&)> take,
                    const std::string& what);

  // An option that takes one of some words.
  template <class T>
  Option add_choice(const std::string& name, T& value, const std::map<std::string, T>& words,
                    const std::string& what) {
    const auto take = [&value, words](const std::string& written) -> std::string {
      if (const auto found = words.find(written); found != words.end()) {
        value = found->second;
        return "";
      }
      std::vector<std::string> known;
      known.reserve(words.size());
      for (const auto& [word, meaning] : words) known.push_back(word);
      return choice_problem(written, known);
    };
    return add_parsed(name, take, what);
  }

 private:
  CLI::App* app_;
};

}  // namespace causeway::cli
