// SPDX-License-Identifier: Apache-2.0
// Real packets through a real switch while its rules change and its agent is started again: none that is
// permitted is lost, none that is denied passes.
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
#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <sstream>
#include <thread>

#include "agent/network/ovs.h"
#include "tests/contract/ovs_host.h"
#include "tests/support/frame.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait_until.h"

namespace causeway::agent {
namespace {

constexpr int kUpdates = 1000;
constexpr int kRestartEvery = 100;
constexpr int kUpgrades = 20;
constexpr std::uint16_t kOpenService = 53;
constexpr std::uint16_t kClosedService = 54;
constexpr int kPatienceMs = 5000;

const ZoneId kZone{"extranet"};

model::IpAddress ip(const std::string& text) { return *model::IpAddress::parse(text); }

PortWiring port(int number) {
  PortWiring wiring;
  wiring.workload = WorkloadId("d/a/w" + std::to_string(number));
  wiring.port = PortId(wiring.workload.str() + "/eth0");
  wiring.zone = kZone;
  wiring.network = NetworkId("web");
  wiring.mac = {{0x52, 0x54, 0, 0, 1, static_cast<std::uint8_t>(number)}};
  wiring.addresses = {ip("10.52.1." + std::to_string(number)), ip("fd52:1::" + std::to_string(number))};
  return wiring;
}

model::Rule service(const std::string& from, std::uint16_t first, std::uint16_t last) {
  model::Rule rule;
  rule.from = from;
  rule.protocol = model::RuleProtocol::udp;
  rule.first_port = first;
  rule.last_port = last;
  return rule;
}

// What a guest of the port sends and hears, without a machine: its end of the tap.
class Guest {
 public:
  Guest(const OvsHost& host, const std::string& tap) {
    host.inside([&] {
      descriptor_ = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
      ifreq request{};
      std::strncpy(request.ifr_name, tap.c_str(), IFNAMSIZ - 1);
      request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
      ASSERT_EQ(ioctl(descriptor_, TUNSETIFF, &request), 0) << tap;
    });
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  ~Guest() { close(descriptor_); }

  void say(const Bytes& frame) const {
    Bytes bytes(kVirtioHeader, 0);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    while (write(descriptor_, bytes.data(), bytes.size()) < 0 && errno == EAGAIN) wait(POLLOUT);
  }

  // The next frame; none if nothing comes for so long.
  [[nodiscard]] Bytes hear() const {
    std::array<std::uint8_t, 4096> buffer{};
    if (!wait(POLLIN)) return {};
    const ssize_t got = read(descriptor_, buffer.data(), buffer.size());
    return got <= static_cast<ssize_t>(kVirtioHeader)
               ? Bytes{}
               : Bytes(buffer.begin() + kVirtioHeader, buffer.begin() + got);
  }

 private:
  static constexpr std::size_t kVirtioHeader = 10;

  bool wait(short what) const {
    pollfd wanted{descriptor_, what, 0};
    return poll(&wanted, 1, kPatienceMs) > 0;
  }

  int descriptor_ = -1;
};

class RuleChurn : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = OvsHost::why_not(); !why.empty()) GTEST_SKIP() << why;
    std::signal(SIGPIPE, SIG_IGN);
    host_ = std::make_unique<OvsHost>(folder_.path() / "host");
    static_cast<void>(host_->run({"ip", "address", "add", "10.98.0.1/24", "dev", "lo"}));
    policy_ = {kZone, Generation{1}, {{NetworkId("web"), 100, {}}}, {port(1), port(2)}};
    policy_.address_sets = {{"clients", {{ip("10.52.1.1"), 32}, {ip("fd52:1::1"), 128}}}, {"others", {}}};
    policy_.guards = {{"server", {service("clients", kOpenService, kOpenService)}}};
    policy_.ports[1].guard = "server";
    restart_agent();
    in_host([&] {
      ASSERT_TRUE(agent_->ensure_bridge({kZone, ip("10.98.0.1"), 4789}));
      for (const PortWiring& wiring : policy_.ports) ASSERT_TRUE(agent_->ensure_port(wiring));
    });
    program();
    client_ = std::make_unique<Guest>(*host_, tap_name(policy_.ports[0].port));
    server_ = std::make_unique<Guest>(*host_, tap_name(policy_.ports[1].port));
    // What a policy opens may open a moment later.
    const Bytes first = encode(to(kOpenService, false, 4000), 0);
    ASSERT_TRUE(wait_until([&] {
      client_->say(first);
      return server_->hear() == first;
    }));
  }

  void TearDown() override { agent_.reset(); }

  void in_host(const std::function<void()>& call) const { host_->inside(call); }
  void restart_agent() {
    in_host([&] {
      agent_.reset();
      agent_ = make_ovs_switch({host_->run_dir(), "netdev"});
    });
  }
  void program() {
    in_host([&] {
      const auto done = agent_->program(policy_);
      ASSERT_TRUE(done) << done.error().what;
    });
  }

  // Other rules and sets than before, none of which lets the client reach the closed service.
  void change_rules() {
    auto& rules = policy_.guards[0].rules;
    rules.resize(1);
    for (std::uint32_t left = below(6); left > 0; --left) {
      const auto first = static_cast<std::uint16_t>(kClosedService + 1 + below(2000));
      rules.push_back(service("clients", first, static_cast<std::uint16_t>(first + below(100))));
    }
    if (below(3) == 0) rules.push_back(service("others", 0, 65535));
    policy_.address_sets[1].members.clear();
    for (std::uint32_t left = below(5); left > 0; --left)
      policy_.address_sets[1].members.push_back({ip("10.53.0." + std::to_string(1 + below(200))), 32});
    ++policy_.generation.value;
  }

  [[nodiscard]] Packet to(std::uint16_t service, bool v6, std::uint16_t from_port) const {
    Packet packet;
    packet.source = policy_.ports[0].mac;
    packet.destination = policy_.ports[1].mac;
    packet.ether_type = v6 ? kEtherIpv6 : kEtherIpv4;
    packet.from = policy_.ports[0].addresses[v6 ? 1 : 0];
    packet.to = policy_.ports[1].addresses[v6 ? 1 : 0];
    packet.from_port = from_port;
    packet.to_port = service;
    return packet;
  }

  // What two guests say until they are done, and what became of it.
  struct Traffic {
    std::atomic<bool> done = false;
    std::atomic<int> step = 0;
    std::uint32_t sent = 0;
    int lost = 0;
    int passed = 0;
    std::string lost_at;
  };

  // Each permitted packet is sent when the one before has arrived, and a denied one goes ahead of it: of open
  // connections and of new ones, of both families.
  void talk(Traffic& traffic) const {
    while (!traffic.done) {
      const std::uint32_t mark = ++traffic.sent;
      const bool v6 = mark % 2 == 0;
      const auto from_port = static_cast<std::uint16_t>(mark % 8 < 4 ? 4000 : 5000 + mark % 50000);
      client_->say(encode(to(kClosedService, v6, from_port), mark));
      const Bytes expected = encode(to(kOpenService, v6, from_port), mark);
      client_->say(expected);
      for (Bytes heard; heard != expected;) {
        heard = server_->hear();
        if (heard.empty()) {
          ++traffic.lost;
          traffic.lost_at += fmt::format(" {} in step {}", mark, traffic.step.load());
          break;
        }
        traffic.passed += dissect(heard).to_port == kClosedService ? 1 : 0;
      }
    }
  }

  void write_as_another_version() const {
    const std::string bridge = fmt::format("unix:{}/{}.mgmt", host_->run_dir(), bridge_name(kZone));
    const std::string file = folder_.path() / "other-version";
    std::istringstream flows(
        host_->run({"ovs-ofctl", "-OOpenFlow15", "--no-stats", "--no-names", "dump-flows", bridge}));
    std::ofstream other(file);
    std::uint64_t written = 0;
    for (std::string line; std::getline(flows, line);) {
      const auto cookie = line.find("cookie=");
      if (cookie == std::string::npos) continue;
      std::string flow = line.substr(line.find(", ", cookie) + 2);
      for (const char* table : {"10", "11", "31", "33", "40", "41"}) {
        const std::string onward = fmt::format("actions=goto_table:{}", table);
        if (flow.ends_with(onward))
          flow.replace(flow.size() - onward.size(), onward.size(),
                       fmt::format("actions=resubmit(,{})", table));
      }
      other << fmt::format("cookie=0xca05{:012x},{}\n", ++written, flow);
    }
    other << "cookie=0xca05000000000001,table=39,priority=1,reg0=99,actions=drop\n";
    other.close();
    static_cast<void>(host_->run({"ovs-ofctl", "-OOpenFlow15", "--bundle", "replace-flows", bridge, file}));
  }

  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  test::TemporaryFolder folder_;
  std::unique_ptr<OvsHost> host_;
  std::unique_ptr<Switch> agent_;
  std::unique_ptr<Guest> client_;
  std::unique_ptr<Guest> server_;
  ZonePolicy policy_;
  std::mt19937 random_{1};
};

TEST_F(RuleChurn, AThousandUpdatesAndSomeAgentsLoseNothingPermittedAndPassNothingDenied) {
  Traffic traffic;
  std::thread talking([&] { talk(traffic); });
  int updates = 0;
  while (updates < kUpdates && !HasFatalFailure()) {
    if (++updates % kRestartEvery == 0) restart_agent();
    traffic.step = updates;
    change_rules();
    program();
  }
  traffic.done = true;
  talking.join();
  EXPECT_EQ(traffic.lost, 0) << "packets" << traffic.lost_at;
  EXPECT_EQ(traffic.passed, 0);
  EXPECT_GT(traffic.sent, 1000u);
  fmt::print("{} updates, {} agents, {} permitted and as many denied packets: {} lost, {} passed\n", kUpdates,
             kUpdates / kRestartEvery, traffic.sent, traffic.lost, traffic.passed);
}

// Another version wrote the same meaning under cookies of its own, partly in other actions, and a flow more.
TEST_F(RuleChurn, AnUpgradeOfTheAgentLosesNothingPermittedAndPassesNothingDenied) {
  Traffic traffic;
  std::thread talking([&] { talk(traffic); });
  for (int upgrade = 1; upgrade <= kUpgrades && !HasFatalFailure(); ++upgrade) {
    traffic.step = upgrade;
    agent_.reset();
    write_as_another_version();
    restart_agent();
    in_host([&] {
      const auto before = agent_->observe();
      ASSERT_TRUE(before) << before.error().what;
      EXPECT_FALSE(before->bridges.at(0).programmed);
    });
    program();
    in_host([&] {
      const auto after = agent_->observe();
      ASSERT_TRUE(after) << after.error().what;
      EXPECT_EQ(after->bridges.at(0).programmed, digest(policy_));
      EXPECT_TRUE(after->foreign.empty());
    });
  }
  traffic.done = true;
  talking.join();
  EXPECT_EQ(traffic.lost, 0) << "packets" << traffic.lost_at;
  EXPECT_EQ(traffic.passed, 0);
  fmt::print("{} upgrades, {} permitted and as many denied packets: {} lost, {} passed\n", kUpgrades,
             traffic.sent, traffic.lost, traffic.passed);
}

// A switch that was started again knows no flow and no connection.
TEST_F(RuleChurn, ARestartOfTheSwitchPassesNothingDeniedAndGoesOnWithWhatIsPermitted) {
  std::uint32_t mark = 1;
  int passed = 0;
  const auto say_denied = [&] {
    for (int i = 0; i < 20; ++i)
      client_->say(encode(to(kClosedService, i % 2 == 0, static_cast<std::uint16_t>(4000 + i)), ++mark));
  };
  for (int restart = 0; restart < 3; ++restart) {
    say_denied();
    host_->stop_switch();
    say_denied();
    host_->start_switch();
    say_denied();
    program();
    EXPECT_TRUE(wait_until([&] {
      say_denied();
      const Bytes expected = encode(to(kOpenService, restart % 2 == 0, 4000), ++mark);
      client_->say(expected);
      for (Bytes heard = server_->hear(); !heard.empty(); heard = server_->hear()) {
        if (heard == expected) return true;
        passed += dissect(heard).to_port == kClosedService ? 1 : 0;
      }
      return false;
    }));
  }
  EXPECT_EQ(passed, 0);
}

// As ovs-ctl starts it, until it says that the flows are there again.
TEST_F(RuleChurn, ASwitchThatWaitsForItsFlowsIsSaidToUntilItDoesNotAndPassesNothingDenied) {
  const auto wait_for_flows = [&](const char* how) {
    host_->vsctl(
        {"--no-wait", "set", "open_vswitch", ".", fmt::format("other_config:flow-restore-wait={}", how)});
  };
  std::uint32_t mark = 0;
  int passed = 0;
  host_->stop_switch();
  wait_for_flows("true");
  host_->start_switch();
  client_->say(encode(to(kClosedService, false, 4000), ++mark));
  in_host([&] {
    const auto told = agent_->program(policy_);
    ASSERT_FALSE(told) << "what it was told closes nothing yet";
    EXPECT_EQ(told.error().code, Errc::unavailable);
    EXPECT_NE(told.error().what.find("flow-restore-wait"), std::string::npos) << told.error().what;
    const auto seen = agent_->observe();
    ASSERT_TRUE(seen) << seen.error().what;
    EXPECT_FALSE(seen->bridges.at(0).programmed);
    EXPECT_TRUE(std::ranges::none_of(seen->ports, &PortState::open));
  });
  client_->say(encode(to(kClosedService, false, 4000), ++mark));
  wait_for_flows("false");
  program();
  const auto goes_on = [&] {
    return wait_until([&] {
      client_->say(encode(to(kClosedService, false, 4000), ++mark));
      const Bytes expected = encode(to(kOpenService, false, 4000), ++mark);
      client_->say(expected);
      for (Bytes heard = server_->hear(); !heard.empty(); heard = server_->hear()) {
        if (heard == expected) return true;
        passed += dissect(heard).to_port == kClosedService ? 1 : 0;
      }
      return false;
    });
  };
  EXPECT_TRUE(goes_on());
  in_host([&] { EXPECT_EQ(agent_->observe()->bridges.at(0).programmed, digest(policy_)); });

  // Whoever said so forgets it.
  host_->stop_switch();
  wait_for_flows("true");
  host_->start_switch();
  in_host([&] { agent_ = make_ovs_switch({host_->run_dir(), "netdev", Duration{0}}); });
  program();
  EXPECT_TRUE(goes_on());
  EXPECT_EQ(host_->vsctl({"--if-exists", "get", "open_vswitch", ".", "other_config:flow-restore-wait"}),
            "\n");
  EXPECT_EQ(passed, 0);
}

}  // namespace
}  // namespace causeway::agent
