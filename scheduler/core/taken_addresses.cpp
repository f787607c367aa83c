// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/taken_addresses.h"

#include <iterator>

namespace causeway::scheduler {

void TakenAddresses::add(const model::Workload& workload) {
  for (const auto& port : workload.ports) {
    ++macs_[port.mac];
    auto& network = networks_[port.network];
    const auto id = model::port_id(workload.id, port.name);
    for (const auto& address : port.addresses)
      if (network.holders.emplace(address, id).second) add_to_runs(network, address);
  }
}

void TakenAddresses::remove(const model::Workload& workload) {
  for (const auto& port : workload.ports) {
    if (const auto mac = macs_.find(port.mac); mac != macs_.end() && --mac->second == 0) macs_.erase(mac);
    const auto found = networks_.find(port.network);
    if (found == networks_.end()) continue;
    auto& network = found->second;
    const auto id = model::port_id(workload.id, port.name);
    for (const auto& address : port.addresses) {
      const auto holder = network.holders.find(address);
      if (holder == network.holders.end() || holder->second != id) continue;
      network.holders.erase(holder);
      remove_from_runs(network, address);
    }
    if (network.holders.empty()) networks_.erase(found);
  }
}

void TakenAddresses::add_to_runs(Network& network, const model::IpAddress& address) {
  auto& runs = network.runs;
  auto end = address.plus(1);
  // The last address of all has none behind it; it is a run to nobody, and its holder is known.
  if (end < address) return;
  if (const auto next = runs.find(end); next != runs.end()) {
    end = next->second;
    runs.erase(next);
  }
  const auto after = runs.upper_bound(address);
  if (after != runs.begin() && std::prev(after)->second == address)
    std::prev(after)->second = end;
  else
    runs.emplace_hint(after, address, end);
}

void TakenAddresses::remove_from_runs(Network& network, const model::IpAddress& address) {
  auto& runs = network.runs;
  const auto behind = address.plus(1);
  if (behind < address) return;
  const auto run = std::prev(runs.upper_bound(address));
  if (run->second != behind) runs.emplace(behind, run->second);
  if (run->first == address)
    runs.erase(run);
  else
    run->second = address;
}

const PortId* TakenAddresses::holder(const NetworkId& network, const model::IpAddress& address) const {
  const auto found = networks_.find(network);
  if (found == networks_.end()) return nullptr;
  const auto holder = found->second.holders.find(address);
  return holder == found->second.holders.end() ? nullptr : &holder->second;
}

model::IpAddress TakenAddresses::next_free(const NetworkId& network, model::IpAddress address) const {
  const auto found = networks_.find(network);
  if (found == networks_.end()) return address;
  const auto& runs = found->second.runs;
  const auto after = runs.upper_bound(address);
  if (after == runs.begin()) return address;
  const auto& end = std::prev(after)->second;
  return end.v6 == address.v6 && end > address ? end : address;
}

std::size_t TakenAddresses::count(const NetworkId& network) const {
  const auto found = networks_.find(network);
  return found == networks_.end() ? 0 : found->second.holders.size();
}

}  // namespace causeway::scheduler
