// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string from;
  std::string to;
  std::string what = "ping";
  Format format = Format::table;
};

void run(Session& session, const Options& options) {
  const auto listing = session.ask_for<model::Listing>(
      model::GetRequest{"reach", {{"from", options.from}, {"to", options.to}, {"what", options.what}}});
  if (!listing) return;
  if (listing->rows.empty())
    return session.show(
        Error{Errc::not_found,
              fmt::format(
                  "nothing to say of {}, {} and {}; see `causeway get workloads` for their names, and write "
                  "ping, tcp/PORT or udp/PORT",
                  options.from, options.to, options.what)});
  print(session.out, *listing, options.format);
}

}  // namespace

void add_reach(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb =
      app.add_subcommand("reach", "Whether a workload may reach another one, by which rule or why not");
  verb.add_option("from", options->from, "The workload that asks").required().type_name("WORKLOAD");
  verb.add_option("to", options->to, "The workload that is asked").required().type_name("WORKLOAD");
  verb.add_option("what", options->what, "ping, tcp/PORT or udp/PORT; ping if absent").type_name("WHAT");
  add_format(verb, options->format);
  verb.footer(
      "Example:\n  causeway reach housing/building-permits/web civil-affairs/marriage-registration/web-1 "
      "tcp/80");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
