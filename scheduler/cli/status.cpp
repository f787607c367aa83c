// SPDX-License-Identifier: Apache-2.0
#include <fmt/ostream.h>

#include <optional>

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

// In what is printed; the revision moves with every report.
bool differs(const model::StatusResponse& before, const model::StatusResponse& after) {
  return before.applications != after.applications || before.summary != after.summary ||
         before.findings != after.findings;
}

void run(Session& session, const Options& options) {
  std::optional<model::StatusResponse> shown;
  Progress changes(session.out, false);
  const auto look = [&] {
    const auto status = session.ask_for<model::StatusResponse>(model::StatusRequest{WaveId(options.wave)});
    if (!status) return false;
    const bool goes_on = options.watch && !status->settled;
    const bool table = options.format == Format::table || options.format == Format::wide;
    // A log gets a line for each application that gets further, and the table when it is over.
    if (goes_on && table && !session.terminal) {
      changes.show(*status, Duration{});
    } else if (!shown || differs(*shown, *status) || !goes_on) {
      if (options.watch && session.terminal) fmt::print(session.out, "{}", kClearScreen);
      print(session.out, *status, options.format);
    }
    session.out.flush();
    shown = *status;
    return goes_on;
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
  verb.add_flag("--watch", options->watch,
                "Show what changes, until it is settled: all of it anew on a terminal, a line for each "
                "change in a log");
  verb.footer("Example:\n  causeway status wave-1 --watch");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
