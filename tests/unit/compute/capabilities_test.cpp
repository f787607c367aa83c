// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/capabilities.h"

#include <gtest/gtest.h>

namespace causeway::agent {
namespace {

constexpr const char* kTwoNodes = R"(<capabilities><host>
  <cpu><arch>x86_64</arch><model>EPYC-Milan</model>
    <topology sockets='2' dies='1' cores='4' threads='1'/>
    <feature name='vaes'/><feature name='invtsc'/></cpu>
  <topology><cells num='2'>
    <cell id='0'><memory unit='KiB'>2097152</memory><cpus num='4'><cpu id='0'/></cpus></cell>
    <cell id='1'><memory unit='KiB'>4194304</memory><cpus num='4'><cpu id='4'/></cpus></cell>
  </cells></topology>
</host><guest><os_type>hvm</os_type></guest></capabilities>)";

TEST(Capabilities, TellNodesProcessorAndFlags) {
  const auto inventory = read_capabilities(kTwoNodes);
  ASSERT_TRUE(inventory);
  EXPECT_EQ(*inventory,
            (Inventory{.vcpus = 8,
                       .memory = 6144_MiB,
                       .numa = {{.vcpus = 4, .memory = 2048_MiB}, {.vcpus = 4, .memory = 4096_MiB}},
                       .cpu = "EPYC-Milan",
                       .cpu_flags = {"invtsc", "vaes"}}));
}

TEST(Capabilities, LeaveUnknownWhatTheyDoNotSay) {
  const auto inventory = read_capabilities("<capabilities><host><cpu/></host></capabilities>");
  ASSERT_TRUE(inventory);
  EXPECT_EQ(*inventory, Inventory{});
}

TEST(Capabilities, AreRefusedWhenTheyDescribeNoHost) {
  EXPECT_EQ(read_capabilities("<domain/>").error().code, Errc::corrupt);
  EXPECT_EQ(read_capabilities("no xml").error().code, Errc::corrupt);
}

}  // namespace
}  // namespace causeway::agent
