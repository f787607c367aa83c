// SPDX-License-Identifier: Apache-2.0
#include "agent/network/tap.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace causeway::agent {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

std::unexpected<Error> failed(const std::string& name, std::string_view what, int error) {
  const Errc code = error == EPERM || error == EACCES ? Errc::denied : Errc::unavailable;
  return fail(code, fmt::format("tap '{}': {}: {}", name, what, std::generic_category().message(error)));
}

ifreq request_for(const std::string& name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  return request;
}

enum class Found { nothing, tap, other };

Found look_up(int socket, const std::string& name) {
  ifreq request = request_for(name);
  if (ioctl(socket, SIOCGIFINDEX, &request) != 0) return Found::nothing;
  // The driver says it; /sys may show another network namespace.
  ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  request.ifr_data = reinterpret_cast<char*>(&driver);
  const bool told = ioctl(socket, SIOCETHTOOL, &request) == 0;
  return told && std::string_view(driver.driver) == "tun" && std::string_view(driver.bus_info) == "tap"
             ? Found::tap
             : Found::other;
}

// Opens the tap, making it if it is not there.
Result<> attach(int tun, const std::string& name) {
  ifreq request = request_for(name);
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
  if (ioctl(tun, TUNSETIFF, &request) == 0) return {};
  if (errno == EBUSY) return fail(Errc::busy, fmt::format("tap '{}': a guest has it open", name));
  return failed(name, "making the device", errno);
}

// The switch reads the device through a packet socket, and the host's own stack would see the same frames. It
// gets no IPv6 there, answers no ARP, and takes no packet whose sender it wouldn't reach by this device: that
// is none.
Result<> isolate(const std::string& name) {
  for (const auto& [setting, value] :
       {std::pair{"ipv6/conf/{}/disable_ipv6", "1"}, std::pair{"ipv4/conf/{}/arp_ignore", "8"},
        std::pair{"ipv4/conf/{}/rp_filter", "1"}, std::pair{"ipv4/conf/{}/forwarding", "0"}}) {
    const std::string path = "/proc/sys/net/" + fmt::format(fmt::runtime(setting), name);
    // A kernel without IPv6 has no such file, and nothing to switch off.
    if (access(path.c_str(), F_OK) != 0) continue;
    std::ofstream file(path);
    if (!(file << value << std::flush)) return failed(name, "writing " + path, errno);
  }
  return {};
}

Result<> set_mtu(int socket, const std::string& name, std::uint16_t mtu) {
  ifreq request = request_for(name);
  if (ioctl(socket, SIOCGIFMTU, &request) == 0 && request.ifr_mtu == mtu) return {};
  request.ifr_mtu = mtu;
  if (ioctl(socket, SIOCSIFMTU, &request) != 0)
    return failed(name, fmt::format("setting MTU {}", mtu), errno);
  return {};
}

Result<> bring_up(int socket, const std::string& name) {
  ifreq request = request_for(name);
  if (ioctl(socket, SIOCGIFFLAGS, &request) != 0) return failed(name, "reading its state", errno);
  if ((request.ifr_flags & IFF_UP) != 0) return {};
  CAUSEWAY_TRY(isolate(name));
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (ioctl(socket, SIOCSIFFLAGS, &request) != 0) return failed(name, "bringing it up", errno);
  return {};
}

}  // namespace

Result<> ensure_tap(const std::string& name, std::uint16_t mtu) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failed(name, "opening a socket", errno);
  const Found found = look_up(socket.get(), name);
  if (found == Found::other)
    return fail(Errc::conflict, fmt::format("device '{}' is there and is no tap; rename or remove it", name));
  if (found == Found::nothing) {
    const Descriptor tun(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    if (tun.get() < 0) return failed(name, "opening /dev/net/tun", errno);
    CAUSEWAY_TRY(attach(tun.get(), name));
    if (ioctl(tun.get(), TUNSETPERSIST, 1) != 0) return failed(name, "keeping the device", errno);
  }
  CAUSEWAY_TRY(set_mtu(socket.get(), name, mtu));
  return bring_up(socket.get(), name);
}

Result<> remove_tap(const std::string& name) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failed(name, "opening a socket", errno);
  const Found found = look_up(socket.get(), name);
  if (found == Found::nothing) return {};
  if (found == Found::other)
    return fail(Errc::conflict, fmt::format("device '{}' is no tap; left alone", name));
  const Descriptor tun(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (tun.get() < 0) return failed(name, "opening /dev/net/tun", errno);
  CAUSEWAY_TRY(attach(tun.get(), name));
  if (ioctl(tun.get(), TUNSETPERSIST, 0) != 0) return failed(name, "letting the device go", errno);
  return {};
}

}  // namespace causeway::agent
