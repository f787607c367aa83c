// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/capabilities.h"

#include <algorithm>
#include <pugixml.hpp>

namespace causeway::agent {

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
  for (const auto& cell : host.child("topology").child("cells").children("cell")) {
    const InventoryNode node{.vcpus = cell.child("cpus").attribute("num").as_int(),
                             .memory = MiB{cell.child("memory").text().as_llong() / 1024}};  // given in KiB
    inventory.vcpus += node.vcpus;
    inventory.memory += node.memory;
    inventory.numa.push_back(node);
  }
  return inventory;
}

}  // namespace causeway::agent
