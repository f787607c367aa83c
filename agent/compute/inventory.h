// SPDX-License-Identifier: Apache-2.0
// What a host has for workloads, as its hypervisor sees it.
#pragma once

#include <string>
#include <vector>

#include "common/core/units.h"

namespace causeway::agent {

struct InventoryNode {
  int vcpus = 0;  // hardware threads
  MiB memory;

  bool operator==(const InventoryNode&) const = default;
};

struct Inventory {
  int vcpus = 0;  // hardware threads
  MiB memory;
  std::vector<InventoryNode> numa;     // by node; empty: not known
  std::string cpu;                     // the processor's model as libvirt names it, such as "EPYC-Milan"
  std::vector<std::string> cpu_flags;  // sorted: what it can beyond its model

  bool operator==(const Inventory&) const = default;
};

}  // namespace causeway::agent
