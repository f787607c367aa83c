// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string subject;
  Format format = Format::table;
};

}  // namespace

void add_explain(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb = app.add_subcommand(
      "explain", "Say why a workload is where it is, or why it is nowhere, with numbers per host");
  verb.add_option("subject", options->subject, "A workload, an application or a wave")
      .required()
      .type_name("NAME");
  add_format(verb, options->format);
  verb.footer("Example:\n  causeway explain civil-affairs/marriage-registration/web-1");
  verb.callback([options, &session] {
    const auto answer = session.ask_for<model::DocumentResponse>(model::ExplainRequest{options->subject});
    if (answer) print(session.out, answer->document, options->format);
  });
}

}  // namespace causeway::cli
