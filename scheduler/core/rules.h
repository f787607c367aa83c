// SPDX-License-Identifier: Apache-2.0
// From what files and grants say to guards: who may begin a connection with a workload. Nothing may by
// itself; a workload is reached
//   - by the workloads of its own application, at what it offers, and with an echo (ping);
//   - by the workloads of another application, or by a system outside, at a service that this one was
//     granted.
// A system outside is reached by the workloads of an application, at a service of its that this one was
// granted. A guard belongs to an entry of an application's file and its name is that of the entry; an address
// set belongs to an application. An exchange gateway has a guard for its ports in each of its zones, and its
// application an address set in each: addresses of one zone mean nothing in another, where they may be
// somebody else's. Those of the other zone are called NAME@ZONE.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/model/assignment.h"
#include "scheduler/core/tables.h"

namespace causeway::scheduler {

model::RuleProtocol rule_protocol(model::Protocol protocol);

// Whether the rule lets what has that address set begin all of what is asked.
bool lets_in(const model::Rule& rule, const std::string& from, const model::Service& asked);

// The application's address set in that zone, as rules name it.
std::string set_of(const Tables& tables, const ApplicationId& application, const ZoneId& zone);

// The guard of the workload's ports in that zone, as hosts are given it.
model::Guard guard_for(const Tables& tables, const model::Workload& workload, const ZoneId& zone);

// The guard of a system outside: what the applications may begin there.
model::Guard guard_of_system(const Tables& tables, const ZoneId& zone, const ApplicationId& system,
                             const model::OutsideSystemSpec& spec,
                             const std::set<ApplicationId>& applications);

// The guards that one assignment names, and what they rest on.
class GuardBook {
 public:
  explicit GuardBook(const Tables& tables) : tables_(tables) {}

  // The workload's ports in that zone are named in the assignment. Returns their guard. One workload is asked
  // for after the other, so it costs little for those of one entry in a row.
  const std::string& need(const model::Workload& workload, const ZoneId& zone);
  // Workloads of these applications have the way out of the zone. Returns it.
  model::WayOut lead_out(const ZoneId& zone, const model::WayOutSpec& spec,
                         const std::set<ApplicationId>& applications);
  // Puts guards and address sets into it, sorted.
  void write_to(model::Assignment& assignment) const;

 private:
  // What a guard speaks for: the ports of an application's entry in one zone.
  struct Whose {
    ApplicationId application;
    std::string entry;
    ZoneId zone;
  };
  using Needed = std::map<std::string, Whose>;  // by the guard's name

  [[nodiscard]] model::AddressSet addresses_of(const ApplicationId& application, const ZoneId& zone) const;

  const Tables& tables_;
  Needed needed_;
  const model::Workload* last_ = nullptr;  // that was asked for, and what came of it
  Needed::const_iterator lasts_;
  std::vector<std::pair<ZoneId, model::Guard>> outside_;
};

}  // namespace causeway::scheduler
