// SPDX-License-Identifier: Apache-2.0
// The ground that the contract of agent::Switch stands on: two hosts of a zone with their policies, guests on
// them, and what these say.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/contract/network_bench.h"

namespace causeway::agent {

inline const ZoneId kZone{"extranet"};
inline const ZoneId kOtherZone{"intranet"};
inline const NetworkId kWeb{"civil-affairs-web"};
inline const NetworkId kHousing{"housing-web"};

struct Param {
  std::string name;
  std::function<std::unique_ptr<NetworkBench>()> make;
};

inline model::IpAddress ip(const std::string& text) { return *model::IpAddress::parse(text); }

// A port of a network; `last` makes its MAC and its addresses.
inline PortWiring port(const NetworkId& network, int last, const ZoneId& zone = kZone) {
  PortWiring wiring;
  const std::string workload = network.str() + "/app/web-" + std::to_string(last);
  wiring.port = PortId(workload + "/eth0");
  wiring.workload = WorkloadId(workload);
  wiring.zone = zone;
  wiring.network = network;
  wiring.mac.bytes = {
      0x52, 0x54, 0, 0, network == kWeb ? std::uint8_t{1} : std::uint8_t{2}, static_cast<std::uint8_t>(last)};
  const std::string net = network == kWeb ? "1" : "2";
  wiring.addresses = {ip("10.52." + net + "." + std::to_string(last)),
                      ip("fd52:" + net + "::" + std::to_string(last))};
  return wiring;
}

inline Packet udp(const PortWiring& from, const PortWiring& to, bool v6 = false) {
  Packet packet;
  packet.source = from.mac;
  packet.destination = to.mac;
  packet.ether_type = v6 ? kEtherIpv6 : kEtherIpv4;
  packet.from = from.addresses[v6 ? 1 : 0];
  packet.to = to.addresses[v6 ? 1 : 0];
  packet.from_port = 5000;
  packet.to_port = 6000;
  return packet;
}

inline Packet arp_question(const PortWiring& from, const PortWiring& to) {
  Packet packet = udp(from, to);
  packet.destination.bytes.fill(0xff);
  packet.ether_type = kEtherArp;
  packet.operation = 1;
  packet.sender = from.mac;
  return packet;
}

inline Packet neighbour_question(const PortWiring& from, const PortWiring& to) {
  Packet packet = udp(from, to, true);
  const auto& target = to.addresses[1].bytes;
  packet.destination.bytes = {0x33, 0x33, 0xff, target[13], target[14], target[15]};
  packet.to = ip("ff02::1:ff00:0");
  std::copy(target.begin() + 13, target.end(), packet.to.bytes.begin() + 13);
  packet.protocol = kIcmpv6;
  packet.hop_limit = 255;
  packet.from_port = kNeighbourSolicitation;
  packet.to_port = 0;
  packet.sender = from.mac;
  packet.target = to.addresses[1];
  return packet;
}

class NetworkContract : public testing::TestWithParam<Param> {
 protected:
  void SetUp() override {
    bench_ = GetParam().make();
    if (const auto why = bench_->why_not(); !why.empty()) GTEST_SKIP() << why;
    for (const int host : {0, 1}) {
      agents_[host] = bench_->agent(host);
      hosts_[host] = ZonePolicy{kZone, Generation{1}, {{kWeb, 100, {}}, {kHousing, 200, {}}}, {}, {}, {}};
    }
  }

  // Puts the port on the host, as far as policies go: nothing is programmed yet.
  PortWiring place(int host, const PortWiring& wiring) {
    EXPECT_TRUE(agents_[host]->ensure_bridge(bench_->zone_bridge(host, wiring.zone)));
    const auto made = agents_[host]->ensure_port(wiring);
    EXPECT_TRUE(made) << made.error().what;
    hosts_[host].ports.push_back(wiring);
    for (Segment& segment : hosts_[1 - host].segments)
      if (segment.network == wiring.network)
        segment.remote.push_back(
            {wiring.mac, wiring.addresses, bench_->zone_bridge(host, wiring.zone).underlay, wiring.guard});
    return wiring;
  }

  void program(int host) {
    const auto done = agents_[host]->program(hosts_[host]);
    ASSERT_TRUE(done) << done.error().what;
  }

  SwitchState observe(int host) {
    const auto state = agents_[host]->observe();
    EXPECT_TRUE(state) << state.error().what;
    return state.value_or(SwitchState{});
  }

  bool arrives(const Packet& packet, const PortWiring& from, const PortWiring& to, int from_host = 0,
               int to_host = 0) {
    return bench_->arrives(from_host, from.port, packet, to_host, to.port);
  }

  std::unique_ptr<NetworkBench> bench_;
  std::unique_ptr<Switch> agents_[2];
  ZonePolicy hosts_[2];
};

}  // namespace causeway::agent
