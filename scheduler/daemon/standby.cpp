// SPDX-License-Identifier: Apache-2.0
#include "scheduler/daemon/standby.h"

#include <chrono>

#include "scheduler/leadership/watch.h"

namespace causeway::scheduler {
namespace {

constexpr Duration kLookEvery{250};

// Of a clock that counts on while the machine sleeps.
Instant since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return Instant{std::chrono::seconds(now.tv_sec) + Duration{now.tv_nsec / 1'000'000}};
}

}  // namespace

Result<std::unique_ptr<store::Store>> wait_to_lead(leadership::Leadership& leadership,
                                                   process::Signals& signals) {
  leadership::Watch watch;
  std::string said;
  const auto say_once = [&](const std::string& what, const std::string& text) {
    if (std::exchange(said, what + text) != what + text) process::log_event(what, {{"text", text}});
  };
  while (!signals.wait(kLookEvery)) {
    process::notify_alive();
    const auto sign = leadership.look();
    const auto verdict = watch.see(sign ? std::optional(*sign) : std::nullopt, since_boot());
    if (!sign) {
      say_once("stands by", sign.error().what);
      continue;
    }
    if (verdict == leadership::Verdict::wait) {
      say_once("stands by", sign->holder + " leads");
      continue;
    }
    if (verdict == leadership::Verdict::depose) {
      process::log_event("deposes", {{"leader", sign->holder}});
      if (const auto deposed = leadership.depose(*sign); !deposed) {
        say_once("could not depose", deposed.error().what);
        continue;
      }
    }
    auto store = leadership.lead();
    if (store || store.error().code != Errc::conflict) return store;
  }
  return nullptr;
}

}  // namespace causeway::scheduler
