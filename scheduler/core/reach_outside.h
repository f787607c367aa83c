// SPDX-License-Identifier: Apache-2.0
// Whether a workload reaches what is outside of the platform, or is reached from there, by the policy: the
// same guards that hosts are given, asked about one connection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/core/reach.h"

namespace causeway::scheduler {

// What a question calls an end of it that is outside.
struct Outside {
  ApplicationId system;                     // outside/ningbo; empty: no system has the address
  std::vector<model::IpAddress> addresses;  // that stand for it in a packet, of the question's words
};

// "outside/ningbo", "203.0.113.7" or "203.0.113.0/24"; a prefix lies in one of the system's. Nothing: the
// text is none of these, or names a system that there is not.
std::optional<Outside> find_outside(const Tables& tables, const std::string& text);

// What is outside of one of the zones that the workload has ports in, sorted by name.
struct System {
  ApplicationId id;
  std::vector<Asked> questions;  // that can be asked about it
};
std::vector<System> systems_outside(const Tables& tables, const model::Workload& workload);
// The names of all that is outside of any zone.
std::vector<std::string> systems_outside(const Tables& tables);

// By which port of the workload it goes, between which addresses, and what a router's frames come from.
struct WayOutside {
  const model::Port* port = nullptr;
  model::IpAddress inside;
  model::IpAddress outside;
  model::Mac router;
};

struct ReachOutside {
  bool reaches = false;
  std::string why;
  std::string next;
  std::optional<WayOutside> way;  // none: no network leads there, whatever the rules say
};

// `outward`: the workload asks; else it is asked.
ReachOutside reach_outside(const Tables& tables, const model::Workload& workload, const Outside& outside,
                           bool outward, const Asked& asked);

}  // namespace causeway::scheduler
