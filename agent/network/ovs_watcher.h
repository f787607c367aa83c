// SPDX-License-Identifier: Apache-2.0
// A thread that tells when something about our bridges has changed: their ports in the database, their flows,
// and whether the switch is there at all. It says only that, never what: who is told looks for himself.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace causeway::agent {

// The external id that makes a bridge ours, with the zone as its value.
inline constexpr auto kZoneMark = "causeway-zone";

class OvsWatcher {
 public:
  // Calls `wakeup` from its own thread, also for changes that this process made.
  OvsWatcher(std::string run_dir, std::function<void()> wakeup);
  OvsWatcher(const OvsWatcher&) = delete;
  OvsWatcher& operator=(const OvsWatcher&) = delete;
  ~OvsWatcher();

 private:
  void run();

  std::string run_dir_;
  std::function<void()> wakeup_;
  int stop_;
  std::thread thread_;
};

}  // namespace causeway::agent
