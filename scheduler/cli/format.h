// SPDX-License-Identifier: Apache-2.0
// How listings and documents are printed: as tables that align by display width, as JSON, as YAML, or as bare
// names.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "common/model/value.h"

namespace causeway::cli {

enum class Format { table, wide, json, yaml, name };

// An option that takes one of some words; another word is refused with all of them, or with the one that was
// meant.
std::string choice_problem(const std::string& written, const std::vector<std::string>& words);
template <class T>
CLI::Option* add_choice(CLI::App& verb, const std::string& name, T& value,
                        const std::map<std::string, T>& words, const std::string& help) {
  const auto choose = [&value, words](const std::string& written) {
    const auto found = words.find(written);
    std::vector<std::string> known;
    for (const auto& [word, meaning] : words) known.push_back(word);
    if (found == words.end()) throw CLI::ValidationError(choice_problem(written, known));
    value = found->second;
  };
  return verb.add_option_function<std::string>(name, choose, help);
}

// -o on a verb that lists.
void add_format(CLI::App& verb, Format& format);

void print(std::ostream& out, const model::Listing& listing, Format format);

// A document for people is an outline of its keys; its lists of objects are tables.
void print(std::ostream& out, const model::Object& document, Format format);

// A value on one line, as a table's cell shows it: lists are joined by commas, nothing is "-".
std::string cell_text(const model::Value& value);

}  // namespace causeway::cli
