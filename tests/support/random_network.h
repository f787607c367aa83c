// SPDX-License-Identifier: Apache-2.0
// Small random zones and packets for them: mostly such as guests send, with one thing changed now and then,
// so that nearly right and nearly wrong are both common.
#pragma once

#include <optional>
#include <random>
#include <utility>

#include "agent/network/connection.h"
#include "agent/network/network.h"
#include "agent/network/packet.h"

namespace causeway::agent {

class RandomNetwork {
 public:
  explicit RandomNetwork(std::uint64_t seed) : random_(seed) {}

  // Two or three networks, up to five ports here and up to four elsewhere.
  ZonePolicy policy();
  // As a guest of the port may send it, to anybody of the policy or to nobody.
  Packet packet(const ZonePolicy& policy, const PortWiring& from);
  // Gives most of the policy's ports guards, with rules about addresses and services that packet() uses.
  void guard(ZonePolicy& policy);
  // Makes VLANs, 300 and up, of some of the policy's networks.
  void tag(ZonePolicy& policy);
  // What may come out of the uplink and in which VLAN: mostly of a port elsewhere, for one here. None where
  // no VLAN has ports elsewhere.
  std::optional<std::pair<int, Packet>> out_of_uplink(const ZonePolicy& policy);
  // Gives the policy a way out, VLAN 900, to two systems, and some of its networks a part in it. Packets to
  // and from the systems are among those of packet() from then on.
  void lead_out(ZonePolicy& policy);
  // As a router of the way out may send it: mostly of a system, for a port here.
  Packet from_router(const ZonePolicy& policy);
  // What an IP packet may be part of, whether or not the policy would have let that in.
  Tracked tracked(const ZonePolicy& policy, const Packet& packet);
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

 private:
  struct Somebody {
    model::Mac mac;
    std::vector<model::IpAddress> addresses;
  };

  model::AddressSet address_set(const ZonePolicy& policy, std::uint32_t number);
  model::Rule rule();
  Somebody make(std::uint32_t number);
  Somebody anybody(const ZonePolicy& policy);
  model::IpAddress address(const Somebody& who, bool v6);
  Packet question(const PortWiring& from);
  void cut(Packet& packet);
  void address_gateway(const ZonePolicy& policy, Packet& packet);
  model::IpAddress outside(bool v6);
  static void hide(Packet& packet, std::uint8_t protocol);

  std::mt19937_64 random_;
};

}  // namespace causeway::agent
