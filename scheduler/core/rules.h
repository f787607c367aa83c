// SPDX-License-Identifier: Apache-2.0
// From what files and grants say to guards: who may begin a connection with a workload. Nothing may by
// itself; a workload is reached
//   - by the workloads of its own application, at what it offers, and with an echo (ping);
//   - by the workloads of another application, at a service that this one was granted.
// A guard belongs to an entry of an application's file and its name is that of the entry; an address set
// belongs to an application.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/model/assignment.h"
#include "scheduler/core/tables.h"

namespace causeway::scheduler {

// department/application/entry
std::string guard_of(const model::Workload& workload);

// The guard of the workload's ports, as hosts are given it.
model::Guard guard_for(const Tables& tables, const model::Workload& workload);

// The guards that one assignment names, and what they rest on.
class GuardBook {
 public:
  explicit GuardBook(const Tables& tables) : tables_(tables) {}

  // The workload's ports are named in the assignment. Returns their guard.
  std::string need(const model::Workload& workload);
  // Puts guards and address sets into it, sorted.
  void write_to(model::Assignment& assignment) const;

 private:
  [[nodiscard]] model::AddressSet addresses_of(const ApplicationId& application) const;

  const Tables& tables_;
  std::map<std::string, std::pair<ApplicationId, std::string>> needed_;  // guard to application and entry
};

}  // namespace causeway::scheduler
