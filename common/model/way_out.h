// SPDX-License-Identifier: Apache-2.0
// A zone's way out, as its hosts are told it: how packets leave the platform by the zone's uplinks, and for
// where. What stands outside is known by name; a system is the addresses behind a name.
//
// The outside sees a workload as a machine of its own on the way out's VLAN, with its own address and MAC:
// there is no translation, and a router finds the workload's host by asking for the address.
#pragma once

#include <string>
#include <vector>

#include "common/core/ids.h"
#include "common/model/address.h"

namespace causeway::model {

struct OutsideSystem {
  std::string guard;             // of what workloads begin there, and the name of its address set
  std::vector<Subnet> prefixes;  // no two systems of a zone overlap, and none of them a network

  bool operator==(const OutsideSystem&) const = default;
};

struct WayOut {
  ZoneId zone;
  int vlan = 0;  // on the zone's uplinks; no network's
  // At least one. The first is sent to. Frames of any of them are heard: routers that share an address
  // (VRRP) send under MACs of their own.
  std::vector<Mac> routers;
  std::vector<OutsideSystem> systems;  // sorted by guard

  bool operator==(const WayOut&) const = default;
};

}  // namespace causeway::model
