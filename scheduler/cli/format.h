// SPDX-License-Identifier: Apache-2.0
// How listings and documents are printed: as tables that align by display width, as JSON, as YAML, or as bare
// names.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "common/model/value.h"
#include "scheduler/cli/verb.h"

namespace causeway::cli {

enum class Format { table, wide, json, yaml, name };

// -o on a verb that lists.
void add_format(Verb& verb, Format& format);

void print(std::ostream& out, const model::Listing& listing, Format format);

// A document for people is an outline of its keys; its lists of objects are tables.
void print(std::ostream& out, const model::Object& document, Format format);

// A value on one line, as a table's cell shows it: lists are joined by commas, nothing is "-".
std::string cell_text(const model::Value& value);

}  // namespace causeway::cli
