// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/plan.h"

#include <fmt/format.h>

namespace causeway::placement {

std::string_view to_string(Isolation isolation) {
  switch (isolation) {
    case Isolation::own_hosts: return "own-hosts";
    case Isolation::shared_by_level: return "shared-by-level";
  }
  return "unknown";
}

std::string_view to_string(Reserve reserve) {
  switch (reserve) {
    case Reserve::none: return "none";
    case Reserve::host: return "host";
    case Reserve::rack: return "rack";
  }
  return "unknown";
}

std::string_view to_string(HostState state) {
  switch (state) {
    case HostState::up: return "up";
    case HostState::cordoned: return "cordoned";
    case HostState::draining: return "draining";
    case HostState::isolated: return "isolated";
    case HostState::down: return "down";
  }
  return "unknown";
}

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::host: return "host";
    case Scope::rack: return "rack";
    case Scope::hall: return "hall";
  }
  return "unknown";
}

std::string_view to_string(Rule::Kind kind) {
  switch (kind) {
    case Rule::Kind::keep_apart: return "keep-apart";
    case Rule::Kind::keep_together: return "keep-together";
  }
  return "unknown";
}

std::string Refusal::summary() const {
  if (!findings.empty()) return fmt::format("{}: {}", findings.front().path, findings.front().what);
  std::string text = fmt::format("no host of {} fits {}", hosts, workload);
  const char* separator = ": ";
  for (const auto& exclusion : exclusions) {
    // A gate closes the whole zone: its sentence says more than the number of hosts.
    if (exclusion.hosts == hosts && exclusion.alone == 0 && exclusions.size() == 1)
      text += fmt::format("{}{}", separator, exclusion.example);
    else
      text += fmt::format("{}{} excludes {}", separator, exclusion.constraint, exclusion.hosts);
    separator = ", ";
  }
  return text;
}

}  // namespace causeway::placement
