// SPDX-License-Identifier: Apache-2.0
#include "common/model/fingerprint.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace causeway::model {
namespace {

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }
Subnet subnet(const char* text) { return Subnet::parse(text).value(); }

Assignment an_assignment() {
  Assignment made;
  made.host = HostId("h1");
  made.epoch = Epoch{3};
  made.generation = Generation{4};
  AssignedWorkload web;
  web.id = WorkloadId("civil-affairs/marriage/web");
  web.disks.push_back({"root", 40_GiB, Image{.title = "Debian", .file = "d.raw"}, ImageId("debian-12"), ""});
  web.ports.push_back({.name = "eth0",
                       .network = NetworkId("n"),
                       .mac = Mac{{1}},
                       .subnets = {subnet("10.52.3.0/24")},
                       .addresses = {ip("10.52.3.21")},
                       .gateway = ip("10.52.3.1"),
                       .guard = "civil-affairs/marriage/web"});
  made.workloads.push_back(web);
  AssignedNetwork network;
  network.id = NetworkId("n");
  network.remote_ports.push_back(
      {Mac{{2}}, {ip("10.52.3.22")}, ip("10.98.0.2"), "civil-affairs/marriage/db"});
  made.networks.push_back(network);
  made.guards.push_back({"civil-affairs/marriage/web", {{.from = "housing/permits", .why = "grant-1"}}});
  made.address_sets.push_back({"housing/permits", {subnet("10.52.9.7/32")}});
  made.ways_out.push_back(
      {ZoneId("extranet"), 900, {Mac{{3}}}, {{"outside/ningbo", {subnet("203.0.113.0/24")}}}});
  return made;
}

using Change = std::function<void(Assignment&)>;

// One of every field, down to the last.
std::vector<Change> changes() {
  return {
      [](auto& a) { a.host = HostId("h2"); },
      [](auto& a) { a.generation = Generation{5}; },
      [](auto& a) { a.workloads.clear(); },
      [](auto& a) { a.workloads.push_back(a.workloads[0]); },
      [](auto& a) { a.networks.clear(); },
      [](auto& a) { a.guards.clear(); },
      [](auto& a) { a.address_sets.clear(); },
      [](auto& a) { a.ways_out.clear(); },
      [](auto& a) { a.workloads[0].id = WorkloadId("civil-affairs/marriage/db"); },
      [](auto& a) { a.workloads[0].generation = Generation{1}; },
      [](auto& a) { a.workloads[0].restart = 2; },
      [](auto& a) { a.workloads[0].zone = ZoneId("extranet"); },
      [](auto& a) { a.workloads[0].power = Power::stopped; },
      [](auto& a) { a.workloads[0].shall_be_absent = true; },
      [](auto& a) { a.workloads[0].keep_volumes = true; },
      [](auto& a) { a.workloads[0].vcpus = 3; },
      [](auto& a) { a.workloads[0].memory = 5_MiB; },
      [](auto& a) { a.workloads[0].is_protected = false; },
      [](auto& a) { a.workloads[0].disks.clear(); },
      [](auto& a) { a.workloads[0].ports.clear(); },
      [](auto& a) { a.workloads[0].ssh_keys = {"ssh-ed25519 AAAA"}; },
      [](auto& a) { a.workloads[0].ssh_keys = {"ssh-ed25519 ", "AAAA"}; },
      [](auto& a) { a.workloads[0].ssh_keys = {"ssh-ed25519 AAAA", ""}; },
      [](auto& a) { a.workloads[0].huge_pages = true; },
      [](auto& a) { a.workloads[0].pinned = true; },
      [](auto& a) { a.workloads[0].on_nodes = {0}; },
      [](auto& a) { a.workloads[0].on_nodes = {1}; },
      [](auto& a) { a.workloads[0].exchange_gateway = ZoneId("intranet"); },
      [](auto& a) { a.workloads[0].disks[0].name = "data"; },
      [](auto& a) { a.workloads[0].disks[0].size = 41_GiB; },
      [](auto& a) { a.workloads[0].disks[0].image.reset(); },
      [](auto& a) { a.workloads[0].disks[0].image = Image{}; },
      [](auto& a) { a.workloads[0].disks[0].image->title = "Debian 12"; },
      [](auto& a) { a.workloads[0].disks[0].image->file = "e.raw"; },
      [](auto& a) { a.workloads[0].disks[0].image->sha256 = "ab"; },
      [](auto& a) { a.workloads[0].disks[0].image->size = 2_GiB; },
      [](auto& a) { a.workloads[0].disks[0].image_id = ImageId("debian-13"); },
      [](auto& a) { a.workloads[0].disks[0].import = "x.qcow2"; },
      [](auto& a) { a.workloads[0].ports[0].name = "eth1"; },
      [](auto& a) { a.workloads[0].ports[0].network = NetworkId("o"); },
      [](auto& a) { a.workloads[0].ports[0].mac = Mac{{9}}; },
      [](auto& a) { a.workloads[0].ports[0].subnets = {subnet("10.52.3.0/25")}; },
      [](auto& a) { a.workloads[0].ports[0].addresses = {ip("fd52:3::21")}; },
      [](auto& a) { a.workloads[0].ports[0].gateway.reset(); },
      [](auto& a) { a.workloads[0].ports[0].guard = ""; },
      [](auto& a) { a.workloads[0].ports[0].bandwidth = MbitPerSecond{200}; },
      [](auto& a) { a.networks[0].id = NetworkId("o"); },
      [](auto& a) { a.networks[0].zone = ZoneId("extranet"); },
      [](auto& a) { a.networks[0].department = DepartmentId("housing"); },
      [](auto& a) { a.networks[0].vni = 77; },
      [](auto& a) { a.networks[0].mtu = 1450; },
      [](auto& a) { a.networks[0].remote_ports.clear(); },
      [](auto& a) { a.networks[0].joined = {NetworkId("o")}; },
      [](auto& a) { a.networks[0].vlan = 0; },
      [](auto& a) { a.networks[0].vlan = 300; },
      [](auto& a) { a.networks[0].way_out = true; },
      [](auto& a) { a.networks[0].remote_ports[0].mac = Mac{{9}}; },
      [](auto& a) { a.networks[0].remote_ports[0].addresses.push_back(ip("10.52.3.23")); },
      [](auto& a) { a.networks[0].remote_ports[0].underlay = ip("10.98.0.3"); },
      [](auto& a) { a.networks[0].remote_ports[0].guard = ""; },
      [](auto& a) { a.guards[0].id = "civil-affairs/marriage/db"; },
      [](auto& a) { a.guards[0].rules.clear(); },
      [](auto& a) { a.guards[0].rules[0].from = "housing/plans"; },
      [](auto& a) { a.guards[0].rules[0].protocol = RuleProtocol::tcp; },
      [](auto& a) { a.guards[0].rules[0].first_port = 443; },
      [](auto& a) { a.guards[0].rules[0].last_port = 443; },
      [](auto& a) { a.guards[0].rules[0].icmp_type = 0; },
      [](auto& a) { a.guards[0].rules[0].icmp_type = 8; },
      [](auto& a) { a.guards[0].rules[0].why = "grant-2"; },
      [](auto& a) { a.address_sets[0].id = "housing/plans"; },
      [](auto& a) { a.address_sets[0].members[0] = subnet("10.52.9.6/31"); },
      [](auto& a) { a.address_sets[0].members[0] = subnet("10.52.9.8/32"); },
      [](auto& a) { a.ways_out[0].zone = ZoneId("intranet"); },
      [](auto& a) { a.ways_out[0].vlan = 901; },
      [](auto& a) { a.ways_out[0].routers = {Mac{{9}}}; },
      [](auto& a) { a.ways_out[0].systems.clear(); },
      [](auto& a) { a.ways_out[0].systems[0].guard = "outside/shaoxing"; },
      [](auto& a) { a.ways_out[0].systems[0].prefixes = {subnet("203.0.113.0/25")}; },
  };
}

TEST(Fingerprint, DiffersWithEachFieldOfTheContent) {
  std::set<std::array<std::uint8_t, 32>> seen{fingerprint(an_assignment()).bytes};
  int number = 0;
  for (const auto& change : changes()) {
    Assignment changed = an_assignment();
    change(changed);
    ASSERT_NE(changed, an_assignment()) << "change " << number << " changes nothing";
    EXPECT_TRUE(seen.insert(fingerprint(changed).bytes).second) << "change " << number;
    ++number;
  }
}

TEST(Fingerprint, IsTheSameUnderEachEpochAndWhateverNameIsCarried) {
  Assignment later = an_assignment();
  later.epoch = Epoch{9};
  later.print.bytes.fill(1);
  EXPECT_EQ(fingerprint(later), fingerprint(an_assignment()));
  EXPECT_FALSE(fingerprint(Assignment{}).none());
}

}  // namespace
}  // namespace causeway::model
