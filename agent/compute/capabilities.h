// SPDX-License-Identifier: Apache-2.0
// Reads libvirt's capabilities XML. Pure.
#pragma once

#include <string>

#include "agent/compute/inventory.h"
#include "common/core/result.h"

namespace causeway::agent {

// The inventory with the sums over the NUMA nodes; without nodes, vcpus and memory stay 0. corrupt: this is
// no description of a host.
Result<Inventory> read_capabilities(const std::string& xml);

}  // namespace causeway::agent
