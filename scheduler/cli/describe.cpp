// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string noun;
  std::string name;
  Format format = Format::table;
};

}  // namespace

void add_describe(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb =
      app.add_subcommand("describe", "Show one thing whole: what it shall be beside what was reported");
  verb.add_option("noun", options->noun,
                  "application, department, host, image, key, network, room, volume, wave, workload or zone")
      .required()
      .type_name("NOUN");
  verb.add_option("name", options->name, "Its name as `causeway get` shows it").required().type_name("NAME");
  add_format(verb, options->format);
  verb.footer("Example:\n  causeway describe workload civil-affairs/marriage-registration/web-1");
  verb.callback([options, &session] {
    const auto answer =
        session.ask_for<model::DocumentResponse>(model::DescribeRequest{options->noun, options->name});
    if (answer) print(session.out, answer->document, options->format);
  });
}

}  // namespace causeway::cli
