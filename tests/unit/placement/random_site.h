// SPDX-License-Identifier: Apache-2.0
// Random small sites and requests for laws: crowded, with every constraint in play. Everything is drawn
// through rapidcheck, so that a counterexample shrinks.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "tests/unit/placement/builders.h"

namespace causeway::placement::testing {

inline int drawn(int least, int most) { return *rc::gen::inRange(least, most + 1); }
inline bool chance(int percent) { return drawn(0, 99) < percent; }

inline Snapshot random_site() {
  Snapshot site;
  const std::vector<ZoneId> shared = {ZoneId("health"), ZoneId("video")};
  site.zones = {{ZoneId("extranet"), Isolation::own_hosts, 3, Reserve::none, {}},
                {shared[0], Isolation::shared_by_level, 2, Reserve::none, {}},
                {shared[1], Isolation::shared_by_level, 2, Reserve::none, {}}};
  for (const std::size_t zone : {1u, 2u}) {
    site.zones[0].exchange_with.insert(site.zones[zone].id);
    site.zones[zone].exchange_with.insert(site.zones[0].id);
  }
  if (chance(30)) site.zones[0].pool = GiB{drawn(20, 200)};
  site.racks = {{RackId("r1"), HallId("a")}, {RackId("r2"), HallId("a")}, {RackId("r3"), HallId("b")}};
  site.departments = {{DepartmentId("civil-affairs"), {}}, {DepartmentId("health"), {}}};
  if (chance(30))
    site.departments[0].quotas[ZoneId("extranet")] = {drawn(4, 40), MiB{drawn(4, 64) * 1024}, GiB{100}};
  const int hosts = drawn(1, 12);
  for (int i = 0; i < hosts; ++i) {
    auto built = host("h" + std::to_string(i))
                     .rack("r" + std::to_string(drawn(1, 3)))
                     .cores(4 * drawn(1, 4))
                     .memory(MiB{8192 * drawn(1, 4)})
                     .overcommit(chance(50) ? 100 : 150);
    if (chance(30)) built.huge_pages(MiB{4096});
    const int nodes = drawn(0, 3);
    if (nodes > 0) built.numa(nodes);
    if (chance(30)) built.zones(chance(50) ? std::set{shared[0]} : std::set{shared[0], shared[1]});
    if (chance(20)) {
      built.exchange();
      built.zones({ZoneId("extranet"), shared[chance(50) ? 0 : 1]});
    }
    if (chance(20)) built.trait("gpu:a10");
    if (chance(20)) built.trait("secure-boot");
    if (chance(15)) built.dedicated_to(chance(50) ? "health" : "civil-affairs");
    if (chance(60)) built.uplink();
    if (chance(60)) built.uplink("health");
    if (chance(60)) built.uplink("video");
    if (chance(10)) built.state(chance(50) ? HostState::cordoned : HostState::down);
    site.hosts.push_back(built.value);
  }
  for (int i = 0; i < 4; ++i) {
    Group group{GroupId("g" + std::to_string(i)), {}};
    const int rules = drawn(0, 2);
    for (int rule = 0; rule < rules; ++rule) {
      const auto scope = static_cast<Scope>(drawn(0, 2));
      const double weight = chance(50) ? 0 : 0.25 * drawn(1, 8);
      // Two rules of one group must not contradict each other: only the first may be a hard keep-together.
      if (rule == 0 && chance(30))
        group.rules.push_back(together(scope, weight));
      else
        group.rules.push_back(apart(scope, group.rules.empty() ? drawn(1, 2) : 2, weight));
    }
    site.groups.push_back(group);
  }
  if (chance(40)) {
    const auto scope = static_cast<Scope>(drawn(0, 2));
    const double weight = chance(50) ? 0 : 0.5;
    for (const std::size_t i : {2u, 3u}) {
      Rule rule = apart(scope, 1, weight);
      rule.from = GroupId(i == 2 ? "g3" : "g2");
      site.groups[i].rules.push_back(rule);
    }
  }
  return site;
}

inline Request random_request(const std::string& name) {
  auto built =
      request(name).vcpus(2 * drawn(1, 3)).memory(MiB{2048 * drawn(1, 4)}).volumes(GiB{drawn(0, 3) * 10});
  built.department(chance(70) ? "civil-affairs" : "health");
  if (chance(30)) built.zone(chance(50) ? "health" : "video");
  // An exchange gateway between two of the zones, from either side.
  if (chance(25)) {
    const std::string other = chance(50) ? "health" : "video";
    const bool from_extranet = chance(50);
    built.zone(from_extranet ? "extranet" : other);
    built.gateway_to(from_extranet ? other : "extranet");
  }
  built.numa(chance(50) ? 0 : drawn(1, 2));
  if (chance(20)) built.huge_pages();
  if (chance(20)) built.pinned();
  if (chance(15)) built.trait("gpu:a10");
  if (chance(20)) built.uplink(built.value.zone.str());
  if (!built.value.exchange_gateway.empty() && chance(30)) built.uplink(built.value.exchange_gateway.str());
  if (chance(10)) built.mlps(3);
  for (int group = 0; group < 4; ++group)
    if (chance(25)) built.group("g" + std::to_string(group));
  return built;
}

}  // namespace causeway::placement::testing
