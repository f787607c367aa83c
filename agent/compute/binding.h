// SPDX-License-Identifier: Apache-2.0
// Where on its host a workload runs: the part of its demands that only the host can keep. The scheduler
// chooses the NUMA nodes and counts CPUs; which CPUs a pinned workload has to itself is chosen here, from
// what its definitions on this host say, so that the definitions are the one book of it. Pure, and shared by
// every driver.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/compute/inventory.h"
#include "common/core/ids.h"
#include "common/core/result.h"

namespace causeway::agent {

struct Binding {
  bool huge_pages = false;  // all its memory is huge pages
  bool pinned = false;      // a CPU of its own for each vCPU
  // Indices into Inventory::numa, ascending, one or two: CPUs and memory of these nodes, an equal share of
  // each. Empty: wherever.
  std::vector<int> nodes;

  bool operator==(const Binding&) const = default;
};

// Why a host with that inventory can't ever run it (a node that it doesn't have); empty: it can.
std::string impossible(const Inventory& host, const Binding& binding, int vcpus);

// The huge pages that it needs and that are not set aside or, with `free_now`, not free; empty: nothing
// lacks.
std::string lacking_pages(const Inventory& host, const Binding& binding, MiB memory, bool free_now);

// A pinned workload of this host.
struct PinnedWorkload {
  WorkloadId id;
  int vcpus = 0;
  std::vector<int> nodes;  // as in Binding
  std::vector<int> cpus;   // that its definition has; empty: none yet
  bool movable = true;     // false: its process holds these CPUs, and they stay where they are

  bool operator==(const PinnedWorkload&) const = default;
};

// Gives each of them its CPUs: `cpus` has one for each vCPU, of the first node before those of the second.
// No CPU is given twice, and none of `busy`. Who has fitting ones keeps them; new ones are the highest free
// of its nodes. A workload that is bound to no node is moved from CPUs of a node that a bound one needs, so
// that what the scheduler counted is found. Fails with unavailable, naming what lacks.
[[nodiscard]] Result<std::vector<PinnedWorkload>> share_out(const Inventory& host,
                                                            std::vector<PinnedWorkload> pinned,
                                                            const std::set<int>& busy);

// The CPUs of a workload that is not pinned: those of its nodes, or of the host, that no pinned one has. If
// nothing is left, all of them: it must run somewhere.
std::set<int> shared_cpus(const Inventory& host, const std::vector<int>& nodes, const std::set<int>& own);

// "0,4-7", as the kernel and libvirt write sets of CPUs and nodes.
std::string to_text(const std::set<int>& numbers);
// What to_text wrote; nothing if it is no such text.
std::optional<std::set<int>> numbers_in(std::string_view text);

}  // namespace causeway::agent
