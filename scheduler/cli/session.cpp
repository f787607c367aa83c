// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/session.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <sodium.h>

#include "common/core/check.h"
#include "scheduler/cli/printable.h"

namespace causeway::cli {
namespace {

std::uint64_t new_request_id() {
  static const bool ready = sodium_init() >= 0;
  CAUSEWAY_CHECK(ready);
  std::uint64_t id = 0;
  randombytes_buf(&id, sizeof id);
  return id;
}

}  // namespace

std::optional<model::ResponseBody> Session::ask(model::RequestBody body,
                                                const std::vector<config::ManifestFile>& files) {
  if (!client_) {
    auto client = world_.connect(config_file);
    if (!client) {
      show(client.error());
      return std::nullopt;
    }
    client_ = std::move(*client);
  }
  auto response = client_->ask({.id = new_request_id(), .reason = reason, .body = std::move(body)}, patience);
  if (!response) {
    show(response.error());
    return std::nullopt;
  }
  if (const auto* refused = std::get_if<model::ErrorResponse>(&response->body)) {
    config::Diagnostics located;
    for (const auto& [document, finding] : refused->findings) {
      if (document < files.size())
        located.push_back(config::locate(files[document], finding));
      else
        located.push_back({.file = finding.path, .at = {}, .what = finding.what, .next = finding.next});
    }
    show(config::in_order(std::move(located)));
    show(refused->error);
    return std::nullopt;
  }
  return std::move(response->body);
}

void Session::show(const model::DoneResponse& done) {
  for (const auto& line : done.messages) fmt::print(out, "{}\n", printable(line));
}

void Session::show(const Error& error) {
  fmt::print(err, "error: {}\n", printable_lines(error.what));
  exit_code = error.code == Errc::timeout ? kOutOfTime : error.code == Errc::conflict ? on_conflict : kError;
}

void Session::show(const config::Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics)
    fmt::print(err, "{}\n", printable(config::to_string(diagnostic)));
  if (!diagnostics.empty()) exit_code = kError;
}

bool Session::has_reason(bool dry_run) {
  if (dry_run || !reason.empty()) return true;
  show({Errc::invalid, "a change needs its reason, which stands in the audit log: add --reason \"why\""});
  return false;
}

void add_reason(Verb& verb, Session& session) {
  verb.add_option("--reason", session.reason, "Why, for the audit log; needed unless it is a dry run")
      .type_name("TEXT");
}

void add_dry_run(Verb& verb, bool& dry_run) {
  verb.add_flag("--dry-run", dry_run,
                "Let the scheduler check it and say what it would do, and change nothing");
}

}  // namespace causeway::cli
