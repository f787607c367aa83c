// SPDX-License-Identifier: Apache-2.0
// Whether one workload reaches another, by the policy: the same guards that hosts are given, asked about one
// connection.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/rules.h"
#include "scheduler/core/tables.h"

namespace causeway::scheduler {

// What is asked for: an echo, or a connection to a port.
struct Asked {
  std::string text;
  std::optional<model::Service> service;  // one port, or one type of ICMP; none: an echo of either family
};

// "ping" or nothing, "tcp/443", "udp/53", "icmp/13"; anything else is no question.
std::optional<Asked> read_asked(const std::string& text);
inline constexpr std::string_view kAskedForms = "ping, tcp/PORT, udp/PORT, icmp/TYPE or icmp6/TYPE";

// Whether it can be asked between addresses of that family, and what it is there.
bool can_be_asked(const Asked& asked, bool v6);
model::Service service_asked(const Asked& asked, bool v6);

// What can be asked about the workload, or about what offers that, at all: an echo, and each service.
std::vector<Asked> questions_about(const Tables& tables, const model::Workload& workload);
std::vector<Asked> questions_about(const std::map<std::string, model::Service>& offers);

// A port of each between which packets find a way, with an address of each of one family.
struct Way {
  const model::Port* from = nullptr;
  const model::Port* to = nullptr;
  model::IpAddress source;
  model::IpAddress target;
};

struct Reach {
  bool reaches = false;
  std::string why;         // the rule, or what is missing
  std::string next;        // what would open it; empty: nothing an operator could do by a command
  std::optional<Way> way;  // none: no network leads there, whatever the rules say
  ZoneId zone{};  // that the way is in; of an exchange gateway one of its two. Empty: they share none
};

Reach reach_by_policy(const Tables& tables, const model::Workload& from, const model::Workload& to,
                      const Asked& asked);

}  // namespace causeway::scheduler
