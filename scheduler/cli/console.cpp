// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "scheduler/cli/printable.h"
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

constexpr std::int64_t kBytesMax = 1'048'576;

struct Options {
  std::string workload;
  std::int64_t bytes = 16'384;
};

}  // namespace

void add_console(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb = app.add_subcommand("console", "Show the end of what a guest printed on its serial console");
  verb.add_option("workload", options->workload, "The workload").required().type_name("WORKLOAD");
  verb.add_number("--bytes", options->bytes, 1, kBytesMax, "How much of the end");
  verb.footer("Example:\n  causeway console civil-affairs/marriage-registration/web-1");
  verb.callback([options, &session] {
    const auto answer = session.ask_for<model::TextResponse>(
        model::ConsoleLogRequest{WorkloadId(options->workload), static_cast<std::uint32_t>(options->bytes)});
    if (!answer) return;
    // A serial line ends its lines with CR LF.
    std::string text = answer->text;
    std::erase(text, '\r');
    session.out << printable_lines(text);
    if (!text.ends_with('\n')) session.out << '\n';
  });
}

}  // namespace causeway::cli
