// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string host;
  std::string key;
  bool dry_run = false;
};

Verb add_verb(Verb& group, Session& session, model::HostVerb host_verb, const std::string& name,
              const std::string& what, const std::shared_ptr<Options>& options) {
  auto verb = group.add_subcommand(name, what);
  verb.add_option("host", options->host, "The host, as the site file names it").required().type_name("HOST");
  add_reason(verb, session);
  add_dry_run(verb, options->dry_run);
  verb.callback([options, host_verb, &session] {
    if (!session.has_reason(options->dry_run)) return;
    const auto done = session.ask_for<model::DoneResponse>(
        model::HostRequest{host_verb, HostId(options->host), options->key, options->dry_run});
    if (done) session.show(*done);
  });
  return verb;
}

}  // namespace

void add_host(Verb& app, Session& session) {
  auto group = app.add_subcommand("host", "Let a host in, keep new workloads off it, or empty it");
  group.require_subcommand();
  group.footer("Example:\n  causeway host cordon h1 --reason \"new memory on Friday\"");
  auto options = std::make_shared<Options>();
  auto add = add_verb(group, session, model::HostVerb::add, "add",
                      "Let the agent of a declared host in by its key", options);
  add.add_option("--key", options->key, "The agent's public key: what its .pub file holds")
      .required()
      .type_name("KEY");
  add.footer("Example:\n  causeway host add h1 --key \"$(cat agent.key.pub)\" --reason \"racked on Monday\"");
  add_verb(group, session, model::HostVerb::cordon, "cordon", "Place nothing new there; what runs goes on",
           options)
      .footer("Example:\n  causeway host cordon h1 --reason \"new memory on Friday\"");
  add_verb(group, session, model::HostVerb::uncordon, "uncordon", "Place there again", options)
      .footer("Example:\n  causeway host uncordon h1 --reason \"the memory is in\"");
  add_verb(group, session, model::HostVerb::drain, "drain",
           "Place nothing new there and move what runs to other hosts", options)
      .footer("Example:\n  causeway host drain h1 --reason \"firmware\" --dry-run");
}

}  // namespace causeway::cli
