// SPDX-License-Identifier: Apache-2.0
#include <fmt/ostream.h>

#include "scheduler/cli/progress.h"
#include "scheduler/cli/session.h"
#include "scheduler/cli/wait.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string wave;
  Format format = Format::table;
  bool watch = false;
};

void run(Session& session, const Options& options) {
  std::uint64_t revision = 0;
  const auto look = [&] {
    const auto status = session.ask_for<model::StatusResponse>(model::StatusRequest{WaveId(options.wave)});
    if (!status) return false;
    if (!options.watch || status->revision != revision) print(session.out, *status, options.format);
    revision = status->revision;
    return options.watch && !status->settled;
  };
  watch(session, look);
}

}  // namespace

void add_status(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb = app.add_subcommand(
      "status", "Show how far a wave is, or the whole site: phase, percent, what waits for what");
  verb.add_option("wave", options->wave, "The wave; none: the whole site").type_name("WAVE");
  add_format(verb, options->format);
  verb.add_flag("--watch", options->watch, "Show it again whenever it changes, until it is settled");
  verb.footer("Example:\n  causeway status wave-1 --watch");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
