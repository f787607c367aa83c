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
    <cell id='0'><memory unit='KiB'>2097152</memory><pages unit='KiB' size='4'>262144</pages>
      <pages unit='KiB' size='2048'>512</pages><pages unit='KiB' size='1048576'>0</pages>
      <cpus num='2'><cpu id='0'/><cpu id='2'/></cpus></cell>
    <cell id='1'><memory unit='KiB'>4194304</memory><pages unit='KiB' size='2048'>16</pages>
      <cpus num='2'><cpu id='1'/><cpu id='3'/></cpus></cell>
  </cells></topology>
</host><guest><os_type>hvm</os_type></guest></capabilities>)";

TEST(Capabilities, TellNodesProcessorAndFlags) {
  const auto inventory = read_capabilities(kTwoNodes);
  ASSERT_TRUE(inventory);
  EXPECT_EQ(*inventory,
            (Inventory{.vcpus = 4,
                       .memory = 6144_MiB,
                       .numa = {{0, {0, 2}, 2048_MiB, 1024_MiB, {}}, {1, {1, 3}, 4096_MiB, 32_MiB, {}}},
                       .huge_page_kib = 2048,
                       .cpu = "EPYC-Milan",
                       .cpu_flags = {"invtsc", "vaes"}}));
}

TEST(Capabilities, CountHugePagesOfTheSizeThatMostMemoryIsSetAsideIn) {
  const auto inventory = read_capabilities(
      "<capabilities><host><topology><cells><cell id='0'><pages size='4'>900000000</pages>"
      "<pages size='2048'>1</pages><pages size='1048576'>4</pages></cell></cells></topology></host>"
      "</capabilities>");
  ASSERT_TRUE(inventory);
  EXPECT_EQ(inventory->huge_page_kib, 1048576);
  EXPECT_EQ(inventory->numa.front().huge_pages, 4096_MiB);
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
