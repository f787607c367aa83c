// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/levels.h"

#include <algorithm>

namespace causeway::placement {
namespace {

std::int64_t width_of(std::int64_t largest) {
  return std::max<std::int64_t>(1, (largest + kLevels - 1) / kLevels);
}

int level(std::int64_t amount, std::int64_t width) {
  return static_cast<int>(std::clamp<std::int64_t>(amount / width, 0, kLevels - 1));
}

Amounts least(const Amounts& a, const Amounts& b) {
  return {.cpu = std::min(a.cpu, b.cpu),
          .memory = std::min(a.memory, b.memory),
          .huge_pages = std::min(a.huge_pages, b.huge_pages)};
}

Amounts most(const Amounts& a, const Amounts& b) {
  return {.cpu = std::max(a.cpu, b.cpu),
          .memory = std::max(a.memory, b.memory),
          .huge_pages = std::max(a.huge_pages, b.huge_pages)};
}

}  // namespace

std::vector<int> Slot::numa_nodes() const {
  std::vector<int> chosen;
  for (const int node : nodes)
    if (node >= 0) chosen.push_back(node);
  return chosen;
}

std::vector<Slot> slots(const Site::HostEntry& host, int numa_nodes) {
  const int nodes = static_cast<int>(host.numa.size());
  if (numa_nodes == 0) return {Slot{}};
  std::vector<Slot> all;
  for (int a = 0; a < nodes; ++a) {
    if (numa_nodes == 1) all.push_back({{a, -1}});
    for (int b = a + 1; numa_nodes == 2 && b < nodes; ++b) all.push_back({{a, b}});
  }
  return all;
}

Amounts free_in(const Site& site, const Usage& usage, Index host, const Slot& slot) {
  const Amounts on_host = usage.free(site, host);
  if (slot.nodes[0] < 0) return on_host;
  const auto free_node = [&](int node) {
    return usage.free_on_node(site, host, static_cast<std::size_t>(node));
  };
  if (slot.nodes[1] < 0) return free_node(slot.nodes[0]);
  const Amounts half = {on_host.cpu / 2, on_host.memory / 2, on_host.huge_pages / 2};
  return least(half, least(free_node(slot.nodes[0]), free_node(slot.nodes[1])));
}

Amounts demand_in(const Want& want, const Site::HostEntry& host) {
  return want.request->numa_nodes == 0 ? want.on(host) : want.per_node(host);
}

Levels::Levels(const Site& site) {
  std::array<Amounts, 3> largest;
  for (Index i = 0; i < site.hosts(); ++i) {
    const auto& entry = site.host(i);
    largest[0] = most(largest[0], entry.capacity);
    for (const auto& node : entry.numa) largest[1] = most(largest[1], node);
  }
  largest[2] = largest[1];
  for (std::size_t kind = 0; kind < widths_.size(); ++kind)
    widths_[kind] = {.cpu = width_of(largest[kind].cpu),
                     .memory = width_of(largest[kind].memory),
                     .huge_pages = width_of(largest[kind].huge_pages)};
}

Levels::Pair Levels::of(const Amounts& amounts, int kind, bool huge_pages) const {
  const Width& width = widths_[static_cast<std::size_t>(kind)];
  return {.cpu = level(amounts.cpu, width.cpu),
          .memory =
              huge_pages ? level(amounts.huge_pages, width.huge_pages) : level(amounts.memory, width.memory)};
}

}  // namespace causeway::placement
