// SPDX-License-Identifier: Apache-2.0
// What `get` lists: one function for each noun. Each shows the actor what it may see, and of that what the
// filters leave over.
#pragma once

#include <map>
#include <string>

#include "common/model/value.h"
#include "scheduler/core/state.h"

namespace causeway::scheduler {

using Filters = std::map<std::string, std::string>;

// Whether the filter is absent or names that one.
bool passes(const Filters& filters, const std::string& key, const std::string& name);

// What is used of a host or a quota, summed up from the workloads.
struct Sum {
  std::int64_t vcpus = 0;
  MiB memory;
  GiB volumes;
  std::int64_t workloads = 0;

  void add(const model::Workload& workload);
};

Sum used_on(const Tables& tables, const HostId& host);
Sum used_by(const Tables& tables, const DepartmentId& department, const ZoneId& zone);
// "ready", "cordoned", "draining", "drained", "unreachable", "no agent".
std::string host_state(const State& state, const model::HostRecord& host);

model::Listing list_workloads(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_volumes(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_applications(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_waves(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_hosts(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_zones(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_networks(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_images(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_departments(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_rooms(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_events(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_grants(const State& state, const Actor& actor, const Filters& filters);
// Of which workload which other one gets an answer, and with which systems outside of its zones it does so,
// in both directions; "what" is ping, tcp/PORT, udp/PORT, or all: a ping and whatever is offered. "from" and
// "to" name one end, or all that is outside by the department `outside`. Refused are any other question and
// more of them than one answer may hold.
Result<model::Listing> list_reach(const State& state, const Actor& actor, const Filters& filters);
model::Listing list_keys(const State& state, const Actor& actor, const Filters& filters);

}  // namespace causeway::scheduler
