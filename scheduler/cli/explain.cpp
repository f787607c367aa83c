// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "scheduler/cli/manifests.h"
#include "scheduler/cli/snapshots.h"
#include "scheduler/inquiry/explanation.h"
#include "scheduler/inquiry/wave_requests.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string subject;
  std::string snapshot;
  std::vector<std::string> files;
  Format format = Format::table;
};

// What placement would make of a wave that is not applied.
void explain_wave(Session& session, const Options& options) {
  const auto files = read_manifests(session, options.files);
  if (!files) return;
  const auto snapshot = take_snapshot(session, options.snapshot);
  if (!snapshot) return;
  const auto batch = inquiry::batch_of(waves_in(*files), *snapshot);
  const auto waves = waves_in(*files);
  const bool whole =
      std::ranges::any_of(waves, [&](const model::Wave& wave) { return wave.id.str() == options.subject; });
  const auto answer = inquiry::explain_batch(*snapshot, batch, whole ? "" : options.subject);
  if (answer.document.empty())
    return session.show(
        Error{Errc::not_found,
              batch.requests.empty()
                  ? "everything in the files stands already; ask without --file why it is there"
                  : fmt::format("nothing in the files is called '{}' and not placed yet", options.subject)});
  print(session.out, answer.document, options.format);
  if (!answer.fits) session.exit_code = kNotPlaceable;
}

void explain_in_snapshot(Session& session, const Options& options) {
  const auto snapshot = take_snapshot(session, options.snapshot);
  if (!snapshot) return;
  const auto standing = std::ranges::find_if(snapshot->workloads, [&](const placement::Placed& placed) {
    return placed.request.workload.str() == options.subject;
  });
  if (standing == snapshot->workloads.end())
    return session.show(Error{Errc::not_found,
                              fmt::format("no workload '{}' in {}; why a wave's can't be placed is said with "
                                          "its --file",
                                          options.subject, options.snapshot)});
  model::Object document{{"workload", options.subject}, {"host", standing->host.str()}};
  for (auto& member : inquiry::explain_standing(*snapshot, standing->request.workload))
    document.push_back(std::move(member));
  print(session.out, document, options.format);
}

void run(Session& session, const Options& options) {
  if (!options.files.empty()) return explain_wave(session, options);
  if (!options.snapshot.empty()) return explain_in_snapshot(session, options);
  const auto answer = session.ask_for<model::DocumentResponse>(model::ExplainRequest{options.subject});
  if (answer) print(session.out, answer->document, options.format);
}

}  // namespace

void add_explain(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb = app.add_subcommand(
      "explain", "Say why a workload is where it is, or why it is nowhere, with numbers per host");
  verb.add_option("subject", options->subject, "A workload, an application or a wave")
      .required()
      .type_name("NAME");
  verb.add_option("-f,--file", options->files,
                  "It is in this wave and not applied yet: why it can't be placed, or where it would go")
      .type_name("PATH");
  add_snapshot_option(verb, options->snapshot);
  add_format(verb, options->format);
  verb.footer(
      "Examples:\n  causeway explain civil-affairs/marriage-registration/web-1\n"
      "  causeway explain wave-4 -f wave-4.yaml\n\n"
      "Exit codes: 0 it has its place, or would find one; 1 error; 2 it would find none.");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
