// SPDX-License-Identifier: Apache-2.0
// What a host has for workloads, as its hypervisor sees it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/core/units.h"

namespace causeway::agent {

struct InventoryNode {
  int id = 0;             // the kernel's number of the node
  std::vector<int> cpus;  // the kernel's numbers of its hardware threads, ascending
  MiB memory;
  MiB huge_pages;       // the part of the memory that is set aside as huge pages
  MiB huge_pages_free;  // of these

  bool operator==(const InventoryNode&) const = default;
};

struct Inventory {
  int vcpus = 0;  // hardware threads
  MiB memory;
  std::vector<InventoryNode> numa;     // by id; empty: not known
  std::int64_t huge_page_kib = 2048;   // the size of page that huge_pages above counts
  std::string cpu;                     // the processor's model as libvirt names it, such as "EPYC-Milan"
  std::vector<std::string> cpu_flags;  // sorted: what it can beyond its model

  bool operator==(const Inventory&) const = default;
};

}  // namespace causeway::agent
