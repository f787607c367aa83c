// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  Duration span{};
  Format format = Format::table;
};

void ask(Session& session, model::HaVerb verb, Duration span) {
  if (!session.has_reason(false)) return;
  const auto done = session.ask_for<model::DoneResponse>(model::HaRequest{verb, span});
  if (done) session.show(*done);
}

}  // namespace

void add_ha(Verb& app, Session& session) {
  auto group =
      app.add_subcommand("ha", "Lost hosts: what is fenced, and whether lost hosts are fenced at all");
  group.require_subcommand();
  group.footer("Example:\n  causeway ha disarm --for 2h --reason \"the storage network is rebuilt\"");
  auto options = std::make_shared<Options>();

  auto status =
      group.add_subcommand("status", "Show which hosts are up, isolated, dead, fenced or returning");
  add_format(status, options->format);
  status.footer("Example:\n  causeway ha status");
  status.callback([options, &session] {
    const auto answer = session.ask_for<model::DocumentResponse>(model::HaRequest{model::HaVerb::status, {}});
    if (answer) print(session.out, answer->document, options->format);
  });

  auto disarm = group.add_subcommand("disarm", "Fence no host for a while, whatever it looks like");
  disarm.add_duration("--for", options->span, "After so long it arms itself again; 24h at most").required();
  add_reason(disarm, session);
  disarm.footer("Example:\n  causeway ha disarm --for 2h --reason \"the storage network is rebuilt\"");
  disarm.callback([options, &session] { ask(session, model::HaVerb::disarm, options->span); });

  auto arm = group.add_subcommand("arm", "Fence lost hosts and restart elsewhere what is protected");
  add_reason(arm, session);
  arm.footer("Example:\n  causeway ha arm --reason \"the storage network is back\"");
  arm.callback([&session] { ask(session, model::HaVerb::arm, {}); });
}

}  // namespace causeway::cli
