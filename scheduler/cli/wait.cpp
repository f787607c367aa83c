// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/wait.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "scheduler/cli/progress.h"

namespace causeway::cli {
namespace {

constexpr std::chrono::milliseconds kLookEvery{300};
constexpr std::chrono::seconds kWatchEvery{1};

}  // namespace

void wait_for(Session& session, const std::vector<WaveId>& waves, Duration patience) {
  using Steady = std::chrono::steady_clock;
  const auto start = Steady::now();
  const auto elapsed = [&] { return std::chrono::duration_cast<Duration>(Steady::now() - start); };
  for (const auto& wave : waves) {
    Progress progress(session.out, session.terminal);
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
      std::this_thread::sleep_for(kLookEvery);
    }
  }
}

void watch(const std::function<bool()>& look) {
  while (look()) std::this_thread::sleep_for(kWatchEvery);
}

}  // namespace causeway::cli
