// SPDX-License-Identifier: Apache-2.0
// A stock DHCP client on a port of a real switch: busybox's udhcpc on an interface of a machine of its own,
// wired to the port's tap as QEMU would do it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "agent/network/ovs.h"
#include "tests/contract/ovs_host.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait_until.h"

namespace causeway::agent {
namespace {

const ZoneId kZone{"extranet"};

model::IpAddress ip(const std::string& text) { return *model::IpAddress::parse(text); }

// Carries frames between two taps.
class Cable {
 public:
  Cable(int one, int other) : ends_{one, other}, stop_(eventfd(0, EFD_CLOEXEC)), thread_([this] { run(); }) {}
  Cable(const Cable&) = delete;
  Cable& operator=(const Cable&) = delete;
  ~Cable() {
    eventfd_write(stop_, 1);
    thread_.join();
    for (const int end : {ends_[0], ends_[1], stop_}) close(end);
  }

 private:
  void run() {
    for (;;) {
      pollfd ready[] = {{ends_[0], POLLIN, 0}, {ends_[1], POLLIN, 0}, {stop_, POLLIN, 0}};
      poll(ready, 3, -1);
      if (ready[2].revents != 0) return;
      for (std::size_t i = 0; i < 2; ++i) {
        std::array<char, 4096> frame{};
        if ((ready[i].revents & POLLIN) == 0) continue;
        const ssize_t got = read(ends_[i], frame.data(), frame.size());
        if (got > 0 && write(ends_[1 - i], frame.data(), static_cast<std::size_t>(got)) < 0) continue;
      }
    }
  }

  std::array<int, 2> ends_;
  int stop_;
  std::thread thread_;
};

int open_tap(const OvsHost& machine, const std::string& name) {
  int descriptor = -1;
  machine.inside([&] {
    descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    ifreq request{};
    std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
    request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
    EXPECT_EQ(ioctl(descriptor, TUNSETIFF, &request), 0) << name;
  });
  return descriptor;
}

class GuestOfOvs : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = OvsHost::why_not(); !why.empty()) GTEST_SKIP() << why;
    if (!std::filesystem::exists("/bin/busybox")) GTEST_SKIP() << "install busybox-static";
    std::signal(SIGPIPE, SIG_IGN);
    host_ = std::make_unique<OvsHost>(folder_.path() / "host");
    static_cast<void>(host_->run({"ip", "address", "add", "10.98.0.1/24", "dev", "lo"}));
    wiring_.workload = WorkloadId("d/a/w");
    wiring_.port = PortId("d/a/w/eth0");
    wiring_.zone = kZone;
    wiring_.network = NetworkId("web");
    wiring_.mac = *model::Mac::parse("52:54:00:00:01:07");
    wiring_.addresses = {ip("10.52.1.7"), ip("fd52:1::7")};
    wiring_.subnets = {*model::Subnet::parse("10.52.1.0/24"), *model::Subnet::parse("fd52:1::/64")};
    wiring_.mtu = 1400;
    policy_ = {kZone,
               Generation{1},
               {{wiring_.network, 100, {}, {ip("10.52.1.254"), ip("fd52:1::fe")}}},
               {wiring_},
               {},
               {},
               {}};
    host_->inside([&] {
      agent_ = make_ovs_switch({host_->run_dir(), "netdev"});
      ASSERT_TRUE(agent_->ensure_bridge({kZone, ip("10.98.0.1"), 4789}));
      ASSERT_TRUE(agent_->ensure_port(wiring_));
      const auto done = agent_->program(policy_);
      ASSERT_TRUE(done) << done.error().what;
    });
    // Its own network is all that is used of it.
    guest_ = std::make_unique<OvsHost>(folder_.path() / "guest");
    const int eth0 = open_tap(*guest_, "eth0");
    cable_ = std::make_unique<Cable>(open_tap(*host_, tap_name(wiring_.port)), eth0);
    static_cast<void>(guest_->run({"sysctl", "-q", "net.ipv6.conf.eth0.accept_ra=2"}));
    static_cast<void>(guest_->run({"ip", "link", "set", "eth0", "address", wiring_.mac.str(), "up"}));
  }

  void TearDown() override {
    cable_.reset();
    agent_.reset();
  }

  // The client as a guest's first boot runs it, with a script that does what the lease says.
  std::string lease() {
    const std::string script = folder_.path() / "lease";
    std::ofstream(script) << "#!/bin/sh\n"
                             "[ \"$1\" = bound ] || exit 0\n"
                             "ip address add \"$ip/$mask\" dev \"$interface\"\n"
                             "ip link set \"$interface\" mtu \"$mtu\"\n"
                             "ip route add default via \"$router\"\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    return guest_->run({"busybox", "udhcpc", "-i", "eth0", "-f", "-q", "-n", "-t", "10", "-T", "1", "-O",
                        "mtu", "-s", script});
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<OvsHost> host_;
  std::unique_ptr<OvsHost> guest_;
  std::unique_ptr<Switch> agent_;
  std::unique_ptr<Cable> cable_;
  PortWiring wiring_;
  ZonePolicy policy_;
};

TEST_F(GuestOfOvs, GetsItsAddressItsMtuAndItsGatewayByDhcp) {
  const std::string said = lease();
  EXPECT_TRUE(said.contains("10.52.1.7")) << said;
  EXPECT_TRUE(guest_->run({"ip", "-4", "address", "show", "dev", "eth0"}).contains("inet 10.52.1.7/24"));
  EXPECT_TRUE(guest_->run({"ip", "link", "show", "dev", "eth0"}).contains("mtu 1400"));
  EXPECT_TRUE(guest_->run({"ip", "route"}).contains("default via 10.52.1.254 dev eth0"));
  static_cast<void>(guest_->run({"ping", "-c", "1", "-W", "5", "10.52.1.254"}));
}

// The kernel of a guest asks by itself, and believes what it hears.
TEST_F(GuestOfOvs, IsToldItsIpv6GatewayItsSubnetAndItsMtuByItsHost) {
  std::string routes;
  ASSERT_TRUE(wait_until([&] {
    routes = guest_->run({"ip", "-6", "route"});
    return routes.contains("default via fe80::ca:5ff:fe00:1 dev eth0");
  })) << routes;
  EXPECT_TRUE(routes.contains("fd52:1::/64 dev eth0")) << routes;
  EXPECT_TRUE(guest_->run({"sysctl", "net.ipv6.conf.eth0.mtu"}).contains("= 1400"));
  // Its address comes by DHCPv6, of which the kernel knows nothing, and never from the subnet alone.
  EXPECT_FALSE(guest_->run({"ip", "-6", "address", "show", "dev", "eth0"}).contains("fd52:1::"));
  static_cast<void>(guest_->run({"ip", "address", "add", "fd52:1::7/64", "dev", "eth0", "nodad"}));
  static_cast<void>(guest_->run({"ping", "-6", "-c", "1", "-W", "5", "fd52:1::fe"}));
}

TEST_F(GuestOfOvs, GetsItAlsoAfterTheSwitchAndTheAgentWereStartedAnew) {
  host_->stop_switch();
  host_->start_switch();
  host_->inside([&] {
    agent_ = make_ovs_switch({host_->run_dir(), "netdev"});
    const auto done = agent_->program(policy_);
    ASSERT_TRUE(done) << done.error().what;
  });
  EXPECT_TRUE(lease().contains("10.52.1.7"));
}

}  // namespace
}  // namespace causeway::agent
