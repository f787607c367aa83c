// SPDX-License-Identifier: Apache-2.0
#include "common/model/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace causeway::model {
namespace {

using testing::HasSubstr;

std::string problem(std::string_view text) {
  const auto service = Service::parse(text);
  return service ? "" : service.error().what;
}

TEST(Service, IsReadAsItIsWritten) {
  EXPECT_EQ(Service::parse("tcp/443").value(), (Service{Protocol::tcp, 443}));
  EXPECT_EQ(Service::parse("udp/10000-10100").value(), (Service{Protocol::udp, 10000, 10100}));
  EXPECT_EQ(Service::parse("icmp/13").value(), (Service{Protocol::icmp, kTimestampType}));
  for (const char* text : {"tcp/443", "udp/10000-10100", "tcp/1-65535", "icmp/8", "icmp/13", "icmp6/128"})
    EXPECT_EQ(Service::parse(text).value().str(), text);
  EXPECT_EQ(Service::parse("tcp/443-443").value().str(), "tcp/443");
}

TEST(Service, OfNoKnownFormIsRefused) {
  for (const char* text :
       {"", "/", "443", "tcp", "tcp/", "tcp/x", "tcp/80-", "tcp/-80", "tcp/1-2-3", "tcp/65536", "tcp/ 80",
        "sctp/1", "TCP/80", "icmp", "icmp/echo", "icmp/8/0", "tcp/+80"})
    EXPECT_THAT(problem(text), HasSubstr("is no protocol with a port or an ICMP type")) << text;
}

TEST(Service, ThatCannotBeOfferedSaysWhy) {
  EXPECT_EQ(problem("tcp/0"), "'tcp/0': port 0 is no port");
  EXPECT_EQ(problem("udp/0-80"), "'udp/0-80': port 0 is no port");
  EXPECT_EQ(problem("tcp/90-80"), "'tcp/90-80': the range ends at 80, before it begins");
  EXPECT_EQ(problem("icmp/8-13"), "'icmp/8-13': a range of ICMP types");
  EXPECT_EQ(problem("icmp/5"), "'icmp/5': ICMP type 5 asks nothing that a switch knows the answer of");
  EXPECT_EQ(problem("icmp/128"), "'icmp/128': ICMP type 128 asks nothing that a switch knows the answer of");
  EXPECT_EQ(problem("icmp6/8"), "'icmp6/8': ICMP type 8 asks nothing that a switch knows the answer of");
  EXPECT_EQ(service_problem(Service{Protocol::icmp6, 300}),
            "ICMP type 300 asks nothing that a switch knows the answer of");
}

TEST(Service, CoversWhatLiesWithinIt) {
  const Service range{Protocol::udp, 100, 200};
  EXPECT_TRUE(covers(range, {Protocol::udp, 100}));
  EXPECT_TRUE(covers(range, {Protocol::udp, 200}));
  EXPECT_TRUE(covers(range, range));
  EXPECT_FALSE(covers(range, {Protocol::udp, 99}));
  EXPECT_FALSE(covers(range, {Protocol::udp, 200, 201}));
  EXPECT_FALSE(covers(range, {Protocol::tcp, 150}));
  EXPECT_TRUE(covers({Protocol::icmp, kEchoType}, echo(false)));
  EXPECT_FALSE(covers({Protocol::icmp, kEchoType}, echo(true)));
}

}  // namespace
}  // namespace causeway::model
