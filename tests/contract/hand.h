// SPDX-License-Identifier: Apache-2.0
// A hand on a wire: a device of a host that is played by the test, as the guest behind it or as whatever its
// wire leads to. Frames are bytes, with their tags.
#pragma once

#include <fcntl.h>
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
#include <optional>
#include <string>
#include <vector>

#include "tests/contract/ovs_host.h"
#include "tests/support/frame.h"

namespace causeway::agent {

inline constexpr std::chrono::milliseconds kPatience{500};  // for what comes
inline constexpr std::chrono::milliseconds kSilence{60};    // after which nothing comes any more
inline Bytes tagged(int vlan, const Bytes& frame, std::uint8_t type = 0x81) {
  Bytes bytes = frame;
  const std::array<std::uint8_t, 4> tag{type, static_cast<std::uint8_t>(type == 0x81 ? 0x00 : 0xa8),
                                        static_cast<std::uint8_t>(vlan >> 8),
                                        static_cast<std::uint8_t>(vlan)};
  bytes.insert(bytes.begin() + 12, tag.begin(), tag.end());
  return bytes;
}

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
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (const auto frame = next(deadline))
      if (*frame == wanted) return true;
    return false;
  }

  // All that comes, until it is silent.
  [[nodiscard]] std::vector<Bytes> all() const {
    std::vector<Bytes> frames;
    while (auto frame = next(std::chrono::steady_clock::now() + kSilence))
      frames.push_back(std::move(*frame));
    return frames;
  }

 private:
  [[nodiscard]] std::optional<Bytes> next(std::chrono::steady_clock::time_point deadline) const {
    for (;;) {
      std::array<std::uint8_t, 2048> buffer{};
      const ssize_t got = read(descriptor_, buffer.data(), buffer.size());
      if (got > 0) return Bytes(buffer.begin() + static_cast<ssize_t>(header_), buffer.begin() + got);
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
      if (left <= 0) return std::nullopt;
      pollfd readable{descriptor_, POLLIN, 0};
      poll(&readable, 1, static_cast<int>(left));
    }
  }

  std::size_t header_;
  int descriptor_ = -1;
};

}  // namespace causeway::agent
