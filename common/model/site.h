// SPDX-License-Identifier: Apache-2.0
// What a site is made of, as its people write it down: zones, halls with racks and hosts, golden images;
// departments with quotas and networks; the machine rooms that they leave. Pure values; validate.h says when
// they make sense.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/core/ids.h"
#include "common/core/units.h"
#include "common/model/address.h"
#include "common/model/service.h"

namespace causeway::model {

enum class Classification { open, internal, sensitive, secret };  // secret is refused by validation

enum class Isolation {
  own_hosts,        // a host that serves this zone serves no other
  shared_by_level,  // hosts may also serve zones of the same MLPS level that say the same
};

// What may be lost at once while everything protected in a zone still finds a place.
enum class Reserve { none, host, rack };

// A system that stands outside of the platform: it is the addresses that it has. In grants and in `reaches`
// it is an application of the department `outside`, offers services and may be granted those of applications.
struct OutsideSystemSpec {
  std::string title;
  std::vector<Subnet> prefixes;  // of either family
  std::map<std::string, Service> offers;

  bool operator==(const OutsideSystemSpec&) const = default;
};

// How the networks of a zone that say so reach what is outside: through the uplinks of its hosts.
struct WayOutSpec {
  int vlan = 0;              // on the uplinks, to the routers
  std::vector<Mac> routers;  // as of WayOut (way_out.h)
  std::map<std::string, OutsideSystemSpec> systems;

  bool operator==(const WayOutSpec&) const = default;
};

// The MAC of every network's gateway: locally administered, and no port's.
inline constexpr Mac kGatewayMac{{0x02, 0xca, 0x05, 0x00, 0x00, 0x01}};

// The department that what is outside stands under.
inline constexpr const char* kOutsideDepartment = "outside";

// A security area. Zones never meet: no host, bridge, tunnel, pool or key is shared where isolation forbids
// it; only an exchange gateway, a workload that says so, has ports in two.
struct Zone {
  std::string title;
  Classification classification = Classification::internal;
  int mlps = 2;  // the highest MLPS level (GB/T 22239) of an application in it, 1 to 4
  Isolation isolation = Isolation::own_hosts;
  std::string pool;                 // the Ceph pool of its volumes; no other zone's
  GiB capacity;                     // what volumes of the zone may add up to
  Reserve reserve = Reserve::none;  // that placement keeps
  int underlay_mtu = 1500;          // of what carries packets between its hosts; tunnels need a part of it
  // Zones that an exchange gateway may stand between this one and; each of them says the same of this one.
  std::set<ZoneId> exchange_with{};
  std::optional<WayOutSpec> way_out{};

  bool operator==(const Zone&) const = default;
};

struct NumaNode {
  int cores = 0;
  MiB memory;
  MiB huge_pages;  // the part of the memory that is set aside as huge pages

  bool operator==(const NumaNode&) const = default;
};

// A kind of hypervisor machine; hosts name it instead of repeating it.
struct HostClass {
  int vcpus = 0;            // hardware threads that workloads may use
  MiB memory;               // that workloads may use; what the host itself needs is already taken off
  double overcommit = 1.0;  // vCPUs sold for each hardware thread, 1.0 to 16.0
  std::vector<NumaNode> numa;
  MiB huge_pages;                // the part of the memory that is set aside as huge pages
  std::set<std::string> traits;  // "cpu:icelake", "secure-boot", "gpu:a10"

  bool operator==(const HostClass&) const = default;
};

// A host as the site file declares it. What was done to it since (cordon, key) is in records.h.
struct HostSpec {
  HallId hall;
  RackId rack;
  HostClass shape;  // its class, looked up
  std::string class_name;
  std::set<ZoneId> zones;  // served; more than one only where isolation allows it
  std::optional<DepartmentId> dedicated;
  // It serves two zones that may be exchanged between, whatever their isolation, and runs exchange gateways
  // between them and nothing else.
  bool exchange_host = false;

  bool operator==(const HostSpec&) const = default;
};

// A golden image: root volumes are cloned from it.
struct Image {
  std::string title;
  std::string file;    // name in the hosts' images folder; no path
  std::string sha256;  // 64 hex digits, of the file
  GiB size;            // of the smallest root volume that can hold it

  bool operator==(const Image&) const = default;
};

struct Site {
  std::string name;
  std::string title;
  std::map<ZoneId, Zone> zones;
  std::map<HostId, HostSpec> hosts;
  std::map<ImageId, Image> images;

  bool operator==(const Site&) const = default;
};

// Of what carries a VLAN tag; 0 and 4095 have other meanings (IEEE 802.1Q).
inline constexpr int kVlanMax = 4094;

// What a packet between two hosts is longer by than the guest's: VXLAN over IPv4.
inline constexpr int kTunnelOverhead = 50;

// What a department may use in one zone, by the annual plan.
struct Quota {
  int vcpus = 0;
  MiB memory;
  GiB volumes;

  bool operator==(const Quota&) const = default;
};

// A layer-2 segment of one department in one zone.
struct Network {
  DepartmentId department;
  ZoneId zone;
  std::optional<Subnet> subnet;   // IPv4
  std::optional<Subnet> subnet6;  // IPv6; a network has one of the two or both
  std::optional<IpAddress> gateway;
  int mtu = 1450;
  std::optional<int>
      vlan{};            // between hosts its frames go with this tag by the zone's uplinks; none: by tunnels
  bool way_out = false;  // its workloads reach what is outside, and are reached, as grants permit

  bool operator==(const Network&) const = default;
};

struct Department {
  std::string title;    // 民政局
  std::string english;  // Civil Affairs Bureau
  std::map<ZoneId, Quota> quotas;
  std::map<NetworkId, Network> networks;

  bool operator==(const Department&) const = default;
};

// A department's machine room; it is retired when no server in it runs an application any more.
struct Room {
  std::string title;
  DepartmentId department;
  std::string address;
  std::set<std::string> servers;

  bool operator==(const Room&) const = default;
};

}  // namespace causeway::model
