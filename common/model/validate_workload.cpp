// SPDX-License-Identifier: Apache-2.0
#include "common/model/validate_workload.h"

#include <algorithm>
#include <array>

namespace causeway::model {
namespace {

constexpr auto kRoot = "root";

void check_image(const Path& path, const WorkloadSpec& spec, const Catalog& catalog, Checks& checks) {
  const auto root = spec.disks.find(kRoot);
  if (root == spec.disks.end()) {
    checks.add(path, "no disk 'root', and a workload boots from that", "add `disks: {root: {size: 40GiB}}`");
    return;
  }
  if (!root->second.import.empty()) return;
  if (spec.image.empty()) {
    checks.add(path, "the disk 'root' has nothing to start from",
               "add `image: …` here or to defaults, or `import: …` to the disk");
    return;
  }
  if (!checks.known(at(path, "image"), "image", spec.image, catalog.site.images, "images in the site's file"))
    return;
  const auto& image = catalog.site.images.at(spec.image);
  if (root->second.size < image.size)
    checks.add(at(at(path, "disks"), kRoot),
               fmt::format("a root of {} can't hold image {}, which needs {}", to_string(root->second.size),
                           spec.image, to_string(image.size)),
               fmt::format("write size: {}", to_string(image.size)));
}

void check_disks(const Path& path, const WorkloadSpec& spec, Checks& checks) {
  if (spec.disks.size() > kDisksMax)
    checks.add(at(path, "disks"),
               fmt::format("{} disks are more than a workload may have ({})", spec.disks.size(), kDisksMax));
  for (const auto& [name, disk] : spec.disks) {
    const Path disk_path = at(at(path, "disks"), name);
    checks.name(disk_path, "disk", name);
    checks.amount(at(disk_path, "size"), "the size", disk.size, kVolumeMax);
    if (disk.import.empty()) continue;
    checks.file_name(at(disk_path, "import"), disk.import);
    const auto dot = disk.import.rfind('.');
    const std::string kind = dot == std::string::npos ? "" : disk.import.substr(dot + 1);
    if (constexpr std::array kKinds = {"qcow2", "vmdk", "raw", "img"};
        std::ranges::find(kKinds, kind) == kKinds.end())
      checks.add(at(disk_path, "import"),
                 fmt::format("'{}': what can be imported ends with .qcow2, .vmdk, .raw or .img", disk.import),
                 "convert it with qemu-img, or give it the ending of what it is");
  }
}

void check_address(const Path& path, const std::string& owner, const IpAddress& address,
                   const NetworkId& network_id, const Network& network, const WorkloadSpec& spec,
                   TakenAddresses& taken, Checks& checks) {
  if (spec.count) {
    checks.add(
        path, fmt::format("{} workloads (count) can't have the one address {}", *spec.count, address.str()),
        "leave the address out: each gets the next free one; or write the workloads as entries of their own");
    return;
  }
  if (const auto problem = address_problem(network, address); !problem.empty()) {
    const auto& subnet = address.v6 ? network.subnet6 : network.subnet;
    checks.add(path, fmt::format("{} can't be used in network {}: {}", address.str(), network_id, problem),
               subnet ? fmt::format("write an address of {}, or leave it out to get the next free one",
                                    subnet->str())
                      : "leave it out");
    return;
  }
  const auto [holder, fresh] = taken.emplace(std::pair{network_id, address}, owner);
  if (!fresh && holder->second != owner)
    checks.add(path, fmt::format("{} is taken by {}", address.str(), holder->second),
               "write another, or leave it out to get the next free one");
}

void check_port_names(const Path& path, const WorkloadSpec& spec, Checks& checks) {
  if (spec.ports.size() > kPortsMax)
    checks.add(path,
               fmt::format("{} ports are more than a workload may have ({})", spec.ports.size(), kPortsMax));
  for (std::size_t i = 0; i < std::min(spec.ports.size(), kPortsMax); ++i) {
    if (spec.ports.contains(fmt::format("eth{}", i))) continue;
    checks.add(path,
               fmt::format("{} ports, and none of them is eth{}: a guest sees them in this order",
                           spec.ports.size(), i),
               "name them eth0, eth1 and so on");
    return;
  }
}

// A port in a zone that is neither the application's nor the other one of an exchange gateway.
void check_foreign_zone(const Path& path, const NetworkId& id, const Network& network,
                        const WorkloadSpec& spec, const Application& application, const Catalog& catalog,
                        Checks& checks) {
  if (!spec.exchange_gateway.empty())
    return checks.add(
        path,
        fmt::format("network {} is in zone {}, and this exchange gateway stands between zones {} "
                    "and {}: it has ports in two zones, never in three",
                    id, network.zone, application.zone, spec.exchange_gateway),
        "use a network of one of the two");
  const bool may = may_exchange(catalog.site, application.zone, network.zone);
  checks.add(path,
             fmt::format("network {} is in zone {}, and this application in zone {}: zones never meet", id,
                         network.zone, application.zone),
             may ? fmt::format("use a network of zone {}; or, if this is an exchange gateway, write "
                               "exchange_gateway: {}",
                               application.zone, network.zone)
                 : fmt::format("use a network of zone {}, or move the application to zone {}",
                               application.zone, network.zone));
}

// A port in each of two zones that the site's policy lists: no more, and no less.
void check_exchange(const Path& path, const WorkloadSpec& spec, const Application& application,
                    const Catalog& catalog, Checks& checks) {
  const ZoneId& other = spec.exchange_gateway;
  if (other.empty()) return;
  if (other == application.zone) {
    checks.add(path, fmt::format("an exchange gateway stands between two zones, and {} is its own", other),
               "write the other zone");
    return;
  }
  if (!checks.known(path, "zone", other, catalog.site.zones, "the site's file")) return;
  if (!may_exchange(catalog.site, application.zone, other))
    checks.add(
        path,
        fmt::format("no exchange gateway may stand between zones {} and {}: the site's policy does not "
                    "list the pair",
                    application.zone, other),
        "have both zones say exchange_with in the site's file, which is their people's decision");
  for (const auto& zone : {application.zone, other}) {
    const bool there = std::ranges::any_of(spec.ports, [&](const auto& port) {
      const auto network = catalog.networks.find(port.second.network);
      return network != catalog.networks.end() && network->second.zone == zone;
    });
    if (!there)
      checks.add(path, fmt::format("an exchange gateway without a port in zone {}", zone),
                 fmt::format("give it a port on a network of zone {}, or remove exchange_gateway", zone));
  }
}

void check_ports(const Path& path, const std::string& owner, const WorkloadSpec& spec,
                 const Application& application, const Catalog& catalog, TakenAddresses& taken,
                 Checks& checks) {
  check_port_names(path, spec, checks);
  for (const auto& [name, port] : spec.ports) {
    const Path port_path = at(path, name);
    const Path network_path = at(port_path, "network");
    if (!checks.known(network_path, "network", port.network, catalog.networks, "the department's networks"))
      continue;
    const Network& network = catalog.networks.at(port.network);
    if (network.department != application.department)
      checks.add(
          network_path,
          fmt::format("network {} belongs to {}, and this application to {}", port.network,
                      network.department, application.department),
          "use a network of the department; to reach another department's service, write it under `reaches`");
    if (network.zone != application.zone && network.zone != spec.exchange_gateway)
      check_foreign_zone(network_path, port.network, network, spec, application, catalog, checks);
    if (port.address)
      check_address(at(port_path, "address"), owner, *port.address, port.network, network, spec, taken,
                    checks);
  }
}

void check_ssh_keys(const Path& path, const WorkloadSpec& spec, Checks& checks) {
  constexpr std::array<std::string_view, 5> kKinds = {"ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-",
                                                      "sk-ssh-ed25519@", "sk-ecdsa-sha2-"};
  for (const auto& key : spec.ssh_keys) {
    const bool one_line =
        std::ranges::none_of(key, [](char c) { return static_cast<unsigned char>(c) < ' '; });
    const bool of_a_kind =
        std::ranges::any_of(kKinds, [&](std::string_view kind) { return key.starts_with(kind); });
    if (!one_line || !of_a_kind)
      checks.add(at(path, key), "this is no public SSH key",
                 "write the line of a .pub file: ssh-ed25519 AAAA… name");
  }
}

constexpr std::string_view word(Scope scope) {
  constexpr std::array<std::string_view, 3> kWords = {"host", "rack", "hall"};
  return kWords[static_cast<std::size_t>(scope)];
}

void check_demands(const Path& path, const WorkloadSpec& spec, const Catalog& catalog, Checks& checks) {
  const Demands& demands = spec.demands;
  check_rules(path, demands.rules, checks);
  for (const auto& id : demands.groups) {
    const Path here = at(at(path, "groups"), id.str());
    if (!checks.known(here, "group", id, catalog.groups, "groups of a wave")) continue;
    if (spec.count.value_or(1) < 2) continue;
    // Its workloads are members of both, so that both sets of rules hold among them.
    std::vector<PlacementRule> both = demands.rules;
    const auto& group = catalog.groups.at(id).spec.rules;
    both.insert(both.end(), group.begin(), group.end());
    if (contradiction(both) != nullptr && contradiction(demands.rules) == nullptr &&
        contradiction(group) == nullptr)
      checks.add(here, fmt::format("the rules of group {} and its own contradict each other", id),
                 "drop one of the rules, or give one of them a weight");
  }
  if (demands.numa_nodes == 2 && (spec.vcpus % 2 != 0 || spec.memory.value % 2 != 0))
    checks.add(at(path, "numa_nodes"),
               fmt::format("{} vCPUs and {} can't be halved", spec.vcpus, to_string(spec.memory)),
               "write even amounts, or one node");
}

}  // namespace

void check_rules(const Path& path, const std::vector<PlacementRule>& rules, Checks& checks) {
  for (const auto& rule : rules) {
    const Path here = at(path, rule.kind == PlacementRule::Kind::keep_apart ? "keep_apart" : "keep_together");
    if (!(rule.weight >= 0 && rule.weight <= kRuleWeightMax))
      checks.add(at(here, "weight"),
                 fmt::format("a weight of {} is outside 0 to {}", rule.weight, kRuleWeightMax),
                 "write 0.5 to 2 for a wish that counts as much as how full a host is");
    checks.count(at(here, "at_most"), "at_most", rule.at_most, 1, kAtMostMax);
  }
  if (const PlacementRule* apart = contradiction(rules))
    checks.add(at(path, "keep_apart"),
               fmt::format("they are kept together, and apart by {}: no two of them could be placed",
                           word(apart->scope)),
               "drop one of the rules, write a narrower scope here, or give one of them a weight");
}

void check_workload(const Path& path, const std::string& entry, const WorkloadSpec& spec,
                    const Application& application, const Catalog& catalog, TakenAddresses& taken,
                    Checks& checks) {
  checks.name(path, "workload", entry);
  if (spec.count) checks.count(at(path, "count"), "count", *spec.count, 1, kCountMax);
  checks.count(at(path, "vcpus"), "the number of vCPUs", spec.vcpus, 1, kVcpusMax);
  checks.amount(at(path, "memory"), "the memory", spec.memory, kMemoryMax);
  check_image(path, spec, catalog, checks);
  check_disks(path, spec, checks);
  check_ports(at(path, "ports"), path, spec, application, catalog, taken, checks);
  check_exchange(at(path, "exchange_gateway"), spec, application, catalog, checks);
  checks.services(at(path, "offers"), spec.offers, "workload");
  check_demands(path, spec, catalog, checks);
  for (const auto& trait : spec.traits) checks.title(at(at(path, "traits"), trait), trait);
  check_ssh_keys(at(path, "ssh_keys"), spec, checks);
}

}  // namespace causeway::model
