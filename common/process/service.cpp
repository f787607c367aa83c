// SPDX-License-Identifier: Apache-2.0
#include "common/process/service.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "common/core/check.h"

namespace causeway::process {
namespace {

std::string quoted(std::string_view value) {
  if (!value.empty() && value.find_first_of(" \"\n") == std::string_view::npos) return std::string(value);
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c == '\n' ? ' ' : c;
  }
  return text + '"';
}

}  // namespace

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  CAUSEWAY_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  // A peer that goes away fails a call and ends nothing: libraries write to sockets without asking for that.
  CAUSEWAY_CHECK(std::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  CAUSEWAY_CHECK(descriptor_ >= 0);
}

Signals::~Signals() { ::close(descriptor_); }

bool Signals::wait(Duration patience) {
  pollfd waited{descriptor_, POLLIN, 0};
  return ::poll(&waited, 1, static_cast<int>(patience.count())) > 0;
}

void notify_ready(const std::string& status) { sd_notify(0, ("READY=1\nSTATUS=" + status).c_str()); }
void notify_stopping() { sd_notify(0, "STOPPING=1"); }
void notify_alive() { sd_notify(0, "WATCHDOG=1"); }

std::optional<Duration> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::microseconds(microseconds));
}

void log_event(std::string_view event, std::initializer_list<Field> fields) {
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  std::string line = to_string(now);
  line += ' ';
  line += event;
  for (const auto& [name, value] : fields) {
    line += ' ';
    line += name;
    line += '=';
    line += quoted(value);
  }
  line += '\n';
  // One call, so that lines of several threads don't mix.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace causeway::process
