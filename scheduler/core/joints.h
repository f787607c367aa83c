// SPDX-License-Identifier: Apache-2.0
// Where networks of a zone meet: packets pass between two of them on a host if a workload there may begin a
// connection with one of the other network, or be asked by it, and both networks have a gateway. Which
// connections pass is said by guards (rules.h); this says only which hosts and ports have to know each other.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/core/tables.h"

namespace causeway::scheduler {

// Why packets can't pass between the two networks, whatever is granted; empty: they can, or it is one
// network.
std::string no_way_between(const Tables& tables, const NetworkId& a, const NetworkId& b);

// What a host has to know of networks beside those that its own workloads have ports on.
struct Meetings {
  std::set<std::pair<NetworkId, NetworkId>> joined;  // the smaller name first
  std::map<NetworkId, WorkloadSet> elsewhere;  // workloads of other hosts, by the network they are met on
};

// `here`: the workloads that are on the host.
Meetings meetings(const Tables& tables, const HostId& host, const std::vector<const model::Workload*>& here);

}  // namespace causeway::scheduler
