// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/snapshots.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/core/text.h"
#include "scheduler/cli/printable.h"
#include "scheduler/snapshot/snapshot_file.h"

namespace causeway::cli {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_bytes(const std::string& file) {
  std::error_code error;
  const auto status = fs::status(file, error);
  if (!fs::exists(status)) return fail(Errc::not_found, fmt::format("{}: no such file", file));
  if (!fs::is_regular_file(status)) return fail(Errc::invalid, fmt::format("{}: this is no file", file));
  const auto bytes = fs::file_size(file, error);
  if (error || bytes > kSnapshotBytesMax)
    return fail(Errc::invalid, fmt::format("{}: {} MiB is more than a snapshot may have ({} MiB)", file,
                                           bytes >> 20, kSnapshotBytesMax >> 20));
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return fail(Errc::denied, fmt::format("{}: the file can't be read", file));
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

std::optional<placement::Snapshot> understand(Session& session, const std::string& source,
                                              const std::string& text) {
  auto snapshot = snapshot::read(text);
  if (snapshot) return std::move(*snapshot);
  for (const auto& finding : snapshot.error())
    fmt::print(session.err, "{}: {}{}{}{}{}\n", source, printable(finding.path),
               finding.path.empty() ? "" : ": ", printable(finding.what), finding.next.empty() ? "" : "; ",
               printable(finding.next));
  session.exit_code = kError;
  return std::nullopt;
}

}  // namespace

void add_snapshot_option(Verb& verb, std::string& file) {
  verb.add_option("--snapshot", file, "Ask this snapshot instead of the scheduler").type_name("FILE");
}

std::optional<placement::Snapshot> take_snapshot(Session& session, const std::string& file) {
  if (file.empty()) {
    const auto answer = session.ask_for<model::DocumentResponse>(model::SnapshotRequest{});
    if (!answer) return std::nullopt;
    return understand(session, "the scheduler's snapshot", snapshot::text_of(answer->document));
  }
  const auto text = read_bytes(file);
  if (!text) {
    session.show(text.error());
    return std::nullopt;
  }
  return understand(session, file, *text);
}

std::string extent(const placement::Snapshot& snapshot) {
  return fmt::format("{} in {}, {}", counted(snapshot.hosts.size(), "host"),
                     counted(snapshot.zones.size(), "zone"), counted(snapshot.workloads.size(), "workload"));
}

}  // namespace causeway::cli
