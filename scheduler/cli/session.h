// SPDX-License-Identifier: Apache-2.0
// What the verbs share: the options of every verb, the client, and how a failure is shown. A verb is a file
// with one function that adds it to the command line and, when it was chosen, sets the session's exit code.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "common/config/manifest.h"
#include "common/model/api.h"
#include "scheduler/cli/client.h"
#include "scheduler/cli/command.h"
#include "scheduler/cli/format.h"
#include "scheduler/cli/verb.h"

namespace causeway::cli {

// What `causeway` exits with; scripts rely on these.
enum Exit : int {
  kDone = 0,
  kError = 1,
  kNotPlaceable = 2,  // a plan that can't be placed, or has changes where none were wanted
  kWaitsForReview = 3,
  kStateMoved = 4,  // since the plan
  kOutOfTime = 5,   // it still goes on
};

class Session {
 public:
  explicit Session(World& world) : out(world.out), err(world.err), terminal(world.terminal), world_(world) {}

  // Asks, or shows why not and sets the exit code. Findings of an ErrorResponse are shown at their places in
  // `files`, which are the manifests of the request in their order.
  std::optional<model::ResponseBody> ask(model::RequestBody body,
                                         const std::vector<config::ManifestFile>& files = {});

  // The answer as the one kind that the request can give.
  template <class T>
  std::optional<T> ask_for(model::RequestBody body, const std::vector<config::ManifestFile>& files = {}) {
    auto answer = ask(std::move(body), files);
    if (!answer) return std::nullopt;
    if (auto* wanted = std::get_if<T>(&*answer)) return std::move(*wanted);
    show({Errc::invalid,
          "the scheduler answered something that this version doesn't understand; is it newer?"});
    return std::nullopt;
  }

  // Prints the lines of an answer that says what was done.
  void show(const model::DoneResponse& done);
  void show(const Error& error);
  void show(const config::Diagnostics& diagnostics);

  // Whether the audit log gets its reason; complains if it does not. A dry run changes nothing and needs
  // none.
  bool has_reason(bool dry_run);

  [[nodiscard]] Instant now() const { return world_.now(); }
  void sleep(Duration span) const { world_.sleep(span); }

  std::ostream& out;
  std::ostream& err;
  const bool terminal;  // `out` is one: lines may be redrawn
  int exit_code = kDone;
  int on_conflict = kError;  // what to exit with when something is not as the request takes it to be

  std::string config_file;                      // --config
  std::string reason;                           // --reason
  Duration patience{std::chrono::seconds(30)};  // --timeout of one answer

 private:
  World& world_;
  std::unique_ptr<Client> client_;
};

void add_reason(Verb& verb, Session& session);
void add_dry_run(Verb& verb, bool& dry_run);

void add_apply(Verb& app, Session& session);
void add_capacity(Verb& app, Session& session);
void add_console(Verb& app, Session& session);
void add_delete(Verb& app, Session& session);
void add_describe(Verb& app, Session& session);
void add_explain(Verb& app, Session& session);
void add_get(Verb& app, Session& session);
void add_ha(Verb& app, Session& session);
void add_grant(Verb& app, Session& session);
void add_host(Verb& app, Session& session);
void add_key(Verb& app, Session& session);
void add_plan(Verb& app, Session& session);
void add_power(Verb& app, Session& session);
void add_reach(Verb& app, Session& session);
void add_sim(Verb& app, Session& session);
void add_snapshot(Verb& app, Session& session);
void add_state(Verb& app, Session& session);
void add_status(Verb& app, Session& session);
void add_verify(Verb& app, Session& session);
void add_what_if(Verb& app, Session& session);

}  // namespace causeway::cli
