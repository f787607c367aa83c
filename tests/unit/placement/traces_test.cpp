// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/placement/traces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace causeway::bench {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class Traces : public testing::Test {
 protected:
  // The cores of all that visit, of a file that holds these lines.
  std::vector<std::int64_t> cores(const std::string& lines) {
    std::ofstream(folder_.path() / "azure.csv") << "t,batch,cores,mem_mib,dur_bin,censored\n" << lines;
    std::vector<std::int64_t> found;
    for (const auto& trace : azure_2017(folder_.path()))
      for (const auto& visit : trace.visits) found.push_back(visit.cpu);
    return found;
  }

  test::TemporaryFolder folder_;
};

TEST_F(Traces, AreReadLineByLine) {
  EXPECT_EQ(cores("0,1,4,1024,3,0\n300,1,2,2048,,1\n"), (std::vector<std::int64_t>{4, 2}));
  EXPECT_EQ(cores("0,1,4,1024,3,0"), (std::vector<std::int64_t>{4})) << "without a last end of line";
}

TEST_F(Traces, ThatAreWrongAreRefusedWithFileLineAndColumn) {
  const auto refused = [&](const std::string& lines, const std::string& says) {
    EXPECT_THAT([&] { cores(lines); }, ThrowsMessage<BadTrace>(HasSubstr(says))) << lines;
  };
  refused("0,1,4,1024,3,0\n0,1,-4,1024,3,0\n", "azure.csv, line 3, column cores: '-4' is no amount");
  refused("0,1,4,1e300,3,0\n", "azure.csv, line 2, column mem_mib: '1e300' is no amount");
  refused("0,1,four,1024,3,0\n", "column cores: 'four' is no amount");
  refused("0,1,4 ,1024,3,0\n", "column cores: '4 ' is no amount");
  refused("0,1,nan,1024,3,0\n", "column cores: 'nan' is no amount");
  refused("0,1,4\n", "azure.csv, line 2: 3 cells, and the first line names 6");
  refused("\n0,1,4,1024,3,0\n", "azure.csv, line 2: 1 cells");
}

}  // namespace
}  // namespace causeway::bench
