// SPDX-License-Identifier: Apache-2.0
// Typed reading of a YAML tree. Each kind of file is written down as a table of its keys:
//
//   Zone zone;
//   cursor.fields()
//       .required("mlps", zone.mlps, integer(1, 4))
//       .optional("title", zone.title, text)
//       .no_others();
//
// A reader is a function from a Cursor to std::optional: nothing means that it has reported why. Reading goes
// on after a finding, so that one run shows all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/config/yaml.h"
#include "common/core/finding.h"
#include "common/core/ids.h"
#include "common/core/units.h"
#include "common/model/address.h"
#include "common/model/service.h"

namespace causeway::config {

// From the path of a key to its place in the file, for findings that come back by path.
class SourceMap {
 public:
  void put(const Path& path, Position at) { positions_.insert_or_assign(path, at); }
  void put_if_absent(const Path& path, Position at) { positions_.try_emplace(path, at); }
  // The place of the path, or of the nearest thing around it that stands in the file.
  [[nodiscard]] Position find(const Path& path) const;

 private:
  std::map<Path, Position, std::less<>> positions_;
};

// What one reading of a file gathers.
struct Reading {
  SourceMap source;
  std::vector<Problem> problems;
};

class Fields;

// A value in the file, and the path that leads to it. Refers to the tree and the reading; both live longer.
class Cursor {
 public:
  Cursor(const YamlNode& node, Path path, Reading& reading)
      : node_(&node), path_(std::move(path)), reading_(&reading) {}

  [[nodiscard]] const YamlNode& node() const { return *node_; }
  [[nodiscard]] const Path& path() const { return path_; }
  // What the path ends with, for messages.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] Reading& reading() const { return *reading_; }

  void problem(std::string what, std::string next) const {
    problem(node_->at, std::move(what), std::move(next));
  }
  void problem(Position at, std::string what, std::string next) const;

  // The text of a scalar; anything else is reported as no `expected`.
  [[nodiscard]] std::optional<std::string> scalar(std::string_view expected) const;
  // Whether it is a list or a map; reports if not.
  [[nodiscard]] bool is_list() const;
  [[nodiscard]] bool is_map() const;

  [[nodiscard]] Fields fields() const;
  // What is below; records its place in the source map.
  [[nodiscard]] Cursor child(const YamlEntry& entry) const;
  [[nodiscard]] Cursor child(const YamlNode& item, const std::string& name) const;

 private:
  const YamlNode* node_;
  Path path_;
  Reading* reading_;
};

// The keys of one map, row by row.
class Fields {
 public:
  explicit Fields(const Cursor& cursor) : cursor_(cursor), is_map_(cursor.is_map()) {}

  // Leaves `into` as it is if the key is absent.
  template <class T, class Reader>
  Fields& optional(const std::string& key, T& into, const Reader& reader) {
    if (const YamlEntry* entry = take(key)) {
      if (auto value = reader(cursor_.child(*entry))) into = std::move(*value);
    }
    return *this;
  }

  template <class T, class Reader>
  Fields& required(const std::string& key, T& into, const Reader& reader) {
    if (is_map_ && !has(key)) missing(key);
    return optional(key, into, reader);
  }

  // A key that another reading takes care of.
  Fields& known(const std::string& key) {
    take(key);
    return *this;
  }

  // Reports the keys that no row has named, with the nearest name that one has.
  void no_others();

  [[nodiscard]] bool has(std::string_view key) const;

 private:
  const YamlEntry* take(const std::string& key);
  void missing(const std::string& key) const;

  Cursor cursor_;
  bool is_map_;
  std::vector<std::string> names_;
};

// --- readers ---

std::optional<std::string> text(const Cursor& cursor);         // not empty
std::optional<bool> boolean(const Cursor& cursor);             // true or false, in these words
std::optional<MiB> memory(const Cursor& cursor);               // "8GiB", "1536MiB"
std::optional<GiB> capacity(const Cursor& cursor);             // whole GiB: "40GiB", "2TiB"
std::optional<MbitPerSecond> bandwidth(const Cursor& cursor);  // "200Mbit", "10Gbit", up to kBandwidthMax
std::optional<double> decimal(const Cursor& cursor);           // "1.5"
std::optional<model::IpAddress> address(const Cursor& cursor);
std::optional<model::Subnet> subnet(const Cursor& cursor);
std::optional<model::Mac> mac(const Cursor& cursor);
std::optional<model::Service> service(const Cursor& cursor);  // "tcp/443", "icmp/8"

std::optional<std::int64_t> read_integer(const Cursor& cursor, std::int64_t min, std::int64_t max);

// A whole number from min to max.
inline auto integer(int min, int max) {
  return [=](const Cursor& cursor) -> std::optional<int> {
    const auto value = read_integer(cursor, min, max);
    if (!value) return std::nullopt;
    return static_cast<int>(*value);
  };
}

// A name of the kind Id. What it may look like is checked with the whole document (model/validate.h).
template <class Id>
std::optional<Id> name(const Cursor& cursor) {
  auto value = cursor.scalar("a name");
  if (!value) return std::nullopt;
  return Id(std::move(*value));
}

// One of some words.
template <class Enum>
using Words = std::vector<std::pair<std::string, Enum>>;

void report_no_choice(const Cursor& cursor, const std::string& written,
                      const std::vector<std::string>& words);

template <class Enum>
auto choice(Words<Enum> words) {
  return [words = std::move(words)](const Cursor& cursor) -> std::optional<Enum> {
    std::vector<std::string> known;
    for (const auto& [word, value] : words) known.push_back(word);
    const auto written = cursor.scalar("one of these words");
    if (!written) return std::nullopt;
    for (const auto& [word, value] : words)
      if (word == *written) return value;
    report_no_choice(cursor, *written, known);
    return std::nullopt;
  };
}

// A list; each item's path ends with its text, so that it is found again by what it says.
template <class Reader>
auto list(Reader reader) {
  using Item = typename std::invoke_result_t<Reader, const Cursor&>::value_type;
  return [reader](const Cursor& cursor) -> std::optional<std::vector<Item>> {
    if (!cursor.is_list()) return std::nullopt;
    std::vector<Item> items;
    std::size_t index = 0;
    for (const auto& node : cursor.node().items) {
      const std::string name = node.kind == YamlNode::Kind::scalar ? node.text : std::to_string(index);
      if (auto item = reader(cursor.child(node, name))) items.push_back(std::move(*item));
      ++index;
    }
    return items;
  };
}

void report_repeated(const Cursor& cursor);

// A list in which nothing stands twice.
template <class Reader>
auto set(Reader reader) {
  using Item = typename std::invoke_result_t<Reader, const Cursor&>::value_type;
  return [reader](const Cursor& cursor) -> std::optional<std::set<Item>> {
    if (!cursor.is_list()) return std::nullopt;
    std::set<Item> items;
    for (const auto& node : cursor.node().items) {
      const Cursor child = cursor.child(node, node.text);
      auto item = reader(child);
      if (item && !items.insert(std::move(*item)).second) report_repeated(child);
    }
    return items;
  };
}

// A map keyed by names of the kind Id (std::string: by any text).
template <class Id, class Reader>
auto map_of(Reader reader) {
  using Item = typename std::invoke_result_t<Reader, const Cursor&>::value_type;
  return [reader](const Cursor& cursor) -> std::optional<std::map<Id, Item>> {
    if (!cursor.is_map()) return std::nullopt;
    std::map<Id, Item> items;
    for (const auto& entry : cursor.node().entries) {
      if (auto item = reader(cursor.child(entry))) items.emplace(Id(entry.key), std::move(*item));
    }
    return items;
  };
}

}  // namespace causeway::config
