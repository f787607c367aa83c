// SPDX-License-Identifier: Apache-2.0
#include <fmt/ostream.h>

#include "common/transport/keys.h"
#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string file;
  std::string name;
  std::string key;
  model::Role role = model::Role::supervisor;
  std::string department;
};

const std::map<std::string, model::Role> kRoles = {{"operator", model::Role::operator_},
                                                   {"migration", model::Role::migration},
                                                   {"department", model::Role::department},
                                                   {"supervisor", model::Role::supervisor}};

void make_key(Session& session, const std::string& file) {
  auto keys = transport::generate_keys();
  if (!keys) return session.show(keys.error());
  if (const auto written = transport::write_keys(*keys, file); !written) return session.show(written.error());
  fmt::print(session.out, "{}: the secret key; keep it on this machine\n{}.pub: the public key: {}\n", file,
             file, keys->public_key);
}

void allow(Session& session, const Options& options) {
  if (const std::string problem = transport::public_key_problem(options.key); !problem.empty())
    return session.show(
        Error{Errc::invalid, "--key: " + problem + "; write the line of the file that ends in .pub"});
  if ((options.role == model::Role::department) == options.department.empty())
    return session.show(Error{Errc::invalid, options.department.empty()
                                                 ? "the role department needs --department: whose key is it?"
                                                 : "--department goes with --role department only"});
  if (!session.has_reason(false)) return;
  const auto done = session.ask_for<model::DoneResponse>(
      model::KeyAllowRequest{{.name = options.name,
                              .key = options.key,
                              .role = options.role,
                              .department = DepartmentId(options.department)}});
  if (done) session.show(*done);
}

}  // namespace

void add_key(Verb& app, Session& session) {
  auto group = app.add_subcommand("key", "Make keys, and say what their owners may do");
  group.require_subcommand();
  group.footer("Example:\n  causeway key new admin.key");
  auto options = std::make_shared<Options>();

  auto make = group.add_subcommand("new", "Make a key pair: FILE and FILE.pub; needs no scheduler");
  make.add_option("file", options->file, "Where the secret half goes; FILE.pub is put beside it")
      .required()
      .type_name("FILE");
  make.footer("Example:\n  causeway key new admin.key");
  make.callback([options, &session] { make_key(session, options->file); });

  auto let_in = group.add_subcommand("allow", "Let a key in, with a role");
  let_in.add_option("name", options->name, "Who holds it, for the audit log").required().type_name("NAME");
  let_in.add_option("--key", options->key, "The public key: what the .pub file holds")
      .required()
      .type_name("KEY");
  let_in
      .add_choice(
          "--role", options->role, kRoles,
          "operator (everything), migration (plan and apply waves), department (its own), supervisor (reads)")
      .required()
      .type_name("ROLE");
  let_in.add_option("--department", options->department, "Of the role department: which")
      .type_name("DEPARTMENT");
  add_reason(let_in, session);
  let_in.footer(
      "Example:\n  causeway key allow migration-team-2 --role migration --key \"$(cat team-2.key.pub)\" "
      "--reason \"third wave\"");
  let_in.callback([options, &session] { allow(session, *options); });

  auto revoke = group.add_subcommand("revoke", "Never listen to a key again");
  revoke.add_option("name", options->name, "The name it was allowed under").required().type_name("NAME");
  add_reason(revoke, session);
  revoke.footer("Example:\n  causeway key revoke migration-team-2 --reason \"contract ended\"");
  revoke.callback([options, &session] {
    if (!session.has_reason(false)) return;
    const auto done = session.ask_for<model::DoneResponse>(model::KeyRevokeRequest{options->name});
    if (done) session.show(*done);
  });
}

}  // namespace causeway::cli
