// SPDX-License-Identifier: Apache-2.0
// The files that operators and migration teams write: Site, Departments, Rooms and Wave, read into the values
// of common/model with their defaults applied. What a file says is checked here as far as reading it needs
// (keys, types, words); whether it makes sense is model/validate.h, whose findings come back by path and get
// their line and column again through `locate`.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/reader.h"
#include "common/core/finding.h"
#include "common/model/api.h"

namespace causeway::config {

// A problem with the file that it is in.
struct Diagnostic {
  std::string file;
  Position at;
  std::string what;
  std::string next;

  bool operator==(const Diagnostic&) const = default;
};
using Diagnostics = std::vector<Diagnostic>;

// "wave-1.yaml:12:17: memory 8 has no unit; write 8GiB or 8MiB"
std::string to_string(const Diagnostic& diagnostic);

struct ManifestFile {
  std::string file;  // as it was named on the command line
  model::Manifest manifest;
  SourceMap source;
};

// Reads the text of one file. All problems at once, in the order of the file.
std::expected<ManifestFile, Diagnostics> read_manifest(const std::string& file, std::string_view text);

struct Loaded {
  std::vector<ManifestFile> files;  // Site, Departments, Rooms, then the waves by name
  Diagnostics problems;             // not empty: what is in `files` is not all
};

// Reads files, folders (every *.yaml in them, not deeper) and "-" (standard input). The same file named twice
// is read once.
Loaded load_manifests(const std::vector<std::string>& paths);

// What was found about a manifest, at its place in the file.
Diagnostic locate(const ManifestFile& file, const Finding& finding);
// Sorted by file and place, without the repetitions that a default used many times leads to.
Diagnostics in_order(Diagnostics diagnostics);

// A file's text, or why not: it is absent, unreadable, no regular file, or larger than kFileBytesMax (which
// is found out before anything is read).
std::expected<std::string, Diagnostic> read_text(const std::string& file);

// Parses and walks through one document: the common frame of every kind of file.
// `read` gets the root; what it reports makes the reading fail.
template <class T, class Read>
std::expected<std::pair<T, SourceMap>, Diagnostics> read_document(const std::string& file,
                                                                  std::string_view text, Read read);

// What a file may be, and a key at its top that no other kind has: who forgot to write the kind is told
// which.
struct HeaderKind {
  std::string_view name;
  std::string_view own_key;
};
using HeaderKinds = std::vector<HeaderKind>;

// The header that every file starts with. Reports a missing or unknown `api` and a kind that is missing or
// none of `kinds`. Returns the kind, or the one that is meant as far as that can be told, so that the rest of
// the file is read too and its problems are shown in the same run.
std::optional<std::string> read_header(const Cursor& root, const HeaderKinds& kinds);

Diagnostics with_file(const std::string& file, std::vector<Problem> problems);

template <class T, class Read>
std::expected<std::pair<T, SourceMap>, Diagnostics> read_document(const std::string& file,
                                                                  std::string_view text, Read read) {
  const auto tree = parse_yaml(text);
  if (!tree) return std::unexpected(with_file(file, tree.error()));
  Reading reading;
  std::optional<T> value = read(Cursor(*tree, "", reading));
  if (!reading.problems.empty() || !value)
    return std::unexpected(with_file(file, std::move(reading.problems)));
  return std::pair{std::move(*value), std::move(reading.source)};
}

}  // namespace causeway::config
