// SPDX-License-Identifier: Apache-2.0
// What a real Open vSwitch makes of the flows, packet by packet, beside what the policy means: ofproto/trace
// says what it would do with a packet, without ports or wires.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>

#include "agent/network/evaluate.h"
#include "agent/network/flow_rules.h"
#include "agent/network/openflow.h"
#include "agent/network/ovs_control.h"
#include "tests/contract/ovs_host.h"
#include "tests/support/random_network.h"
#include "tests/support/spoofs.h"
#include "tests/support/temporary_folder.h"

namespace causeway::agent {
namespace {

constexpr std::uint32_t kTunnel = 1;
constexpr std::uint32_t kUplink = 2;
constexpr int kPolicies = 60;
constexpr int kPacketsEach = 50;

// What happens to a packet, in a form that both sides can be brought into.
struct Fate {
  std::set<std::uint32_t> ports;
  std::set<std::string> tunnels;  // "VNI host"
  std::string answered_by;        // the MAC that an answer comes from

  bool operator==(const Fate&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Fate& fate) {
  return out << testing::PrintToString(fate.ports) << " " << testing::PrintToString(fate.tunnels) << " "
             << fate.answered_by;
}

// As ovs-fields(7) writes a packet.
std::string notation(std::uint32_t in_port, const Packet& packet) {
  std::string text =
      fmt::format("in_port={},dl_src={},dl_dst={}", in_port, packet.source.str(), packet.destination.str());
  if (packet.tagged) text += ",dl_vlan=1";
  const std::string from = packet.from.str();
  const std::string to = packet.to.str();
  if (packet.ether_type == kEtherArp)
    return text + fmt::format(",arp,arp_op={},arp_spa={},arp_tpa={},arp_sha={}", packet.operation, from, to,
                              packet.sender.str());
  const bool v6 = packet.ether_type == kEtherIpv6;
  if (!v6 && packet.ether_type != kEtherIpv4) return text + fmt::format(",dl_type={:#x}", packet.ether_type);
  text += fmt::format(",dl_type={:#x},nw_proto={},nw_ttl={}", packet.ether_type, packet.protocol,
                      packet.hop_limit);
  text +=
      v6 ? fmt::format(",ipv6_src={},ipv6_dst={}", from, to) : fmt::format(",nw_src={},nw_dst={}", from, to);
  if (packet.fragment != Fragment::whole)
    text += packet.fragment == Fragment::first ? ",ip_frag=first" : ",ip_frag=later";
  const bool is_icmp = packet.protocol == (v6 ? kIcmpv6 : kIcmp);
  if (packet.fragment == Fragment::later || (!is_icmp && packet.protocol != kTcp && packet.protocol != kUdp))
    return text;
  if (packet.protocol == kTcp)
    return text + fmt::format(",tcp_src={},tcp_dst={}", packet.from_port, packet.to_port);
  if (packet.protocol == kUdp)
    return text + fmt::format(",udp_src={},udp_dst={}", packet.from_port, packet.to_port);
  if (!v6) return text + fmt::format(",icmp_type={},icmp_code={}", packet.from_port, packet.to_port);
  text += fmt::format(",icmpv6_type={},icmpv6_code={}", packet.from_port, packet.to_port);
  const bool asks = packet.from_port == kNeighbourSolicitation;
  if (!asks && packet.from_port != kNeighbourAdvertisement) return text;
  const std::string target = packet.target.v6 ? packet.target.str() : "::";
  return text + fmt::format(",nd_target={},{}={}", target, asks ? "nd_sll" : "nd_tll", packet.sender.str());
}

// What the connection tracker would say of it, as the trace is told: at the beginning what the connection is,
// afterwards in which state.
std::string known_of(const Packet& packet, const Tracked& tracked) {
  if (tracked.state == Tracked::State::nothing) return "";
  const Connection& connection = tracked.connection;
  const char* const family = packet.ether_type == kEtherIpv6 ? "ipv6" : "nw";
  return fmt::format(
      ",ct_state=trk|new,ct_{0}_src={1},ct_{0}_dst={2},ct_nw_proto={3},ct_tp_src={4},ct_tp_dst={5}", family,
      connection.from.str(), connection.to.str(), connection.protocol, connection.from_port,
      connection.to_port);
}

std::string state_of(const Tracked& tracked) {
  const std::string direction = tracked.answers ? ",rpl" : "";
  switch (tracked.state) {
    case Tracked::State::nothing: return "trk,inv";
    case Tracked::State::begins: return "trk,new";
    case Tracked::State::known: return "trk,est" + direction;
    case Tracked::State::concerns: return "trk,rel" + direction;
  }
  return "";
}

Fate read_trace(std::uint32_t in_port, const std::string& trace) {
  Fate fate;
  std::istringstream lines(trace);
  std::uint32_t vni = 0;
  std::string host;
  int vlan = 0;
  bool answered = false;
  for (std::string line; std::getline(lines, line);) {
    const auto after = [&](const std::string& word) -> std::string {
      const auto start = line.find_first_not_of(' ');
      return start != std::string::npos && line.compare(start, word.size(), word) == 0
                 ? line.substr(start + word.size())
                 : "";
    };
    if (const std::string value = after("set_field:"); !value.empty()) {
      const auto arrow = value.find("->");
      if (value.ends_with("->tun_id")) vni = static_cast<std::uint32_t>(std::stoul(value, nullptr, 0));
      if (value.ends_with("->tun_dst")) host = value.substr(0, arrow);
      if (value.ends_with("->vlan_vid")) vlan = std::stoi(value) & 0xfff;
    } else if (const std::string port = after("output:"); !port.empty()) {
      const auto number = static_cast<std::uint32_t>(std::stoul(port));
      if (number == kTunnel)
        fate.tunnels.insert(fmt::format("{} {}", vni, host));
      else if (number == kUplink)
        fate.tunnels.insert(fmt::format("VLAN {}", vlan));
      else if (number != in_port)
        fate.ports.insert(number);
    } else if (line.contains("IN_PORT")) {
      answered = true;
    } else if (const std::string final = after("Final flow: "); !final.empty() && answered) {
      fate.answered_by = final.substr(final.find("dl_src=") + 7, 17);
    }
  }
  return fate;
}

Fate meant(const Verdict& verdict, const PortNumbers& numbers) {
  Fate fate;
  for (const PortId& port : verdict.ports) fate.ports.insert(numbers.ports.at(port));
  for (const auto& vlan : {verdict.vlan, verdict.out})
    if (vlan) fate.tunnels.insert(fmt::format("VLAN {}", *vlan));
  for (const model::IpAddress& host : verdict.hosts)
    fate.tunnels.insert(fmt::format("{} {}", verdict.vni, host.str()));
  if (verdict.answer) fate.answered_by = verdict.answer->source.str();
  return fate;
}

class OvsTrace : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = OvsHost::why_not(); !why.empty()) GTEST_SKIP() << why;
    host_ = std::make_unique<OvsHost>(run_dir());
    host_->vsctl({"add-br", "traced", "--", "set", "bridge", "traced", "datapath_type=netdev",
                  "fail_mode=secure", "protocols=OpenFlow15"});
  }

  [[nodiscard]] std::string run_dir() const { return folder_.path() / "host"; }

  // As many packets of the policy's guests, each in the switch and in the policy.
  void compare(RandomNetwork& random, const ZonePolicy& policy, const PortNumbers& numbers, int packets) {
    for (int i = 0; i < packets; ++i) {
      const PortWiring& port = policy.ports[random.below(static_cast<std::uint32_t>(policy.ports.size()))];
      const std::uint32_t in_port = numbers.ports.at(port.port);
      const Packet packet = random.packet(policy, port);
      const bool is_ip = packet.ether_type == kEtherIpv4 || packet.ether_type == kEtherIpv6;
      const Tracked tracked = is_ip && guarded(policy) ? random.tracked(policy, packet) : Tracked{};
      const std::string asked = notation(in_port, packet) + known_of(packet, tracked);
      const auto trace = ask_ovs(run_dir(), "ofproto/trace",
                                 {"traced", asked, "--ct-next", state_of(tracked)}, Duration(5000));
      ASSERT_TRUE(trace) << trace.error().what << "\n" << asked;
      const Fate fate = read_trace(in_port, *trace);
      by_vlan_ +=
          std::ranges::any_of(fate.tunnels, [](const auto& t) { return t.starts_with("VLAN"); }) ? 1 : 0;
      ASSERT_EQ(fate, meant(judge_from_port(policy, port.port, packet, tracked), numbers)) << asked << "\n"
                                                                                           << *trace;
      delivered_ += !fate.ports.empty() || !fate.tunnels.empty() ? 1 : 0;
      answered_ += fate.answered_by.empty() ? 0 : 1;
      refused_ += fate == Fate{} ? 1 : 0;
    }
  }

  // As many packets out of the uplink, mostly of ports that are on other hosts.
  void compare_uplink(RandomNetwork& random, const ZonePolicy& policy, const PortNumbers& numbers,
                      int packets) {
    for (int i = 0; i < packets; ++i) {
      auto arrives = random.out_of_uplink(policy);
      if (!arrives) return;
      auto& [vlan, packet] = *arrives;
      packet.tagged = false;  // a trace can't be asked about two tags
      const bool is_ip = packet.ether_type == kEtherIpv4 || packet.ether_type == kEtherIpv6;
      const Tracked tracked = is_ip && guarded(policy) ? random.tracked(policy, packet) : Tracked{};
      const std::string asked =
          notation(kUplink, packet) + fmt::format(",dl_vlan={}", vlan) + known_of(packet, tracked);
      const auto trace = ask_ovs(run_dir(), "ofproto/trace",
                                 {"traced", asked, "--ct-next", state_of(tracked)}, Duration(5000));
      ASSERT_TRUE(trace) << trace.error().what << "\n" << asked;
      const Fate fate = read_trace(kUplink, *trace);
      ASSERT_EQ(fate, meant(judge_from_uplink(policy, vlan, packet, tracked), numbers)) << asked << "\n"
                                                                                        << *trace;
      from_uplink_ += fate.ports.empty() ? 0 : 1;
    }
  }

  // As many packets of a router of the way out.
  void compare_router(RandomNetwork& random, const ZonePolicy& policy, const PortNumbers& numbers,
                      int packets) {
    for (int i = 0; i < packets; ++i) {
      Packet packet = random.from_router(policy);
      packet.tagged = false;
      const bool is_ip = packet.ether_type == kEtherIpv4 || packet.ether_type == kEtherIpv6;
      const Tracked tracked = is_ip ? random.tracked(policy, packet) : Tracked{};
      const std::string asked = notation(kUplink, packet) + ",dl_vlan=900" + known_of(packet, tracked);
      const auto trace = ask_ovs(run_dir(), "ofproto/trace",
                                 {"traced", asked, "--ct-next", state_of(tracked)}, Duration(5000));
      ASSERT_TRUE(trace) << trace.error().what << "\n" << asked;
      const Fate fate = read_trace(kUplink, *trace);
      ASSERT_EQ(fate, meant(judge_from_uplink(policy, 900, packet, tracked), numbers)) << asked << "\n"
                                                                                       << *trace;
      from_router_ += fate == Fate{} ? 0 : 1;
    }
  }

  // The same for random policies, with guards or without, and with a way out.
  void compare_policies(bool guards, bool way_out = false) {
    auto bridge = OpenFlow::connect(run_dir() + "/traced.mgmt", Duration(5000));
    ASSERT_TRUE(bridge) << bridge.error().what;
    for (std::uint64_t seed = 1; seed <= kPolicies; ++seed) {
      SCOPED_TRACE(fmt::format("seed {}", seed));
      RandomNetwork random(seed);
      ZonePolicy policy = random.policy();
      random.tag(policy);
      if (way_out) random.lead_out(policy);
      if (guards) random.guard(policy);
      PortNumbers numbers{kTunnel, {}, kUplink};
      for (const PortWiring& port : policy.ports)
        numbers.ports[port.port] = static_cast<std::uint32_t>(100 + numbers.ports.size());
      auto flows = FlowSet::parse(make_flows(policy, numbers).value());
      ASSERT_TRUE(flows) << flows.error().what;
      flows->set_meters(make_meters(policy, numbers));
      const auto programmed = bridge->replace(*flows, seed);
      ASSERT_TRUE(programmed) << programmed.error().what;
      if (policy.ports.empty()) continue;
      compare(random, policy, numbers, guards ? 2 * kPacketsEach : kPacketsEach);  // more are refused
      ASSERT_FALSE(HasFatalFailure());
      compare_uplink(random, policy, numbers, kPacketsEach / 2);
      ASSERT_FALSE(HasFatalFailure());
      if (way_out) compare_router(random, policy, numbers, kPacketsEach);
      ASSERT_FALSE(HasFatalFailure());
    }
    // Enough of each kind to have said something.
    EXPECT_GT(delivered_, 100);
    EXPECT_GT(answered_, 50);
    EXPECT_GT(refused_, 100);
    EXPECT_GT(by_vlan_, 30);
    EXPECT_GT(from_uplink_, 15);
  }

  // Two ports of one network, and one of it elsewhere.
  static std::pair<ZonePolicy, PortNumbers> two_neighbours() {
    ZonePolicy policy{ZoneId("extranet"), Generation{1}, {{NetworkId("n"), 100, {}}}, {}};
    PortNumbers numbers{kTunnel, {}};
    for (std::uint8_t last = 1; last <= 3; ++last) {
      PortWiring port;
      port.port = PortId(fmt::format("d/a/w{}/eth0", last));
      port.zone = policy.zone;
      port.network = policy.segments[0].network;
      port.mac.bytes = {0x52, 0x54, 0, 0, 0, last};
      port.addresses = {*model::IpAddress::parse(fmt::format("10.52.1.{}", last)),
                        *model::IpAddress::parse(fmt::format("fd52:1::{}", last))};
      if (last == 3) {
        policy.segments[0].remote.push_back(
            {port.mac, port.addresses, *model::IpAddress::parse("10.98.0.2")});
        continue;
      }
      numbers.ports[port.port] = 100U + last;
      policy.ports.push_back(std::move(port));
    }
    return {policy, numbers};
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<OvsHost> host_;
  int delivered_ = 0;
  int answered_ = 0;
  int refused_ = 0;
  int by_vlan_ = 0;
  int from_uplink_ = 0;
  int from_router_ = 0;
};

TEST_F(OvsTrace, ARealSwitchDoesWithEachPacketWhatThePolicyMeans) { compare_policies(false); }

TEST_F(OvsTrace, ARealSwitchHoldsConnectionsAgainstRulesAsThePolicyMeans) { compare_policies(true); }

TEST_F(OvsTrace, ARealSwitchLetsOutAndInWhatThePolicyMeans) {
  compare_policies(true, true);
  EXPECT_GT(from_router_, 50);
}

std::string hex(const Bytes& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

TEST_F(OvsTrace, ARealSwitchSendsNoForgedFrameAnywhere) {
  const auto [policy, numbers] = two_neighbours();
  auto bridge = OpenFlow::connect(run_dir() + "/traced.mgmt", Duration(5000));
  ASSERT_TRUE(bridge) << bridge.error().what;
  auto flows = FlowSet::parse(make_flows(policy, numbers).value()).value();
  flows.set_meters(make_meters(policy, numbers));
  ASSERT_TRUE(bridge->replace(flows, 1));
  const PortWiring& own = policy.ports[0];
  const std::uint32_t in_port = numbers.ports.at(own.port);
  const auto fate = [&](const Bytes& frame) {
    const auto trace = ask_ovs(run_dir(), "ofproto/trace",
                               {"traced", fmt::format("in_port={}", in_port), hex(frame)}, Duration(5000));
    EXPECT_TRUE(trace) << trace.error().what;
    return trace ? read_trace(in_port, *trace) : Fate{};
  };
  for (const Spoof& spoof : spoofs(own, policy.ports[1])) EXPECT_EQ(fate(spoof.frame), Fate{}) << spoof.name;
  Packet honest;
  honest.source = own.mac;
  honest.destination = policy.ports[1].mac;
  honest.from = own.addresses[0];
  honest.to = policy.ports[1].addresses[0];
  honest.from_port = 5000;
  honest.to_port = 6000;
  EXPECT_EQ(fate(encode(honest, 1)).ports, std::set<std::uint32_t>{numbers.ports.at(policy.ports[1].port)});
  honest.fragment = Fragment::first;
  EXPECT_EQ(fate(encode(honest, 1)).ports, std::set<std::uint32_t>{numbers.ports.at(policy.ports[1].port)});
}

}  // namespace
}  // namespace causeway::agent
