// SPDX-License-Identifier: Apache-2.0
#include "common/model/fingerprint.h"

#include <sodium/crypto_generichash.h>

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace causeway::model {
namespace {

// Every value is written with its length, so that no two contents give one text. A struct is taken apart by a
// structured binding: one with a new field doesn't compile before the field is named here.
class Text {
 public:
  template <class... Values>
  void all(const Values&... values) {
    (add(values), ...);
  }

  [[nodiscard]] Fingerprint sum() const {
    Fingerprint made;
    static_assert(sizeof made.bytes == crypto_generichash_BYTES);
    crypto_generichash(made.bytes.data(), made.bytes.size(),
                       reinterpret_cast<const unsigned char*>(text_.data()), text_.size(), nullptr, 0);
    return made;
  }

 private:
  void number(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) text_ += static_cast<char>(value >> shift);
  }

  template <class T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>)
  void add(T value) {
    number(static_cast<std::uint64_t>(value));
  }
  void add(const std::string& value) {
    number(value.size());
    text_ += value;
  }
  template <class Tag>
  void add(const Name<Tag>& name) {
    add(name.str());
  }
  template <class Tag>
  void add(const Number<Tag>& value) {
    number(value.value);
  }
  template <class Tag>
  void add(const Amount<Tag>& amount) {
    add(amount.value);
  }
  template <std::size_t N>
  void add(const std::array<std::uint8_t, N>& bytes) {
    text_.append(bytes.begin(), bytes.end());
  }
  template <class T>
  void add(const std::optional<T>& value) {
    add(value.has_value());
    if (value) add(*value);
  }
  template <class T>
  void add(const std::vector<T>& values) {
    number(values.size());
    for (const auto& value : values) add(value);
  }

  void add(const Mac& mac) {
    const auto& [bytes] = mac;
    all(bytes);
  }
  void add(const IpAddress& address) {
    const auto& [v6, bytes] = address;
    all(v6, bytes);
  }
  void add(const Subnet& subnet) {
    const auto& [first, length] = subnet;
    all(first, length);
  }
  void add(const Image& image) {
    const auto& [title, file, sha256, size] = image;
    all(title, file, sha256, size);
  }
  void add(const AssignedDisk& disk) {
    const auto& [name, size, image, image_id, import] = disk;
    all(name, size, image, image_id, import);
  }
  void add(const AssignedPort& port) {
    const auto& [name, network, mac, subnets, addresses, gateway, guard, bandwidth] = port;
    all(name, network, mac, subnets, addresses, gateway, guard, bandwidth);
  }
  void add(const AssignedWorkload& workload) {
    const auto& [id, generation, restart, zone, power, shall_be_absent, keep_volumes, vcpus, memory,
                 is_protected, disks, ports, ssh_keys, huge_pages, pinned, on_nodes, exchange_gateway] =
        workload;
    all(id, generation, restart, zone, power, shall_be_absent, keep_volumes, vcpus, memory, is_protected,
        disks, ports, ssh_keys, huge_pages, pinned, on_nodes, exchange_gateway);
  }
  void add(const RemotePort& port) {
    const auto& [mac, addresses, underlay, guard] = port;
    all(mac, addresses, underlay, guard);
  }
  void add(const AssignedNetwork& network) {
    const auto& [id, zone, department, vni, mtu, remote_ports, joined, vlan, way_out] = network;
    all(id, zone, department, vni, mtu, remote_ports, joined, vlan, way_out);
  }
  void add(const Rule& rule) {
    const auto& [from, protocol, first_port, last_port, icmp_type, why] = rule;
    all(from, protocol, first_port, last_port, icmp_type, why);
  }
  void add(const Guard& guard) {
    const auto& [id, rules] = guard;
    all(id, rules);
  }
  void add(const AddressSet& set) {
    const auto& [id, members] = set;
    all(id, members);
  }
  void add(const OutsideSystem& system) {
    const auto& [guard, prefixes] = system;
    all(guard, prefixes);
  }
  void add(const WayOut& way) {
    const auto& [zone, vlan, routers, systems] = way;
    all(zone, vlan, routers, systems);
  }

  std::string text_;
};

}  // namespace

Fingerprint fingerprint(const Assignment& assignment) {
  const auto& [host, epoch, generation, workloads, networks, guards, address_sets, ways_out, print] =
      assignment;
  static_cast<void>(epoch);
  static_cast<void>(print);
  Text text;
  text.all(host, generation, workloads, networks, guards, address_sets, ways_out);
  return text.sum();
}

}  // namespace causeway::model
