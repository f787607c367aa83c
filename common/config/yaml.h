// SPDX-License-Identifier: Apache-2.0
// The strict part of YAML 1.2 that people write for Causeway, read into a tree that knows where each piece
// stands. A scalar is text and nothing else: what it means is decided by who asks for it (reader.h), so that
// `no`, `0755` and `12:34:56` are never surprises. Refused, each with its position: duplicate keys, keys that
// are no text, anchors, aliases, tags, directives, tabs, control characters, bytes that are no UTF-8, more
// than one document, and what exceeds a limit below.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace causeway::config {

// A file above this is refused before it is read: the largest site's files stay far below it.
inline constexpr std::size_t kFileBytesMax = std::size_t{8} << 20;
inline constexpr int kDepthMax = 32;
inline constexpr std::size_t kValuesMax = 500'000;

// Line and column as an editor counts them: from 1, and a Chinese character is one column.
struct Position {
  int line = 1;
  int column = 1;

  auto operator<=>(const Position&) const = default;
};

// Something wrong in a file, for the person who wrote it.
struct Problem {
  Position at;
  std::string what;  // what is wrong, and why where that isn't plain
  std::string next;  // what to write instead; may be empty

  bool operator==(const Problem&) const = default;
};

struct YamlEntry;

struct YamlNode {
  enum class Kind { empty, scalar, list, map };

  Position at;
  Kind kind = Kind::empty;
  std::string text;                // of a scalar
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, in the order of the file; each key once
};

struct YamlEntry {
  Position at;  // of the key
  std::string key;
  YamlNode value;
};

// Reads one document. Finds all that is refused up to the first place where the text stops being YAML.
std::expected<YamlNode, std::vector<Problem>> parse_yaml(std::string_view text);

}  // namespace causeway::config
