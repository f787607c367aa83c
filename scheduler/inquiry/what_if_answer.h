// SPDX-License-Identifier: Apache-2.0
// "What if hosts came, hosts went, or this wave was added?", as a document: what fits, what is displaced and
// where it goes, what finds no place and why, and how many hosts are missing.
#pragma once

#include <expected>
#include <string>

#include "common/core/finding.h"
#include "common/model/value.h"
#include "scheduler/placement/capacity.h"

namespace causeway::inquiry {

struct WhatIf {
  bool fits = false;  // all of it
  model::Object document;
};

// Lists that are long and say where each workload goes: "moves" and "placed".
std::expected<WhatIf, Findings> what_if_answer(const placement::Snapshot& snapshot,
                                               const placement::Change& change);

// A host of the class, in the zone if one is named: what hosts that are added shall be like. Or why there is
// none, with the classes that there are.
std::expected<HostId, Finding> host_like(const placement::Snapshot& snapshot, const std::string& host_class,
                                         const ZoneId& zone);

// A host, rack or hall by its name; a rack also by its name without its hall, where that says which.
std::expected<placement::Domain, Finding> domain_of(const placement::Snapshot& snapshot,
                                                    placement::Scope scope, const std::string& name);

}  // namespace causeway::inquiry
