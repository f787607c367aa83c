// SPDX-License-Identifier: Apache-2.0
// The way out of a real switch: with a hand on the uplink's wire as the router, which sees each frame and
// sends what a router and anybody else may send; and with the network stack of a machine outside, which asks
// for neighbours and answers as any router does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/network/gateway.h"
#include "agent/network/ovs.h"
#include "agent/network/simulated.h"
#include "tests/contract/hand.h"
#include "tests/contract/network_contract.h"
#include "tests/contract/ovs_host.h"
#include "tests/support/spoofs.h"
#include "tests/support/temporary_folder.h"

namespace causeway::agent {
namespace {

constexpr int kWayOut = 900;
const model::Mac kRouter{{0x00, 0x00, 0x5e, 0x00, 0x01, 0x0a}};
const model::Mac kOtherRouter{{0x00, 0x16, 0x3e, 0x00, 0x00, 0x02}};
constexpr auto kGuests = "civil-affairs/marriage-registration";
constexpr auto kSystem = "outside/ningbo";
constexpr auto kEntry = "civil-affairs/marriage-registration/web";

model::Subnet prefix(const std::string& text) { return *model::Subnet::parse(text); }

model::Rule udp_rule(const std::string& from, std::uint16_t port) {
  return {from, model::RuleProtocol::udp, port, port, std::nullopt, from + " is granted it"};
}

// Guests may ask the system outside at port 6000 and by echo, and it may ask them at port 7000.
ZonePolicy leading_out(const std::vector<PortWiring>& guests) {
  ZonePolicy policy{kZone, Generation{1}, {{kWeb, 100, {}}}, guests};
  policy.segments[0].gateways = {ip("10.52.1.254"), ip("fd52:1::fe")};
  policy.segments[0].way_out = true;
  policy.way_out = model::WayOut{kZone,
                                 kWayOut,
                                 {kRouter, kOtherRouter},
                                 {{kSystem, {prefix("203.0.113.0/24"), prefix("2001:db8:5::/48")}}}};
  model::Guard outside{kSystem, {udp_rule(kGuests, 6000)}};
  for (const auto& [protocol, type] :
       {std::pair{model::RuleProtocol::icmp, kEchoRequest}, {model::RuleProtocol::icmp6, kEcho6Request}}) {
    model::Rule& echo = outside.rules.emplace_back();
    echo.from = kGuests;
    echo.protocol = protocol;
    echo.icmp_type = static_cast<std::uint8_t>(type);
  }
  policy.guards = {{kEntry, {udp_rule(kSystem, 7000)}}, outside};
  policy.address_sets = {{kGuests, {prefix("10.52.1.0/24"), prefix("fd52:1::/64")}},
                         {kSystem, policy.way_out->systems[0].prefixes}};
  return policy;
}

PortWiring guarded_port(int last) {
  PortWiring wiring = port(kWeb, last);
  wiring.guard = kEntry;
  return wiring;
}

model::IpAddress there(bool v6) { return ip(v6 ? "2001:db8:5::9" : "203.0.113.9"); }

// As the guest sends it to its gateway.
Packet outward(const PortWiring& from, bool v6, std::uint16_t to_port = 6000) {
  Packet packet = udp(from, from, v6);
  packet.destination = kGatewayMac;
  packet.to = there(v6);
  packet.to_port = to_port;
  return packet;
}

// As a router sends it.
Packet inward(const PortWiring& to, bool v6, std::uint16_t from_port, std::uint16_t to_port) {
  Packet packet = udp(to, to, v6);
  packet.source = kRouter;
  packet.from = there(v6);
  packet.from_port = from_port;
  packet.to_port = to_port;
  return packet;
}

Packet routed(Packet packet) {
  packet.destination = kRouter;
  --packet.hop_limit;
  return packet;
}

Packet by_gateway(Packet packet) {
  packet.source = kGatewayMac;
  return packet;
}

class WayOutWire : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = OvsHost::why_not(); !why.empty()) GTEST_SKIP() << why;
    host_ = std::make_unique<OvsHost>(folder_.path() / "host");
    static_cast<void>(host_->run({"ip", "tuntap", "add", "up0", "mode", "tap"}));
    static_cast<void>(host_->run({"ip", "link", "set", "up0", "up"}));
    policy_ = leading_out({here_, beside_});
    policy_.segments[0].remote.push_back({elsewhere_.mac, elsewhere_.addresses, ip("10.98.0.2"), kEntry});
    host_->inside([&] {
      switch_ = make_ovs_switch({host_->run_dir(), "netdev"});
      const auto made = switch_->ensure_bridge({kZone, ip("127.0.0.1"), 4789, "up0"});
      ASSERT_TRUE(made) << made.error().what;
      for (const PortWiring& wiring : policy_.ports) ASSERT_TRUE(switch_->ensure_port(wiring));
    });
    program();
    wire_ = std::make_unique<Hand>(*host_, "up0", false);
    guest_ = std::make_unique<Hand>(*host_, tap_name(here_.port), true);
    neighbour_ = std::make_unique<Hand>(*host_, tap_name(beside_.port), true);
    ASSERT_TRUE(leaves(outward(here_, false), routed(outward(here_, false))));
  }

  void program() {
    host_->inside([&] {
      const auto done = switch_->program(policy_);
      ASSERT_TRUE(done) << done.error().what;
    });
  }

  // A device's wire may be slow to come up, so what shall arrive is sent until it does.
  bool leaves(const Packet& said, const Packet& as) {
    for (int i = 0; i < 5; ++i) {
      ++mark_;
      guest_->say(encode(said, mark_));
      if (wire_->hears(tagged(kWayOut, encode(as, mark_)))) return true;
    }
    return false;
  }

  bool enters(const Packet& said, const Packet& as) {
    for (int i = 0; i < 5; ++i) {
      ++mark_;
      wire_->say(tagged(kWayOut, encode(said, mark_)));
      if (guest_->hears(encode(as, mark_))) return true;
    }
    return false;
  }

  // What routers see until the wire is silent. The host's own kernel speaks there too, without a tag.
  [[nodiscard]] std::vector<Bytes> seen_outside() const {
    auto frames = wire_->all();
    std::erase_if(frames, [](const Bytes& frame) { return frame[12] != 0x81 || frame[13] != 0x00; });
    return frames;
  }

  // What a router gets back when it asks.
  std::vector<Bytes> asked(const Packet& question) {
    static_cast<void>(wire_->all());
    wire_->say(tagged(kWayOut, encode(question, ++mark_)));
    return seen_outside();
  }

  void expect_silence(const char* what) {
    EXPECT_TRUE(guest_->all().empty()) << what;
    EXPECT_TRUE(neighbour_->all().empty()) << what;
    EXPECT_TRUE(seen_outside().empty()) << what;
  }

  const PortWiring here_ = guarded_port(1);
  const PortWiring beside_ = guarded_port(2);
  const PortWiring elsewhere_ = guarded_port(3);
  test::TemporaryFolder folder_;
  std::unique_ptr<OvsHost> host_;
  std::unique_ptr<Switch> switch_;
  std::unique_ptr<Hand> wire_;
  std::unique_ptr<Hand> guest_;
  std::unique_ptr<Hand> neighbour_;
  ZonePolicy policy_;
  std::uint32_t mark_ = 0;
};

TEST_F(WayOutWire, WhatIsGrantedLeavesUnderTheGuestsOwnNameAndIsAnswered) {
  for (const bool v6 : {false, true}) {
    EXPECT_TRUE(leaves(outward(here_, v6), routed(outward(here_, v6))));
    const Packet answer = inward(here_, v6, 6000, 5000);
    EXPECT_TRUE(enters(answer, by_gateway(answer)));
    Packet from_other = answer;
    from_other.source = kOtherRouter;
    EXPECT_TRUE(enters(from_other, by_gateway(from_other)));
  }
}

TEST_F(WayOutWire, WhatIsNotGrantedDoesNotLeave) {
  static_cast<void>(wire_->all());
  for (const bool v6 : {false, true}) {
    guest_->say(encode(outward(here_, v6, 6001), ++mark_));
    Packet stranger = outward(here_, v6);
    stranger.to = ip(v6 ? "2001:db8:6::9" : "203.0.112.9");
    guest_->say(encode(stranger, ++mark_));
    Packet forged = outward(here_, v6);
    forged.from = beside_.addresses[v6 ? 1 : 0];
    guest_->say(encode(forged, ++mark_));
    Packet past_gateway = outward(here_, v6);
    past_gateway.destination = kRouter;
    guest_->say(encode(past_gateway, ++mark_));
    Packet last_hop = outward(here_, v6);
    last_hop.hop_limit = 1;
    guest_->say(encode(last_hop, ++mark_));
    guest_->say(tagged(kWayOut, encode(routed(outward(here_, v6)), ++mark_)));
  }
  expect_silence("one of what is not granted");
}

TEST_F(WayOutWire, OnlyWhatIsGrantedComesIn) {
  for (const bool v6 : {false, true}) {
    const Packet granted = inward(here_, v6, 4000, 7000);
    EXPECT_TRUE(enters(granted, by_gateway(granted)));
    // Its answer finds the way.
    Packet answer = outward(here_, v6);
    answer.from_port = 7000;
    answer.to_port = 4000;
    EXPECT_TRUE(leaves(answer, routed(answer)));
    static_cast<void>(guest_->all());
    wire_->say(tagged(kWayOut, encode(inward(here_, v6, 4000, 7001), ++mark_)));
    wire_->say(tagged(kWayOut, encode(inward(here_, v6, 6000, 5555), ++mark_)));
  }
  expect_silence("one of what is not granted");
}

TEST_F(WayOutWire, ARouterIsAnsweredForThePortsOfThisHostAlone) {
  for (const bool v6 : {false, true}) {
    PortWiring router;
    router.mac = kRouter;
    router.addresses = {ip("203.0.113.1"), ip("fe80::1")};
    const auto question = [&](const PortWiring& about) {
      return v6 ? neighbour_question(router, about) : arp_question(router, about);
    };
    for (const PortWiring& own : {here_, beside_}) {
      const auto frames = asked(question(own));
      ASSERT_EQ(frames.size(), 1u) << own.port.str();
      Bytes plain = frames[0];
      ASSERT_EQ(Bytes(plain.begin() + 12, plain.begin() + 16), (Bytes{0x81, 0x00, 0x03, 0x84}));
      plain.erase(plain.begin() + 12, plain.begin() + 16);
      const auto said = decode_neighbour(plain);
      ASSERT_TRUE(said);
      EXPECT_EQ(said->source, own.mac);
      EXPECT_EQ(said->sender, own.mac);
      EXPECT_EQ(said->destination, kRouter);
    }
    EXPECT_TRUE(asked(question(elsewhere_)).empty());
    PortWiring stranger = router;
    stranger.mac = {{0x52, 0x54, 0, 9, 9, 9}};
    EXPECT_TRUE(asked(v6 ? neighbour_question(stranger, here_) : arp_question(stranger, here_)).empty());
  }
  expect_silence("a question reached somebody");
}

TEST_F(WayOutWire, AQuestionAboutTheGatewayIsShownOutsideAndNoOther) {
  PortWiring gateway;
  gateway.addresses = policy_.segments[0].gateways;
  for (const Packet& question : {arp_question(here_, gateway), neighbour_question(here_, gateway)}) {
    const Bytes frame = encode(question, ++mark_);
    guest_->say(frame);
    EXPECT_TRUE(wire_->hears(tagged(kWayOut, frame)));
  }
  static_cast<void>(guest_->all());
  for (const Packet& question : {arp_question(here_, beside_), neighbour_question(here_, beside_)})
    guest_->say(encode(question, ++mark_));
  EXPECT_TRUE(seen_outside().empty());
}

TEST_F(WayOutWire, NothingThatIsForgedOutsideArrives) {
  const auto granted = [&](auto change) {
    Packet packet = inward(here_, false, 4000, 7000);
    change(packet);
    return encode(packet, ++mark_);
  };
  const Bytes honest = granted([](Packet&) {});
  static_cast<void>(guest_->all());
  const std::vector<std::pair<const char*, Bytes>> kFrames{
      {"no tag", honest},
      {"another VLAN", tagged(kWayOut + 1, honest)},
      {"two tags", tagged(kWayOut, tagged(5, honest))},
      {"two tags of one VLAN", tagged(kWayOut, tagged(kWayOut, honest))},
      {"no router", tagged(kWayOut, granted([](Packet& p) { p.source = {{0x00, 0x16, 0x3e, 9, 9, 9}}; }))},
      {"the gateway's MAC", tagged(kWayOut, granted([](Packet& p) { p.source = kGatewayMac; }))},
      {"a guest's MAC", tagged(kWayOut, granted([&](Packet& p) { p.source = beside_.mac; }))},
      {"an address inside", tagged(kWayOut, granted([&](Packet& p) { p.from = beside_.addresses[0]; }))},
      {"its own address", tagged(kWayOut, granted([&](Packet& p) { p.from = here_.addresses[0]; }))},
      {"the gateway's address", tagged(kWayOut, granted([](Packet& p) { p.from = ip("10.52.1.254"); }))},
      {"of no system", tagged(kWayOut, granted([](Packet& p) { p.from = ip("198.51.100.1"); }))},
      {"for another's address", tagged(kWayOut, granted([&](Packet& p) { p.to = beside_.addresses[0]; }))},
      {"for the gateway", tagged(kWayOut, granted([](Packet& p) { p.destination = kGatewayMac; }))},
      {"for all", tagged(kWayOut, granted([](Packet& p) { p.destination.bytes.fill(0xff); }))},
      {"for another host's port", tagged(kWayOut, granted([&](Packet& p) {
                                           p.destination = elsewhere_.mac;
                                           p.to = elsewhere_.addresses[0];
                                         }))},
  };
  for (const auto& [name, frame] : kFrames) {
    wire_->say(frame);
    expect_silence(name);
  }
  PortWiring router = here_;
  router.mac = kRouter;
  router.addresses = {there(false), there(true)};
  for (const Spoof& spoof : spoofs(router, here_)) wire_->say(tagged(kWayOut, spoof.frame));
  EXPECT_TRUE(guest_->all().empty()) << "one of the table of forged frames";
  EXPECT_TRUE(neighbour_->all().empty());
  const Packet open = inward(here_, false, 4001, 7000);
  EXPECT_TRUE(enters(open, by_gateway(open)));
}

TEST_F(WayOutWire, ARuleThatGoesCutsWhatIsOpenInBothDirections) {
  const Packet answer = inward(here_, false, 6000, 5000);
  ASSERT_TRUE(enters(answer, by_gateway(answer)));
  auto& rules = policy_.guards[1].rules;
  rules.erase(rules.begin());
  policy_.generation = Generation{2};
  program();
  static_cast<void>(wire_->all());
  guest_->say(encode(outward(here_, false), ++mark_));
  wire_->say(tagged(kWayOut, encode(answer, ++mark_)));
  expect_silence("a connection whose rule is gone");
  host_->inside([&] {
    const auto state = switch_->observe();
    ASSERT_TRUE(state);
    ASSERT_EQ(state->cuts.size(), 1u);
    EXPECT_EQ(state->cuts[0].why, udp_rule(kGuests, 6000).why);
    EXPECT_EQ(state->cuts[0].connections, 1u);
  });
}

// The first packet of a connection between the guest and the machine outside.
model::ProbeRequest question(const PortWiring& guest, bool outward, std::uint16_t port) {
  model::ProbeRequest asked;
  asked.zone = kZone;
  asked.from = {guest.port, kWeb, guest.mac, guest.addresses[0], ip("127.0.0.1")};
  asked.to = {PortId(), NetworkId(), kRouter, there(false), {}};
  asked.protocol = model::RuleProtocol::udp;
  asked.port = port;
  asked.arriving = !outward;
  if (!outward) std::swap(asked.from, asked.to);
  return asked;
}

void expect_probes(Switch& of, const PortWiring& guest) {
  const auto passes = [&](bool outward, std::uint16_t port) {
    const auto passage = of.probe(question(guest, outward, port));
    EXPECT_TRUE(passage) << passage.error().what;
    return passage.value_or(Passage{});
  };
  EXPECT_TRUE(passes(true, 6000).passes) << passes(true, 6000).says;
  EXPECT_NE(passes(true, 6000).says.find("VLAN 900"), std::string::npos) << passes(true, 6000).says;
  EXPECT_FALSE(passes(true, 6001).passes);
  EXPECT_TRUE(passes(false, 7000).passes) << passes(false, 7000).says;
  EXPECT_FALSE(passes(false, 7001).passes);
}

TEST_F(WayOutWire, AProbeSaysWhatWouldLeaveAndWhatWouldComeIn) {
  host_->inside([&] { expect_probes(*switch_, here_); });
}

// The simulated switch says the same of its guests, and of its zone's routers.
TEST(SimulatedWayOut, LetsOutAndInWhatARealSwitchDoes) {
  const auto fabric = std::make_shared<SimulatedFabric>();
  const PortWiring one = guarded_port(1);
  const PortWiring two = guarded_port(2);
  std::vector<std::unique_ptr<SimulatedSwitch>> switches;
  for (const auto& [host, guest] : {std::pair("h1", &one), {"h2", &two}}) {
    auto& made = switches.emplace_back(std::make_unique<SimulatedSwitch>(fabric, HostId(host)));
    ASSERT_TRUE(made->ensure_bridge({kZone, ip(std::string("10.98.0.") + host[1]), 4789, "up0"}));
    ASSERT_TRUE(made->ensure_port(*guest));
    ASSERT_TRUE(made->program(leading_out({*guest})));
  }
  for (const bool v6 : {false, true}) {
    const Packet said = outward(one, v6);
    EXPECT_EQ(fabric->leaves(HostId("h1"), one.port, said), routed(said));
    EXPECT_FALSE(fabric->leaves(HostId("h1"), one.port, outward(one, v6, 6001)));
    EXPECT_EQ(fabric->enters(kZone, inward(one, v6, 6000, 5000)).ports, std::vector{one.port}) << "an answer";
    EXPECT_TRUE(fabric->enters(kZone, inward(two, v6, 6000, 5000)).ports.empty());
    EXPECT_EQ(fabric->enters(kZone, inward(two, v6, 4000, 7000)).ports, std::vector{two.port});
    PortWiring router;
    router.mac = kRouter;
    router.addresses = {ip("203.0.113.1"), ip("fe80::1")};
    const auto answers =
        fabric->enters(kZone, v6 ? neighbour_question(router, two) : arp_question(router, two)).answers;
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].sender, two.mac);
  }
  expect_probes(*switches[0], one);
}

// Two hosts of a zone, and behind their uplinks a machine that is no part of the platform: its switch learns
// as any does, and its kernel speaks ARP and neighbour discovery with whoever it finds.
class WayOutRouter : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = OvsHost::why_not(); !why.empty()) GTEST_SKIP() << why;
    router_ = std::make_unique<OvsHost>(folder_.path() / "router");
    router_->vsctl({"add-br", "ext", "--", "set", "bridge", "ext", "datapath_type=netdev", "--", "add-port",
                    "ext", "door", fmt::format("tag={}", kWayOut), "--", "set", "interface", "door",
                    "type=internal", fmt::format("mac=\"{}\"", kRouter.str())});
    // An address of the system outside, and the platform's networks on the link.
    for (const char* address : {"203.0.113.9/24", "2001:db8:5::9/64"})
      static_cast<void>(router_->run({"ip", "address", "add", address, "dev", "door", "nodad"}));
    static_cast<void>(router_->run({"ip", "link", "set", "door", "up"}));
    for (const char* network : {"10.52.1.0/24", "fd52:1::/64"})
      static_cast<void>(router_->run({"ip", "route", "add", network, "dev", "door"}));
    for (const int i : {0, 1}) {
      hosts_[i] = std::make_unique<OvsHost>(folder_.path() / fmt::format("h{}", i));
      const auto name = fmt::format("up{}", i);
      OvsHost::wire(*hosts_[i], *router_, name);
      router_->vsctl({"add-port", "ext", name});
      hosts_[i]->inside([&] {
        switches_[i] = make_ovs_switch({hosts_[i]->run_dir(), "netdev"});
        const auto made = switches_[i]->ensure_bridge({kZone, ip("127.0.0.1"), 4789, name});
        ASSERT_TRUE(made) << made.error().what;
      });
    }
  }

  void put(int host, const std::vector<PortWiring>& guests) {
    hosts_[host]->inside([&] {
      for (const PortWiring& guest : guests) ASSERT_TRUE(switches_[host]->ensure_port(guest));
      const auto done = switches_[host]->program(leading_out(guests));
      ASSERT_TRUE(done) << done.error().what;
    });
  }

  static Packet echo(const PortWiring& from, bool v6) {
    Packet packet = outward(from, v6);
    packet.protocol = v6 ? kIcmpv6 : kIcmp;
    packet.from_port = v6 ? kEcho6Request : kEchoRequest;
    packet.to_port = 0;
    return packet;
  }

  // The guest pings the machine outside, whose kernel has to find the guest to answer.
  static bool pings(const Hand& guest, const PortWiring& from, bool v6) {
    for (int i = 0; i < 20; ++i) {
      guest.say(encode(echo(from, v6), 1));
      for (const Bytes& frame : guest.all()) {
        const Packet heard = dissect(frame);
        if (heard.from == there(v6) && heard.to == from.addresses[v6 ? 1 : 0] &&
            heard.destination == from.mac && heard.from_port == (v6 ? kEcho6Request + 1 : 0))
          return true;
      }
    }
    return false;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<OvsHost> router_;
  std::unique_ptr<OvsHost> hosts_[2];
  std::unique_ptr<Switch> switches_[2];
};

TEST_F(WayOutRouter, AMachineOutsideFindsEachGuestOnItsHostAlsoAfterItMoved) {
  const PortWiring one = guarded_port(1);
  const PortWiring two = guarded_port(2);
  put(0, {one});
  put(1, {two});
  {
    const Hand first(*hosts_[0], tap_name(one.port), true);
    const Hand second(*hosts_[1], tap_name(two.port), true);
    for (const bool v6 : {false, true}) {
      EXPECT_TRUE(pings(first, one, v6));
      EXPECT_TRUE(pings(second, two, v6));
    }
  }
  put(0, {});
  put(1, {one, two});
  const Hand moved(*hosts_[1], tap_name(one.port), true);
  for (const bool v6 : {false, true}) EXPECT_TRUE(pings(moved, one, v6));
  // It was asked for by its address and is known by its own MAC: nothing translates.
  EXPECT_NE(router_->run({"ip", "neighbour", "show", "to", "10.52.1.1"}).find(one.mac.str()),
            std::string::npos);
}

}  // namespace
}  // namespace causeway::agent
