// SPDX-License-Identifier: Apache-2.0
// Two hosts with real switches. Guests are played by the test: it opens their taps, writes frames and reads
// what comes.
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
#include <csignal>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "agent/network/ovs.h"
#include "tests/contract/network_bench.h"
#include "tests/contract/ovs_host.h"
#include "tests/support/frame.h"
#include "tests/support/temporary_folder.h"

namespace causeway::agent {
namespace {

using std::chrono::steady_clock;

// What comes, comes within a few milliseconds; the first packet to another host waits for ARP on the underlay
// and is lost, so that what shall arrive is sent until it does.
constexpr std::chrono::milliseconds kPatience{150};
constexpr int kTries = 20;
constexpr std::size_t kVirtioHeader = 10;

// A switch whose every call is made inside its host.
class InsideHost final : public Switch {
 public:
  InsideHost(const OvsHost& host, std::unique_ptr<Switch> inner) : host_(host), inner_(std::move(inner)) {}

  Result<SwitchState> observe() override {
    return call<SwitchState>([&] { return inner_->observe(); });
  }
  Result<> ensure_bridge(const ZoneBridge& bridge) override {
    return call<void>([&] { return inner_->ensure_bridge(bridge); });
  }
  Result<> ensure_port(const PortWiring& wiring) override {
    return call<void>([&] { return inner_->ensure_port(wiring); });
  }
  Result<> program(const ZonePolicy& policy) override {
    return call<void>([&] { return inner_->program(policy); });
  }
  Result<> remove_port(const PortId& port) override {
    return call<void>([&] { return inner_->remove_port(port); });
  }
  Result<> remove_bridge(const ZoneId& zone) override {
    return call<void>([&] { return inner_->remove_bridge(zone); });
  }
  Result<Passage> probe(const model::ProbeRequest& question) override {
    return call<Passage>([&] { return inner_->probe(question); });
  }
  void set_wakeup(std::function<void()> wakeup) override {
    host_.inside([&] { inner_->set_wakeup(std::move(wakeup)); });
  }

 private:
  template <class T>
  Result<T> call(const std::function<Result<T>()>& work) {
    Result<T> answer = fail(Errc::unavailable, "not asked");
    host_.inside([&] { answer = work(); });
    return answer;
  }

  const OvsHost& host_;
  std::unique_ptr<Switch> inner_;
};

class OvsBench final : public NetworkBench {
 public:
  std::string why_not() override {
    if (const std::string why = OvsHost::why_not(); !why.empty()) return why;
    // As a daemon does: the library of Open vSwitch writes to sockets whose other end may be gone.
    std::signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 2; ++i)
      hosts_[i] = std::make_unique<OvsHost>(folder_.path() / fmt::format("h{}", i + 1));
    OvsHost::connect(*hosts_[0], {"10.98.0.1/24", "10.98.1.1/24"}, *hosts_[1],
                     {"10.98.0.2/24", "10.98.1.2/24"});
    OvsHost::wire(*hosts_[0], *hosts_[1], "up0");
    return "";
  }

  ~OvsBench() override {
    for (const auto& [place, guest] : guests_) close(guest);
    for (auto& host : hosts_) host.reset();
  }

  std::unique_ptr<Switch> agent(int host) override {
    return std::make_unique<InsideHost>(at(host), make_ovs_switch({at(host).run_dir(), "netdev"}));
  }

  ZoneBridge zone_bridge(int host, const ZoneId& zone) override {
    const int network = zone == ZoneId("extranet") ? 0 : 1;
    return {zone, *model::IpAddress::parse(fmt::format("10.98.{}.{}", network, host + 1)),
            static_cast<std::uint16_t>(4789 + network)};
  }

  bool arrives(int from_host, const PortId& from, const Packet& packet, int to_host,
               const PortId& to) override {
    const bool fresh = !sent_.contains({from, to});
    const int sender = guest(from_host, from);
    const int receiver = guest(to_host, to);
    // Who has spoken with whom needs no second chance; who hasn't may wait for the underlay's ARP.
    const int tries = fresh && from_host != to_host ? kTries : 3;
    for (int i = 0; i < tries; ++i) {
      const auto frame = encode(packet, ++mark_);
      send(sender, frame);
      const auto same = [&](const Bytes& arrived) { return arrived == frame; };
      if (receive(receiver, same)) {
        sent_.insert({from, to});
        return true;
      }
    }
    return false;
  }

  std::optional<Packet> answer(int host, const PortId& from, const Packet& question) override {
    const int asker = guest(host, from);
    std::optional<Packet> said;
    for (int i = 0; i < 3 && !said; ++i) {
      send(asker, encode(question, ++mark_));
      receive(asker, [&](const Bytes& arrived) {
        said = decode_neighbour(arrived);
        return said.has_value();
      });
    }
    return said;
  }

  void say(int host, const PortId& from, const Bytes& frame) override { send(guest(host, from), frame); }

  std::vector<Bytes> heard(int host, const PortId& by) override {
    std::vector<Bytes> frames;
    // Until none has come for a while.
    while (receive(guest(host, by), [&](const Bytes& frame) {
      frames.push_back(frame);
      return true;
    }))
      continue;
    return frames;
  }

  void stop_guest(const PortId& port) override {
    std::erase_if(guests_, [&](const auto& guest) {
      if (guest.first != port) return false;
      close(guest.second);
      return true;
    });
  }

  void stop_switch(int host) override { at(host).stop_switch(); }
  void start_switch(int host) override { at(host).start_switch(); }
  void stop_control(int host) override { at(host).stop_database(); }
  void start_control(int host) override { at(host).start_database(); }
  void add_foreign_flow(int host, const ZoneId& zone) override {
    static_cast<void>(at(host).run({"ovs-ofctl", "-OOpenFlow15", "add-flow",
                                    fmt::format("unix:{}/{}.mgmt", at(host).run_dir(), bridge_name(zone)),
                                    "priority=9,tcp,actions=drop"}));
  }
  void add_foreign_port(int host, const ZoneId& zone, const std::string& name) override {
    at(host).vsctl({"add-port", bridge_name(zone), name, "--", "set", "interface", name, "type=internal"});
  }
  void add_foreign_bridge(int host, const std::string& name) override {
    at(host).vsctl({"add-br", name, "--", "set", "bridge", name, "datapath_type=netdev"});
  }

  void loosen_meters(int host, const ZoneId& zone) override {
    const std::string bridge = fmt::format("unix:{}/{}.mgmt", at(host).run_dir(), bridge_name(zone));
    std::istringstream meters(at(host).run({"ovs-ofctl", "-OOpenFlow15", "dump-meters", bridge}));
    for (std::string line; std::getline(meters, line);)
      if (const auto at_id = line.find("meter="); at_id != std::string::npos)
        static_cast<void>(at(host).run({"ovs-ofctl", "-OOpenFlow15", "mod-meter", bridge,
                                        line.substr(at_id, line.find(' ', at_id) - at_id) +
                                            ",pktps,burst,band=type=drop,rate=1000000,burst_size=9"}));
  }

  std::string written(int host) override {
    std::string all = at(host).vsctl({"get", "open_vswitch", ".", "next_cfg"});
    for (const char* zone : {"extranet", "intranet"}) {
      const std::string bridge = bridge_name(ZoneId(zone));
      if (!std::filesystem::exists(fmt::format("{}/{}.mgmt", at(host).run_dir(), bridge))) continue;
      // With cookies, so that a flow written anew shows.
      all += at(host).run({"ovs-ofctl", "-OOpenFlow15", "--no-stats", "--sort", "dump-flows",
                           fmt::format("unix:{}/{}.mgmt", at(host).run_dir(), bridge)});
      all += at(host).run({"ovs-ofctl", "-OOpenFlow15", "dump-meters",
                           fmt::format("unix:{}/{}.mgmt", at(host).run_dir(), bridge)});
    }
    return all;
  }

 private:
  OvsHost& at(int host) { return *hosts_.at(static_cast<std::size_t>(host)); }

  // The tap as its guest has it open.
  int guest(int host, const PortId& port) {
    if (const auto known = guests_.find(port); known != guests_.end()) return known->second;
    int descriptor = -1;
    at(host).inside([&] {
      descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
      ifreq request{};
      std::strncpy(request.ifr_name, tap_name(port).c_str(), IFNAMSIZ - 1);
      request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
      EXPECT_EQ(ioctl(descriptor, TUNSETIFF, &request), 0) << port.str();
    });
    guests_[port] = descriptor;
    return descriptor;
  }

  static void send(int guest, const Bytes& frame) {
    Bytes bytes(kVirtioHeader, 0);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    EXPECT_EQ(write(guest, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  // Reads frames until one is wanted, or none has come for a while.
  static bool receive(int guest, const std::function<bool(const Bytes&)>& wanted) {
    const auto deadline = steady_clock::now() + kPatience;
    for (;;) {
      std::array<std::uint8_t, 2048> buffer{};
      const ssize_t got = read(guest, buffer.data(), buffer.size());
      if (got > 0) {
        if (wanted(Bytes(buffer.begin() + kVirtioHeader, buffer.begin() + got))) return true;
        continue;
      }
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
      if (left <= 0) return false;
      pollfd readable{guest, POLLIN, 0};
      poll(&readable, 1, static_cast<int>(left));
    }
  }

  test::TemporaryFolder folder_;
  std::array<std::unique_ptr<OvsHost>, 2> hosts_;
  std::map<PortId, int> guests_;
  std::set<std::pair<PortId, PortId>> sent_;
  std::uint32_t mark_ = 0;
};

}  // namespace

std::unique_ptr<NetworkBench> ovs_network_bench() { return std::make_unique<OvsBench>(); }

}  // namespace causeway::agent
