// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "scheduler/cli/manifests.h"
#include "scheduler/cli/snapshots.h"
#include "scheduler/inquiry/wave_requests.h"
#include "scheduler/inquiry/what_if_answer.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string snapshot;
  std::vector<std::string> files;
  std::int64_t add_hosts = 0;
  std::string host_class;
  std::string like;
  std::string zone;
  std::string lose_host;
  std::string lose_rack;
  std::string lose_hall;
  Format format = Format::table;
};

void show(Session& session, const Finding& finding) {
  std::string text = finding.path.empty() ? finding.what : fmt::format("{}: {}", finding.path, finding.what);
  if (!finding.next.empty()) text += "; " + finding.next;
  session.show(Error{Errc::invalid, std::move(text)});
}

// What the options say, or nothing, and why not was shown.
std::optional<placement::Change> change_of(Session& session, const Options& options,
                                           const placement::Snapshot& snapshot) {
  placement::Change change{
      .add_hosts = options.add_hosts, .like = HostId(options.like), .lose = {}, .add = {}};
  if (!options.host_class.empty()) {
    const auto like = inquiry::host_like(snapshot, options.host_class, ZoneId(options.zone));
    if (!like) return show(session, like.error()), std::nullopt;
    change.like = *like;
  }
  for (const auto& [scope, name] : {std::pair{placement::Scope::host, options.lose_host},
                                    std::pair{placement::Scope::rack, options.lose_rack},
                                    std::pair{placement::Scope::hall, options.lose_hall}}) {
    if (name.empty()) continue;
    auto domain = inquiry::domain_of(snapshot, scope, name);
    if (!domain) return show(session, domain.error()), std::nullopt;
    change.lose = std::move(*domain);
  }
  if (options.files.empty()) return change;
  const auto files = read_manifests(session, options.files);
  if (!files) return std::nullopt;
  change.add = inquiry::batch_of(waves_in(*files), snapshot);
  return change;
}

// A table of a thousand moves hides what matters; json, yaml and wide have them.
void leave_out(model::Object& object, std::string_view key) {
  std::erase_if(object, [&](const model::Member& member) { return member.first == key; });
  for (auto& [name, value] : object)
    if (auto* inner = std::get_if<model::Object>(&value)) leave_out(*inner, key);
}

void run(Session& session, const Options& options) {
  if (options.add_hosts == 0 && options.lose_host.empty() && options.lose_rack.empty() &&
      options.lose_hall.empty() && options.files.empty())
    return session.show(Error{Errc::invalid,
                              "say what shall be different: --add-hosts 4 --class NAME, --lose-host, "
                              "--lose-rack or --lose-hall NAME, or a wave with --file"});
  const auto snapshot = take_snapshot(session, options.snapshot);
  if (!snapshot) return;
  const auto change = change_of(session, options, *snapshot);
  if (!change) return;
  auto answer = inquiry::what_if_answer(*snapshot, *change);
  if (!answer) {
    for (const auto& finding : answer.error()) show(session, finding);
    return;
  }
  if (options.format == Format::table)
    for (const auto* key : {"moves", "placed"}) leave_out(answer->document, key);
  print(session.out, answer->document, options.format);
  if (!answer->fits) session.exit_code = kNotPlaceable;
}

}  // namespace

void add_what_if(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb = app.add_subcommand("what-if",
                                 "Try hosts that come, hosts that are lost, or a wave: what fits, what is "
                                 "displaced, how many hosts are missing");
  add_snapshot_option(verb, options->snapshot);
  verb.add_number("--add-hosts", options->add_hosts, 1, placement::kHostsMissingMax,
                  "So many hosts more, 16 to a new rack");
  auto host_class =
      verb.add_option("--class", options->host_class,
                      "What class the added hosts are of; also what missing hosts are counted in");
  host_class.type_name("CLASS");
  verb.add_option("--like", options->like, "Instead of a class: a host that they are like")
      .excludes(host_class)
      .type_name("HOST");
  verb.add_option("--zone", options->zone, "With --class: which zone they serve").type_name("ZONE");
  auto lose_host = verb.add_option("--lose-host", options->lose_host, "This host is lost");
  lose_host.type_name("HOST");
  auto lose_rack =
      verb.add_option("--lose-rack", options->lose_rack, "This rack is lost, all its hosts at once");
  lose_rack.excludes(lose_host).type_name("RACK");
  verb.add_option("--lose-hall", options->lose_hall, "This hall is lost")
      .excludes(lose_host)
      .excludes(lose_rack)
      .type_name("HALL");
  verb.add_option("-f,--file", options->files, "This wave is added, after the loss and with the new hosts")
      .type_name("PATH");
  add_format(verb, options->format);
  verb.footer(
      "Examples:\n  causeway what-if --lose-rack a01\n"
      "  causeway what-if -f wave-4.yaml --add-hosts 4 --class general --zone extranet\n"
      "  causeway what-if --snapshot site.json --lose-hall b -o wide\n\n"
      "Exit codes: 0 all of it fits; 1 error; 2 something finds no place.");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
