// SPDX-License-Identifier: Apache-2.0
// What an agent can do to its host, as values. Each is one call of one driver and idempotent as that call is.
// Nothing here removes a bridge: no assignment can say that a zone shall be gone from a host, and absence is
// never deletion.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/compute/compute.h"
#include "agent/network/network.h"
#include "agent/storage/storage.h"
#include "common/core/ids.h"

namespace causeway::agent {

struct EnsureBridge {
  ZoneBridge bridge;
  bool operator==(const EnsureBridge&) const = default;
};
struct EnsureImage {
  ImageSpec image;
  bool operator==(const EnsureImage&) const = default;
};
struct EnsureVolume {
  VolumeSpec volume;
  bool operator==(const EnsureVolume&) const = default;
};
struct EnsurePort {
  PortWiring wiring;
  bool operator==(const EnsurePort&) const = default;
};
// Two of them are equal if they make the bridge do the same.
struct Program {
  ZonePolicy policy;
  PolicyDigest digest;
  bool operator==(const Program& other) const { return digest == other.digest; }
};
struct Define {
  DomainSpec domain;  // without disks
  std::vector<std::pair<std::string, VolumeId>>
      volumes;  // a disk's name and its volume, in the guest's order
  bool operator==(const Define&) const = default;
};
struct Start {
  WorkloadId workload;
  ZoneId zone;
  Generation generation;
  std::uint64_t restart = 0;
  bool operator==(const Start&) const = default;
};
struct Stop {
  WorkloadId workload;
  bool operator==(const Stop&) const = default;
};
struct Kill {
  WorkloadId workload;
  bool operator==(const Kill&) const = default;
};
struct Undefine {
  WorkloadId workload;
  bool operator==(const Undefine&) const = default;
};
struct RemovePort {
  PortId port;
  bool operator==(const RemovePort&) const = default;
};
struct RemoveVolume {
  ZoneId zone;
  VolumeId volume;
  bool operator==(const RemoveVolume&) const = default;
};

using Action = std::variant<EnsureBridge, EnsureImage, EnsureVolume, EnsurePort, Program, Define, Start, Stop,
                            Kill, Undefine, RemovePort, RemoveVolume>;

// Who carries an action out. A copy of a whole disk takes minutes, and nothing shall wait behind it.
// No action is of the lane liveness, so that no work can hold up a sign of life.
enum class Lane : std::uint8_t { compute, network, storage, imports, liveness };
inline constexpr std::size_t kLanes = 5;
// "compute", "network", "storage", "imports", "liveness".
std::string_view to_string(Lane lane);

// What an action is about. At most one action of a key is under way.
struct Key {
  enum class Kind : std::uint8_t { bridge, policy, port, image, volume, domain };

  Kind kind{};
  std::string name;

  auto operator<=>(const Key&) const = default;
};

Lane lane_of(const Action& action);
Key key_of(const Action& action);
// The place in the order of one pass: what frees comes before what takes, a port is made before it is opened,
// and everything is there before a process starts. The table stands in action.cpp.
int rank_of(const Action& action);
// "start civil-affairs/marriage-registration/web-1"
std::string to_string(const Action& action);

}  // namespace causeway::agent
