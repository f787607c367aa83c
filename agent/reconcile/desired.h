// SPDX-License-Identifier: Apache-2.0
// What a host shall be: an assignment and the host's own configuration, put into the words of its drivers.
// It is made once per assignment and then compared with every observation, so that a pass over hundreds of
// unchanged workloads builds nothing.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/compute/compute.h"
#include "agent/network/network.h"
#include "agent/storage/storage.h"
#include "common/core/ids.h"
#include "common/model/assignment.h"

namespace causeway::agent {

// What this host is, by its own configuration. A zone that isn't named here is served by other hosts.
struct HostSetup {
  HostId host;
  std::vector<ZoneBridge> zones;  // sorted by zone
  // It serves two zones for exchange gateways between them, and refuses everything else; a host that isn't
  // one refuses exchange gateways, whatever its assignment says.
  bool exchange_host = false;

  [[nodiscard]] bool serves(const ZoneId& zone) const;
  [[nodiscard]] bool has_uplink(const ZoneId& zone) const;  // by which its VLANs and the outside are reached
};

// What shall become of a workload.
enum class Wish {
  run,    // everything is there and its process runs
  rest,   // everything is there but the process
  leave,  // no process, no definition, no ports here; its volumes stay for another host
  vanish  // as leave, and its volumes are in the trash
};

// How far asking a guest to power off has come. The core keeps the time; here it is only said.
enum class Asking {
  not_yet,
  asked,   // it was asked and may take its time: nothing is done meanwhile
  overdue  // it had its time: pull the plug
};

// A workload's disk: the volume, and the golden image that it is cloned from, if there is one.
struct DesiredVolume {
  VolumeSpec volume;
  std::optional<ImageSpec> image;

  bool operator==(const DesiredVolume&) const = default;
};

struct DesiredWorkload {
  WorkloadId id;
  Generation generation;
  std::uint64_t restart = 0;
  ZoneId zone;
  Wish wish = Wish::run;
  bool is_protected = true;            // it starts elsewhere when this host is taken for dead
  std::vector<DesiredVolume> volumes;  // the one to boot from is first
  std::vector<PortWiring> ports;
  DomainSpec domain;    // without its disks: where a volume is opened is the storage driver's knowledge
  std::string refused;  // not empty: nothing is done for it, for this reason

  // Of the moment, set by the core between passes.
  Asking asking = Asking::not_yet;
  bool barred = false;    // it may not run now: its host may have been taken for dead
  bool ending = false;    // its process is to end before anything else: a restart was asked for
  bool finished = false;  // of leave and vanish: done once, and not looked at again. Its name may live on
                          // another host by now, with volumes that are that host's.

  bool operator==(const DesiredWorkload&) const = default;
};

// The guards of a zone's ports, here and remote, and the address sets that they name.
struct ZoneRules {
  std::vector<model::Guard> guards;
  std::vector<model::AddressSet> address_sets;
};

struct Desired {
  HostSetup setup;
  bool assigned = false;  // false: no assignment was ever seen, so nothing is known about what shall be here
  Generation generation;  // of the assignment
  std::map<ZoneId, std::vector<Segment>> segments;
  std::map<ZoneId, ZoneRules> rules;
  std::map<ZoneId, std::vector<Joint>> joints;
  std::map<ZoneId, model::WayOut> ways_out;
  std::vector<DesiredWorkload> workloads;  // sorted by id

  [[nodiscard]] const DesiredWorkload* find(const WorkloadId& id) const;
  DesiredWorkload* find(const WorkloadId& id);
};

// Total: what can't be carried out here (a zone that isn't served, a port on a network that the assignment
// doesn't describe) becomes a refused workload, never a failure of the rest.
Desired desire(const HostSetup& setup, const model::Assignment& assignment);

}  // namespace causeway::agent
