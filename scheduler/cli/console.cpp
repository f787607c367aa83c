// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string workload;
  std::uint32_t bytes = 16 * 1024;
};

}  // namespace

void add_console(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("console", "Show the end of what a guest printed on its serial console");
  verb->add_option("workload", options->workload, "The workload")->required()->type_name("WORKLOAD");
  verb->add_option("--bytes", options->bytes, "How much of the end")
      ->check(CLI::Range(1, 1024 * 1024))
      ->type_name("N");
  verb->footer("Example:\n  causeway console civil-affairs/marriage-registration/web-1");
  verb->callback([options, &session] {
    const auto answer = session.ask_for<model::TextResponse>(
        model::ConsoleLogRequest{WorkloadId(options->workload), options->bytes});
    if (!answer) return;
    session.out << answer->text;
    if (!answer->text.ends_with('\n')) session.out << '\n';
  });
}

}  // namespace causeway::cli
