// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <cstdio>
#include <fstream>

#include "scheduler/cli/snapshots.h"
#include "scheduler/snapshot/snapshot_file.h"

namespace causeway::cli {
namespace {

// A snapshot that was half written would be taken for a damaged site: it gets its name when it is whole.
Result<> write_whole(const std::string& file, const std::string& text) {
  const std::string unfinished = file + ".tmp";
  std::ofstream stream(unfinished, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream || std::rename(unfinished.c_str(), file.c_str()) != 0) {
    std::remove(unfinished.c_str());
    return fail(Errc::unavailable, fmt::format("{}: the snapshot can't be written there", file));
  }
  return {};
}

void save(Session& session, const std::string& file) {
  const auto snapshot = take_snapshot(session, "");
  if (!snapshot) return;
  const std::string text = snapshot::write(*snapshot);
  if (file == "-") {
    fmt::print(session.out, "{}", text);
    return;
  }
  if (const auto written = write_whole(file, text); !written) return session.show(written.error());
  fmt::print(session.out, "saved {}: {}\n", file, extent(*snapshot));
}

void check(Session& session, const std::string& file) {
  const auto snapshot = take_snapshot(session, file);
  if (snapshot) fmt::print(session.out, "{}: sound; {}\n", file, extent(*snapshot));
}

}  // namespace

void add_snapshot(Verb& app, Session& session) {
  auto group = app.add_subcommand("snapshot", "Keep what placement looks at in a file, or check such a file");
  group.require_subcommand();
  group.footer("Example:\n  causeway snapshot save site.json");
  auto file = std::make_shared<std::string>();
  auto keep = group.add_subcommand(
      "save", "Write what placement looks at now: hosts, quotas, rules, and what is placed where");
  keep.add_option("file", *file, "The file to write; - for standard output").required().type_name("FILE");
  keep.footer(
      "Example:\n  causeway snapshot save site.json && causeway capacity --snapshot site.json --vcpus 4");
  keep.callback([file, &session] { save(session, *file); });
  auto look = group.add_subcommand("check", "Say all that is wrong in a snapshot file; needs no scheduler");
  look.add_option("file", *file, "The file").required().type_name("FILE");
  look.footer("Example:\n  causeway snapshot check site.json");
  look.callback([file, &session] { check(session, *file); });
}

}  // namespace causeway::cli
