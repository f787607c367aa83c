// SPDX-License-Identifier: Apache-2.0
// What a daemon owes to the one who started it: an orderly end on a signal, a word to systemd when it is
// ready and while it is well, and lines on standard error that a person and a journal can read.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/core/time.h"

namespace causeway::process {

// SIGTERM and SIGINT as something to wait for, and SIGPIPE ignored. To be made before any thread, so that all
// inherit the mask.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // True as soon as one of them has arrived; false if none did for so long.
  bool wait(Duration patience);

 private:
  int descriptor_;
};

// These do nothing if no systemd waits for them.
void notify_ready(const std::string& status);
void notify_stopping();
void notify_alive();
// How often systemd wants to hear that the service is alive; none: it doesn't watch.
std::optional<Duration> watchdog_interval();

// One event: what happened, and its fields: "2027-03-14T22:00:00Z started workload=a/b/c host=h1". Values
// with a space are quoted. Any thread.
using Field = std::pair<std::string_view, std::string>;
void log_event(std::string_view event, std::initializer_list<Field> fields);

}  // namespace causeway::process
