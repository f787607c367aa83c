// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/wait.h"

#include <fmt/format.h>

#include <optional>

#include "scheduler/cli/progress.h"

namespace causeway::cli {
namespace {

constexpr Duration kLookEvery{300};
constexpr Duration kWatchEvery{1000};
// What fails may heal by itself, because agents try again; after so long a person is needed.
constexpr Duration kFailurePatience{std::chrono::seconds(30)};

}  // namespace

void wait_for(Session& session, const std::vector<WaveId>& waves, Duration patience) {
  const Instant start = session.now();
  const auto elapsed = [&] { return session.now() - start; };
  for (const auto& wave : waves) {
    Progress progress(session.out, session.terminal);
    std::optional<Instant> failed_since;
    while (true) {
      const auto status = session.ask_for<model::StatusResponse>(model::StatusRequest{wave});
      if (!status) return;
      progress.show(*status, elapsed());
      if (status->settled) {
        progress.finish();
        print(session.out, *status, Format::table);
        break;
      }
      if (elapsed() > patience) {
        progress.finish();
        print(session.out, *status, Format::table);
        return session.show(
            Error{Errc::timeout, fmt::format("wave {} is not settled after {}; it goes on: look again with "
                                             "`causeway status {}`",
                                             wave.str(), to_string(patience), wave.str())});
      }
      if (!status->failed) failed_since.reset();
      if (status->failed && !failed_since) failed_since = session.now();
      if (failed_since && session.now() - *failed_since > kFailurePatience) {
        progress.finish();
        print(session.out, *status, Format::table);
        return session.show(
            Error{Errc::unavailable,
                  fmt::format("wave {} can't go on without a person; see why with `causeway explain "
                              "NAME`, and how far it is with `causeway status {}`",
                              wave.str(), wave.str())});
      }
      session.sleep(kLookEvery);
    }
  }
}

void watch(Session& session, const std::function<bool()>& look) {
  while (look()) session.sleep(kWatchEvery);
}

}  // namespace causeway::cli
