// SPDX-License-Identifier: Apache-2.0
// A small site that makes sense, for tests to spoil one thing at a time.
#pragma once

#include <string>
#include <vector>

#include "common/model/validate.h"

namespace causeway::model::testing {

inline Subnet subnet(const char* text) { return *Subnet::parse(text); }
inline IpAddress ip(const char* text) { return *IpAddress::parse(text); }

inline Site site() {
  Site site;
  site.name = "zhoushan";
  site.zones[ZoneId("extranet")] = {"政务外网", Classification::internal, 2, Isolation::own_hosts, "extranet",
                                    1000_GiB};
  site.zones[ZoneId("intranet")] = {
      "政务内网", Classification::sensitive, 3, Isolation::own_hosts, "intranet", 1000_GiB};
  HostSpec host;
  host.hall = HallId("a");
  host.rack = RackId("a01");
  host.class_name = "general";
  host.shape.vcpus = 32;
  host.shape.memory = to_mib(128_GiB);
  host.zones = {ZoneId("extranet")};
  site.hosts[HostId("h1")] = host;
  site.images[ImageId("debian-12")] = {"Debian 12", "debian-12.qcow2", std::string(64, 'a'), 3_GiB};
  return site;
}

inline Departments departments() {
  Departments all;
  auto& civil = all.departments[DepartmentId("civil-affairs")];
  civil.title = "民政局";
  civil.quotas[ZoneId("extranet")] = {100, to_mib(400_GiB), 1000_GiB};
  Network web;
  web.department = DepartmentId("civil-affairs");
  web.zone = ZoneId("extranet");
  web.subnet = subnet("10.52.3.0/24");
  web.gateway = ip("10.52.3.1");
  civil.networks[NetworkId("civil-affairs-web")] = web;
  auto& housing = all.departments[DepartmentId("housing")];
  housing.title = "住建局";
  Network internal;
  internal.department = DepartmentId("housing");
  internal.zone = ZoneId("intranet");
  internal.subnet = subnet("10.152.3.0/24");
  housing.networks[NetworkId("housing-internal")] = internal;
  return all;
}

inline Rooms rooms() {
  Rooms all;
  all.rooms[RoomId("civil-affairs-b1")] = {
      "地下一层", DepartmentId("civil-affairs"), "", {"CA-SRV-04", "CA-SRV-05"}};
  return all;
}

inline WorkloadSpec workload() {
  WorkloadSpec spec;
  spec.vcpus = 2;
  spec.memory = to_mib(4_GiB);
  spec.image = ImageId("debian-12");
  spec.disks["root"] = {40_GiB, ""};
  spec.ports["eth0"] = {NetworkId("civil-affairs-web"), std::nullopt};
  return spec;
}

inline Application application() {
  Application made;
  made.department = DepartmentId("civil-affairs");
  made.zone = ZoneId("extranet");
  made.mlps = 2;
  made.workloads["web"] = workload();
  return made;
}

inline Wave wave() {
  Wave wave;
  wave.id = WaveId("wave-1");
  wave.applications["marriage-registration"] = application();
  return wave;
}

inline Catalog catalog() { return with({}, {site(), departments(), rooms()}); }

// "path: what; next" for each finding.
inline std::vector<std::string> shown(const Findings& findings) {
  std::vector<std::string> lines;
  for (const auto& one : findings) lines.push_back(one.path + ": " + one.what + "; " + one.next);
  return lines;
}

}  // namespace causeway::model::testing
