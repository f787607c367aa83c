// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/addresses.h"

#include <fmt/format.h>

namespace causeway::scheduler {
namespace {

// FNV-1a: well spread and the same everywhere, which is all that a MAC needs.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char letter : text) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 0x100000001b3;
  }
  return hash ^ (hash >> 32);
}

// IPv4 keeps the subnet's own and its broadcast address, IPv6 the subnet's (the routers' anycast address).
bool kept_for_network(const model::Subnet& subnet, const model::IpAddress& address) {
  if (subnet.length >= subnet.first.bits() - 1) return false;
  return address == subnet.first || (!subnet.first.v6 && address == subnet.last());
}

}  // namespace

AddressBook::AddressBook(const Tables& tables) {
  for (const auto& [id, workload] : tables.workloads()) {
    for (const auto& port : workload.ports) {
      macs_.insert(port.mac);
      auto& taken = taken_[port.network];
      for (const auto& address : port.addresses) taken.emplace(address, model::port_id(id, port.name));
    }
  }
}

Result<void> AddressBook::take(const NetworkId& id, const model::Network& network,
                               const model::IpAddress& address, const PortId& port) {
  const auto& subnet = address.v6 ? network.subnet6 : network.subnet;
  if (!subnet)
    return fail(Errc::invalid, fmt::format("network {} has no {} subnet", id, address.v6 ? "IPv6" : "IPv4"));
  if (!subnet->contains(address))
    return fail(Errc::invalid,
                fmt::format("{} is outside of network {}, {}", address.str(), id, subnet->str()));
  if (kept_for_network(*subnet, address) || network.gateway == address)
    return fail(Errc::invalid, fmt::format("{} is kept for network {} itself", address.str(), id));
  const auto [holder, inserted] = taken_[id].emplace(address, port);
  if (!inserted && holder->second != port)
    return fail(Errc::conflict,
                fmt::format("{} in network {} is taken by {}", address.str(), id, holder->second));
  return {};
}

Result<model::IpAddress> AddressBook::take_next(const NetworkId& id, const model::Subnet& subnet,
                                                const std::optional<model::IpAddress>& gateway,
                                                const PortId& port) {
  auto& taken = taken_[id];
  const auto [from, fresh] = from_.try_emplace({id, subnet.first.v6}, subnet.first);
  const auto last = subnet.last();
  for (auto address = from->second; subnet.contains(address); address = address.plus(1)) {
    const bool usable = !kept_for_network(subnet, address) && gateway != address && !taken.contains(address);
    if (usable) {
      taken.emplace(address, port);
      from->second = address;
      return address;
    }
    if (address == last) break;
  }
  return fail(Errc::busy, fmt::format("network {} has no free address left in {}, {} are taken", id,
                                      subnet.str(), taken.size()));
}

void AddressBook::give_back(const NetworkId& id, const model::IpAddress& address) {
  taken_[id].erase(address);
  from_.erase({id, address.v6});
}

model::Mac AddressBook::take_mac(const PortId& port) {
  for (int attempt = 0;; ++attempt) {
    const auto hash = hash_of(attempt == 0 ? port.str() : fmt::format("{}#{}", port, attempt));
    // 52:54 is QEMU's: locally administered, unicast.
    const auto byte = [hash](int shift) { return static_cast<std::uint8_t>(hash >> shift); };
    const model::Mac mac{{0x52, 0x54, byte(24), byte(16), byte(8), byte(0)}};
    if (macs_.insert(mac).second) return mac;
  }
}

}  // namespace causeway::scheduler
