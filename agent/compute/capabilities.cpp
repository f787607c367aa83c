// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/capabilities.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <pugixml.hpp>

namespace causeway::agent {
namespace {

using xml_nodes = pugi::xml_object_range<pugi::xml_named_node_iterator>;

constexpr std::int64_t kUsualHugePageKib = 2048;
constexpr std::int64_t kSmallPageKibMax = 64;  // ordinary pages are 4 to 64 KiB large

// More than any machine has, and little enough for products and sums of them.
constexpr std::int64_t kPageKibMost = std::int64_t{1} << 24;
constexpr std::int64_t kPagesMost = std::int64_t{1} << 36;
constexpr std::int64_t kNodeKibMost = std::int64_t{1} << 45;

// How large a page of this kind is, and what all of them come to, in KiB.
std::int64_t page_kib(const pugi::xml_node& pages) {
  return std::clamp<std::int64_t>(pages.attribute("size").as_llong(), 0, kPageKibMost);
}

std::int64_t all_kib(const pugi::xml_node& pages) {
  const auto count = std::clamp<std::int64_t>(pages.text().as_llong(), 0, kPagesMost);
  return std::min(page_kib(pages) * count, kNodeKibMost);
}

// What a node has of pages of one size, in KiB.
std::int64_t pages_kib(const pugi::xml_node& cell, std::int64_t size) {
  for (const auto& pages : cell.children("pages"))
    if (page_kib(pages) == size) return all_kib(pages);
  return 0;
}

// A host sets huge pages of one size aside; if it has several, the one with the most memory counts.
std::int64_t huge_page_kib(const xml_nodes& cells) {
  std::map<std::int64_t, std::int64_t> kib;  // by size
  for (const auto& cell : cells)
    for (const auto& pages : cell.children("pages")) {
      const std::int64_t size = page_kib(pages);
      if (size > kSmallPageKibMax) kib[size] += all_kib(pages);
    }
  std::int64_t chosen = kUsualHugePageKib;
  for (const auto& [size, memory] : kib)
    if (memory > kib[chosen]) chosen = size;
  return chosen;
}

}  // namespace

Result<Inventory> read_capabilities(const std::string& xml) {
  pugi::xml_document document;
  const auto loaded = document.load_string(xml.c_str());
  const pugi::xml_node host = document.child("capabilities").child("host");
  if (!loaded || !host) return fail(Errc::corrupt, "libvirt's capabilities describe no host");

  Inventory inventory;
  const pugi::xml_node cpu = host.child("cpu");
  inventory.cpu = cpu.child("model").text().get();
  for (const auto& feature : cpu.children("feature"))
    inventory.cpu_flags.emplace_back(feature.attribute("name").value());
  std::ranges::sort(inventory.cpu_flags);
  const xml_nodes cells = host.child("topology").child("cells").children("cell");
  inventory.huge_page_kib = huge_page_kib(cells);
  for (const auto& cell : cells) {
    // Given in KiB.
    const auto memory =
        std::clamp<std::int64_t>(cell.child("memory").text().as_llong(), 0, kNodeKibMost) / 1024;
    InventoryNode node{.id = cell.attribute("id").as_int(),
                       .cpus = {},
                       .memory = MiB{memory},
                       .huge_pages = MiB{pages_kib(cell, inventory.huge_page_kib) / 1024},
                       .huge_pages_free = {}};
    for (const auto& cpu_of_it : cell.child("cpus").children("cpu"))
      node.cpus.push_back(cpu_of_it.attribute("id").as_int());
    std::ranges::sort(node.cpus);
    inventory.vcpus += static_cast<int>(node.cpus.size());
    inventory.memory += node.memory;
    inventory.numa.push_back(std::move(node));
  }
  std::ranges::sort(inventory.numa, {}, &InventoryNode::id);
  return inventory;
}

}  // namespace causeway::agent
