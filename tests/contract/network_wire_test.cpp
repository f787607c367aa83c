// SPDX-License-Identifier: Apache-2.0
// The uplink of a real switch with a hand on its wire: which frames leave with which tag, and that of all
// that anybody on a VLAN may send only what the network's ports elsewhere say arrives.
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/network/ovs.h"
#include "tests/contract/hand.h"
#include "tests/contract/network_contract.h"
#include "tests/contract/ovs_host.h"
#include "tests/support/spoofs.h"
#include "tests/support/temporary_folder.h"

namespace causeway::agent {
namespace {

constexpr int kVlan = 300;

class UplinkWire : public testing::Test {
 protected:
  // One guest here, and one of its network on another host, for which the test speaks.
  void SetUp() override {
    if (const auto why = OvsHost::why_not(); !why.empty()) GTEST_SKIP() << why;
    host_ = std::make_unique<OvsHost>(folder_.path() / "host");
    static_cast<void>(host_->run({"ip", "tuntap", "add", "up0", "mode", "tap"}));
    static_cast<void>(host_->run({"ip", "link", "set", "up0", "up"}));
    policy_ = {kZone, Generation{1}, {{kWeb, 100, {}}}, {here_}};
    policy_.segments[0].vlan = kVlan;
    policy_.segments[0].remote.push_back({there_.mac, there_.addresses, ip("10.98.0.2"), ""});
    host_->inside([&] {
      switch_ = make_ovs_switch({host_->run_dir(), "netdev"});
      const auto made = switch_->ensure_bridge({kZone, ip("127.0.0.1"), 4789, "up0"});
      ASSERT_TRUE(made) << made.error().what;
      ASSERT_TRUE(switch_->ensure_port(here_));
      const auto done = switch_->program(policy_);
      ASSERT_TRUE(done) << done.error().what;
    });
    wire_ = std::make_unique<Hand>(*host_, "up0", false);
    guest_ = std::make_unique<Hand>(*host_, tap_name(here_.port), true);
    const Bytes frame = encode(udp(there_, here_), ++mark_);
    ASSERT_TRUE(arrives(tagged(kVlan, frame), frame));
  }

  // A device's wire may be slow to come up, so what shall arrive is sent until it does.
  bool arrives(const Bytes& on_wire, const Bytes& as) const {
    for (int i = 0; i < 5; ++i) {
      wire_->say(on_wire);
      if (guest_->hears(as)) return true;
    }
    return false;
  }

  const PortWiring here_ = port(kWeb, 1);
  const PortWiring there_ = port(kWeb, 2);
  test::TemporaryFolder folder_;
  std::unique_ptr<OvsHost> host_;
  std::unique_ptr<Switch> switch_;
  std::unique_ptr<Hand> wire_;
  std::unique_ptr<Hand> guest_;
  ZonePolicy policy_;
  std::uint32_t mark_ = 0;
};

TEST_F(UplinkWire, FramesLeaveWithTheNetworksTagAndArriveWithoutIt) {
  for (const bool v6 : {false, true}) {
    const Bytes out = encode(udp(here_, there_, v6), ++mark_);
    guest_->say(out);
    EXPECT_TRUE(wire_->hears(tagged(kVlan, out)));
    const Bytes in = encode(udp(there_, here_, v6), ++mark_);
    EXPECT_TRUE(arrives(tagged(kVlan, in), in));
  }
}

TEST_F(UplinkWire, AQuestionIsAnsweredHereAndShownToTheWire) {
  for (const Packet& question : {arp_question(here_, there_), neighbour_question(here_, there_)}) {
    const Bytes asked = encode(question, ++mark_);
    guest_->say(asked);
    EXPECT_TRUE(wire_->hears(tagged(kVlan, asked)));
    const auto heard = guest_->all();
    EXPECT_EQ(std::ranges::count_if(heard, [](const Bytes& f) { return decode_neighbour(f).has_value(); }),
              1);
  }
}

TEST_F(UplinkWire, NothingButWhatPortsElsewhereSayArrives) {
  static_cast<void>(guest_->all());
  const auto udp_frame = [&](auto change) {
    Packet packet = udp(there_, here_);
    change(packet);
    return encode(packet, ++mark_);
  };
  const Bytes honest = udp_frame([](Packet&) {});
  const model::Mac stranger{{0x52, 0x54, 0, 9, 9, 9}};
  const std::vector<std::pair<const char*, Bytes>> kFrames{
      {"no tag", honest},
      {"another VLAN", tagged(kVlan + 1, honest)},
      {"no VLAN, but a priority", tagged(0, honest)},
      {"two tags", tagged(kVlan, tagged(5, honest))},
      {"two tags of one VLAN", tagged(kVlan, tagged(kVlan, honest))},
      // Alone, with our number, it is our VLAN's tag to Open vSwitch, whose flows see no tag's type.
      {"a service tag around ours", tagged(5, tagged(kVlan, honest), 0x88)},
      {"a stranger", tagged(kVlan, udp_frame([&](Packet& p) { p.source = stranger; }))},
      {"a stranger's address", tagged(kVlan, udp_frame([](Packet& p) { p.from = ip("10.52.1.77"); }))},
      {"the guest's own MAC", tagged(kVlan, udp_frame([&](Packet& p) { p.source = here_.mac; }))},
      {"the guest's own address", tagged(kVlan, udp_frame([&](Packet& p) { p.from = here_.addresses[0]; }))},
      {"an ARP question", tagged(kVlan, encode(arp_question(there_, here_), ++mark_))},
      {"a solicitation", tagged(kVlan, encode(neighbour_question(there_, here_), ++mark_))},
  };
  for (const auto& [name, frame] : kFrames) {
    wire_->say(frame);
    EXPECT_TRUE(guest_->all().empty()) << name;
  }
  for (const Spoof& spoof : spoofs(there_, here_)) wire_->say(tagged(kVlan, spoof.frame));
  EXPECT_TRUE(guest_->all().empty()) << "one of the table of forged frames";
  // It was open all the time.
  EXPECT_TRUE(arrives(tagged(kVlan, honest), honest));
}

TEST_F(UplinkWire, ADeviceThatIsNotThereIsNamed) {
  host_->inside([&] {
    const auto made = switch_->ensure_bridge({kZone, ip("127.0.0.1"), 4789, "eth77"});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::unavailable);
    EXPECT_NE(made.error().what.find("uplink eth77 of zone 'extranet'"), std::string::npos)
        << made.error().what;
  });
}

}  // namespace
}  // namespace causeway::agent
