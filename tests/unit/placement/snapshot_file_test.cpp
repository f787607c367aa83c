// SPDX-License-Identifier: Apache-2.0
#include "scheduler/snapshot/snapshot_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "scheduler/placement/place.h"
#include "tests/unit/placement/random_site.h"

namespace causeway::snapshot {
namespace {

using namespace placement::testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

Findings findings_in(const std::string& text) {
  const auto read_back = read(text);
  return read_back ? Findings{} : read_back.error();
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

RC_GTEST_PROP(SnapshotFile, ReadsBackWhatItWrote, ()) {
  placement::Snapshot site = random_site();
  placement::Batch batch;
  for (int i = drawn(0, 5); i > 0; --i) batch.requests.push_back(random_request(std::to_string(i)));
  if (const auto plan = place_batch(site, batch)) site = applied(site, *plan);
  const auto read_back = read(write(site));
  RC_ASSERT(read_back.has_value());
  RC_ASSERT(write(*read_back) == write(site));
  RC_ASSERT(read_back->hosts.size() == site.hosts.size());
  RC_ASSERT(read_back->workloads.size() == site.workloads.size());
}

TEST(SnapshotFile, SaysWhereSomethingIsWrong) {
  const std::string good = write(site().host(host("a").numa(2)));
  EXPECT_TRUE(findings_in(good).empty());
  EXPECT_THAT(findings_in(replaced(good, "\"cores\"", "\"core\"")),
              Contains(Field(&Finding::next, "write 'cores'")));
  EXPECT_THAT(findings_in(replaced(good, "\"memory_mib\": 262144", "\"memory_mib\": -5")),
              Contains(Field(&Finding::path, "hosts.a.memory")));
  EXPECT_THAT(findings_in(replaced(good, "\"memory_mib\": 262144", "\"memory_mib\": 99999999999999999999")),
              Contains(Field(&Finding::what, HasSubstr("no whole number in range"))));
  EXPECT_THAT(findings_in(replaced(good, "\"version\": 1", "\"version\": 7")),
              Contains(Field(&Finding::what, "version 7 is unknown")));
  EXPECT_THAT(findings_in(replaced(good, "\"hosts\": {", "\"hosts\": {\"a\": {}, ")),
              Contains(Field(&Finding::what, "'a' is there twice in one object")));
  EXPECT_FALSE(findings_in("{").empty());
  EXPECT_FALSE(findings_in("[]").empty());
}

TEST(SnapshotFile, KeepsInWhichZonesAnUplinkIsNeeded) {
  placement::Snapshot made =
      site()
          .exchange("extranet", "intranet")
          .host(host("x").exchange().zones({ZoneId("extranet"), ZoneId("intranet")}).uplink("intranet"))
          .placed(request("gateway").gateway_to("intranet").uplink("intranet"), "x");
  made.on_uplinks = {{NetworkId("office"), ZoneId("intranet")}, {NetworkId("web"), ZoneId("extranet")}};
  const auto text = write(made);
  const auto read_back = read(text);
  ASSERT_TRUE(read_back.has_value());
  EXPECT_EQ(read_back->on_uplinks, made.on_uplinks);
  EXPECT_EQ(read_back->workloads.at(0).request.uplinks, made.workloads.at(0).request.uplinks);
  EXPECT_EQ(read_back->hosts.at(0).uplinks, made.hosts.at(0).uplinks);
  auto wrong = text;
  wrong.replace(wrong.find("intranet", wrong.find("\"office\"")), 8, "intrnet");
  EXPECT_THAT(findings_in(wrong), Contains(AllOf(Field(&Finding::path, "on_uplinks.office"),
                                                 Field(&Finding::what, "no such zone: 'intrnet'"))));
}

// Each of them is refused with its place and its reason, whatever else the file holds.
TEST(SnapshotFile, RefusesWhatNoSiteCanBe) {
  const std::string good = write(site()
                                     .host(host("a").numa(2))
                                     .group("web", {placement::testing::apart(placement::Scope::rack)})
                                     .placed(request("1").group("web"), "a"));
  ASSERT_TRUE(findings_in(good).empty());
  const auto expect_finding = [&](const std::string& what, const std::string& with, const std::string& path,
                                  const std::string& says) {
    EXPECT_THAT(findings_in(replaced(good, what, with)),
                Contains(AllOf(Field(&Finding::path, path), Field(&Finding::what, HasSubstr(says)))))
        << with;
  };
  expect_finding("\"vcpus\": 2", "\"vcpus\": -2", "workloads.civil-affairs/registry/1.vcpus",
                 "-2 is not between 1 and");
  expect_finding("\"cores\": 64", "\"cores\": 9223372036854775807", "hosts.a.cores", "is not between 0 and");
  expect_finding("\"cores\": 64", "\"cores\": 9223372036854775808", "hosts.a.cores",
                 "no whole number in range");
  expect_finding("\"zone\": \"extranet\"", "\"zone\": \"extrnet\"", "workloads.civil-affairs/registry/1.zone",
                 "no such zone: 'extrnet'");
  expect_finding("\"hosts\": {", "\"hosts\": {\"a\": {}, ", "hosts.a", "'a' is there twice");
  expect_finding("\"memory_mib\": 131072", "\"memory_mib\": 0", "hosts.a.numa.0.memory",
                 "a NUMA node without memory");
  expect_finding("\"rules\": [", "\"rules\": [{\"kind\": \"keep-together\", \"scope\": \"host\"}, ",
                 "groups.web", "together in one host and apart by rack");
}

}  // namespace
}  // namespace causeway::snapshot
