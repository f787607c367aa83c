// SPDX-License-Identifier: Apache-2.0
#include "common/model/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>

namespace causeway::model {
namespace {

TEST(Address, IsWrittenAsTheSystemWritesIt) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    IpAddress address{i % 2 == 1, {}};
    for (auto& byte : address.bytes) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? 0 : random());
    char text[INET6_ADDRSTRLEN] = {};
    ASSERT_NE(inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text), nullptr);
    EXPECT_EQ(address.str(), text);
  }
}

TEST(Address, OfAPortIsReadBackAsItWasWritten) {
  const Mac mac{{0x52, 0x54, 0x00, 0x0f, 0xf0, 0xab}};
  EXPECT_EQ(mac.str(), "52:54:00:0f:f0:ab");
  EXPECT_EQ(Mac::parse(mac.str()).value(), mac);
}

}  // namespace
}  // namespace causeway::model
