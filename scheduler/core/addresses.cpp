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

const PortId* AddressBook::holder(const NetworkId& id, const model::IpAddress& address) const {
  if (const auto network = taken_.find(id); network != taken_.end())
    if (const auto held = network->second.find(address); held != network->second.end()) return &held->second;
  if (const auto network = given_back_.find(id);
      network != given_back_.end() && network->second.contains(address))
    return nullptr;
  return standing_.holder(id, address);
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
  if (const auto* other = holder(id, address); other != nullptr && *other != port)
    return fail(Errc::conflict, fmt::format("{} in network {} is taken by {}", address.str(), id, *other));
  taken_[id].emplace(address, port);
  return {};
}

Result<model::IpAddress> AddressBook::take_next(const NetworkId& id, const model::Subnet& subnet,
                                                const std::optional<model::IpAddress>& gateway,
                                                const PortId& port) {
  const auto given_back = given_back_.find(id);
  const auto [from, fresh] = from_.try_emplace({id, subnet.first.v6}, subnet.first);
  const auto last = subnet.last();
  for (auto address = from->second; subnet.contains(address); address = address.plus(1)) {
    auto next = standing_.next_free(id, address);
    // One that this plan took from somebody may be free before it.
    if (given_back != given_back_.end())
      if (const auto freed = given_back->second.lower_bound(address);
          freed != given_back->second.end() && freed->v6 == address.v6 && *freed < next)
        next = *freed;
    if (!subnet.contains(next)) break;
    address = next;
    if (!kept_for_network(subnet, address) && gateway != address && holder(id, address) == nullptr) {
      taken_[id].emplace(address, port);
      from->second = address;
      return address;
    }
    if (address == last) break;
  }
  return fail(Errc::busy, fmt::format("network {} has no free address left in {}, {} are taken", id,
                                      subnet.str(), standing_.count(id) + taken_[id].size()));
}

void AddressBook::give_back(const NetworkId& id, const model::IpAddress& address) {
  taken_[id].erase(address);
  given_back_[id].insert(address);
  from_.erase({id, address.v6});
}

model::Mac AddressBook::take_mac(const PortId& port) {
  for (int attempt = 0;; ++attempt) {
    const auto hash = hash_of(attempt == 0 ? port.str() : fmt::format("{}#{}", port, attempt));
    // 52:54 is QEMU's: locally administered, unicast.
    const auto byte = [hash](int shift) { return static_cast<std::uint8_t>(hash >> shift); };
    const model::Mac mac{{0x52, 0x54, byte(24), byte(16), byte(8), byte(0)}};
    if (!standing_.has(mac) && macs_.insert(mac).second) return mac;
  }
}

}  // namespace causeway::scheduler
