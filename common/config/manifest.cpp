// SPDX-License-Identifier: Apache-2.0
#include "common/config/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <system_error>
#include <tuple>

#include "common/config/kinds.h"
#include "common/core/text.h"

namespace causeway::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kApi = "causeway/v1";

std::string api_hint(const std::string& written) {
  return written.starts_with("causeway/v") ? fmt::format("this version reads {}", kApi)
                                           : fmt::format("write `api: {}`", kApi);
}

// Reads to the end, or to just above the limit: then parsing refuses it.
std::string read_limited(std::istream& stream) {
  std::string text;
  std::array<char, 65536> block{};
  while (text.size() <= kFileBytesMax) {
    stream.read(block.data(), block.size());
    if (stream.gcount() == 0) break;
    text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  }
  return text;
}

// The files that a path on the command line stands for.
std::vector<std::string> expand(const std::string& path, Diagnostics& problems) {
  std::error_code error;
  if (path == "-" || !fs::is_directory(path, error)) return {path};
  std::vector<std::string> files;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".yaml") files.push_back(entry->path().string());
  if (error)
    problems.push_back(
        {path, {}, fmt::format("the folder can't be read: {}", error.message()), "look at its permissions"});
  else if (files.empty())
    problems.push_back({path, {}, "no *.yaml in this folder", "name the files, or another folder"});
  std::ranges::sort(files);
  return files;
}

std::tuple<std::size_t, std::string> order_of(const ManifestFile& file) {
  const auto* wave = std::get_if<model::Wave>(&file.manifest);
  return {file.manifest.index(), wave ? wave->id.str() : file.file};
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) {
  std::string line =
      fmt::format("{}:{}:{}: {}", diagnostic.file, diagnostic.at.line, diagnostic.at.column, diagnostic.what);
  if (!diagnostic.next.empty()) line += (diagnostic.what.ends_with('?') ? " " : "; ") + diagnostic.next;
  return line;
}

Diagnostics with_file(const std::string& file, std::vector<Problem> problems) {
  Diagnostics diagnostics;
  for (auto& problem : problems)
    diagnostics.push_back({file, problem.at, std::move(problem.what), std::move(problem.next)});
  return in_order(std::move(diagnostics));
}

Diagnostics in_order(Diagnostics diagnostics) {
  const auto key = [](const Diagnostic& one) { return std::tie(one.file, one.at, one.what); };
  std::ranges::stable_sort(diagnostics, {}, key);
  const auto repeated = std::ranges::unique(diagnostics, {}, key);
  diagnostics.erase(repeated.begin(), repeated.end());
  return diagnostics;
}

std::optional<std::string> read_header(const Cursor& root, const HeaderKinds& kinds) {
  if (!root.is_map()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& one : kinds) names.emplace_back(one.name);
  Fields header = root.fields();
  std::string api;
  if (!header.has("api")) root.problem("the document has no api", fmt::format("add `api: {}`", kApi));
  header.optional("api", api, [](const Cursor& cursor) {
    auto written = cursor.scalar(kApi);
    if (written && *written != kApi)
      cursor.problem(fmt::format("api '{}' is not known here", *written), api_hint(*written));
    return written;
  });
  std::string kind;
  if (!header.has("kind")) {
    const auto meant = std::ranges::find_if(
        kinds, [&](const HeaderKind& one) { return kinds.size() == 1 || header.has(one.own_key); });
    if (meant != kinds.end()) kind = meant->name;
    root.problem("the document has no kind", kind.empty()
                                                 ? fmt::format("add `kind: …`, one of {}", join(names, ", "))
                                                 : fmt::format("add `kind: {}`", kind));
  }
  header.optional("kind", kind, [&](const Cursor& cursor) -> std::optional<std::string> {
    auto written = cursor.scalar("a kind");
    if (!written || std::ranges::find(names, *written) != names.end()) return written;
    if (names.size() == 1) {
      cursor.problem(fmt::format("this file is of kind {}, and {} is needed here", *written, names[0]),
                     fmt::format("name another file, or write `kind: {}`", names[0]));
      return std::nullopt;
    }
    const std::string nearest = nearest_name(*written, names);
    cursor.problem(fmt::format("kind '{}' is none of {}", *written, join(names, ", ")),
                   nearest.empty() ? "write one of them" : fmt::format("did you mean '{}'?", nearest));
    if (nearest.empty()) return std::nullopt;
    return nearest;
  });
  if (kind.empty()) return std::nullopt;
  return kind;
}

std::expected<ManifestFile, Diagnostics> read_manifest(const std::string& file, std::string_view text) {
  auto document =
      read_document<model::Manifest>(file, text, [](const Cursor& root) -> std::optional<model::Manifest> {
        const auto kind = read_header(root, {{"Site", "halls"},
                                             {"Departments", "departments"},
                                             {"Rooms", "rooms"},
                                             {"Wave", "applications"}});
        if (!kind) return std::nullopt;
        if (*kind == "Site") return read_site(root);
        if (*kind == "Departments") return read_departments(root);
        if (*kind == "Rooms") return read_rooms(root);
        return read_wave(root);
      });
  if (!document) return std::unexpected(std::move(document.error()));
  return ManifestFile{file, std::move(document->first), std::move(document->second)};
}

std::expected<std::string, Diagnostic> read_text(const std::string& file) {
  if (file == "-") return read_limited(std::cin);
  const auto refused = [&](std::string what, std::string next) {
    return std::unexpected(Diagnostic{file, {}, std::move(what), std::move(next)});
  };
  std::error_code error;
  const auto status = fs::status(file, error);
  if (!fs::exists(status)) return refused("no such file", "look at the path");
  if (!fs::is_regular_file(status) && !fs::is_fifo(status)) return refused("this is no file", "name a file");
  if (fs::is_regular_file(status)) {
    const auto bytes = fs::file_size(file, error);
    if (!error && bytes > kFileBytesMax)
      return refused(
          fmt::format("{} MiB is more than a file may have ({} MiB)", bytes >> 20, kFileBytesMax >> 20),
          "split it into several files, or look whether it is the right one");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return refused("the file can't be read", "look at its permissions");
  return read_limited(stream);
}

Loaded load_manifests(const std::vector<std::string>& paths) {
  Loaded loaded;
  std::set<std::string> seen;
  for (const auto& path : paths) {
    for (const auto& file : expand(path, loaded.problems)) {
      std::error_code error;
      if (!seen.insert(file == "-" ? file : fs::weakly_canonical(file, error).string()).second) continue;
      const auto text = read_text(file);
      if (!text) {
        loaded.problems.push_back(text.error());
        continue;
      }
      auto manifest = read_manifest(file, *text);
      if (manifest)
        loaded.files.push_back(std::move(*manifest));
      else
        loaded.problems.insert(loaded.problems.end(), manifest.error().begin(), manifest.error().end());
    }
  }
  std::ranges::stable_sort(loaded.files, {}, order_of);
  return loaded;
}

Diagnostic locate(const ManifestFile& file, const Finding& finding) {
  return {file.file, file.source.find(finding.path), finding.what, finding.next};
}

}  // namespace causeway::config
