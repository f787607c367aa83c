// SPDX-License-Identifier: Apache-2.0
// What a scheduler shows: tables and documents whose columns and keys travel with them, so that an older
// `causeway` can print what a newer scheduler lists, and a noun is added in one place.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace causeway::model {

struct Value;
using List = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;  // in the order in which it is shown

// A tree in the manner of JSON. Amounts are numbers with the unit in the key ("memory_mib"), times are RFC
// 3339 text.
struct Value : std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Object> {
  using variant::variant;
  Value(const char* text) : variant(std::string(text)) {}  // NOLINT: a literal is text, not a bool
  Value(int number) : variant(static_cast<std::int64_t>(number)) {}

  bool operator==(const Value&) const = default;
};

struct Column {
  std::string key;     // in json and yaml: "memory_mib"
  std::string title;   // in a table: "MEMORY"; empty: not in tables, only in json and yaml
  bool wide = false;   // only with -o wide
  bool right = false;  // numbers stand right

  bool operator==(const Column&) const = default;
};

struct Listing {
  std::string noun;  // "workloads"
  std::vector<Column> columns;
  // A row has a cell for each column. A cell that is an object {text, value} shows the text in tables and
  // gives the value to json and yaml: {"8GiB", 8192}.
  std::vector<std::vector<Value>> rows;
  std::uint64_t revision = 0;  // of the state that it shows; a watch goes on from it

  bool operator==(const Listing&) const = default;
};

}  // namespace causeway::model
