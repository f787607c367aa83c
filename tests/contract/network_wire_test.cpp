// SPDX-License-Identifier: Apache-2.0
// The uplink of a real switch with a hand on its wire: which frames leave with which tag, and that of all
// that anybody on a VLAN may send only what the network's ports elsewhere say arrives.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "agent/network/ovs.h"
#include "tests/contract/network_contract.h"
#include "tests/contract/ovs_host.h"
#include "tests/support/spoofs.h"
#include "tests/support/temporary_folder.h"

namespace causeway::agent {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPatience{500};  // for what comes
constexpr std::chrono::milliseconds kSilence{60};    // after which nothing comes any more
constexpr int kVlan = 300;

Bytes tagged(int vlan, const Bytes& frame, std::uint8_t type = 0x81) {
  Bytes bytes = frame;
  const std::array<std::uint8_t, 4> tag{type, static_cast<std::uint8_t>(type == 0x81 ? 0x00 : 0xa8),
                                        static_cast<std::uint8_t>(vlan >> 8),
                                        static_cast<std::uint8_t>(vlan)};
  bytes.insert(bytes.begin() + 12, tag.begin(), tag.end());
  return bytes;
}

// A device that is played by the test, as the guest behind it or as whatever its wire leads to.
class Hand {
 public:
  Hand(const OvsHost& host, const std::string& name, bool guest) : header_(guest ? 10 : 0) {
    host.inside([&] {
      descriptor_ = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
      ifreq request{};
      std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
      request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | (guest ? IFF_VNET_HDR : 0));
      EXPECT_EQ(ioctl(descriptor_, TUNSETIFF, &request), 0) << name;
    });
  }
  Hand(const Hand&) = delete;
  Hand& operator=(const Hand&) = delete;
  ~Hand() { close(descriptor_); }

  void say(const Bytes& frame) const {
    Bytes bytes(header_, 0);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    EXPECT_EQ(write(descriptor_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  // Whether exactly that frame comes before time is up.
  [[nodiscard]] bool hears(const Bytes& wanted) const {
    const auto deadline = steady_clock::now() + kPatience;
    while (const auto frame = next(deadline))
      if (*frame == wanted) return true;
    return false;
  }

  // All that comes, until it is silent.
  [[nodiscard]] std::vector<Bytes> all() const {
    std::vector<Bytes> frames;
    while (auto frame = next(steady_clock::now() + kSilence)) frames.push_back(std::move(*frame));
    return frames;
  }

 private:
  [[nodiscard]] std::optional<Bytes> next(steady_clock::time_point deadline) const {
    for (;;) {
      std::array<std::uint8_t, 2048> buffer{};
      const ssize_t got = read(descriptor_, buffer.data(), buffer.size());
      if (got > 0) return Bytes(buffer.begin() + static_cast<ssize_t>(header_), buffer.begin() + got);
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
      if (left <= 0) return std::nullopt;
      pollfd readable{descriptor_, POLLIN, 0};
      poll(&readable, 1, static_cast<int>(left));
    }
  }

  std::size_t header_;
  int descriptor_ = -1;
};

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
