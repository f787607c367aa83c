// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <sstream>

#include "scheduler/cli/format.h"
#include "scheduler/cli/manifests.h"
#include "scheduler/cli/printable.h"
#include "scheduler/cli/progress.h"

namespace causeway::cli {
namespace {

using model::List;
using model::Listing;
using model::Object;
using model::Value;

Listing departments() {
  Listing listing{.noun = "departments", .columns = {}, .rows = {}, .revision = 7};
  listing.columns = {{.key = "name", .title = "NAME"},
                     {.key = "title", .title = "TITLE"},
                     {.key = "memory_mib", .title = "MEMORY", .wide = false, .right = true},
                     {.key = "zones", .title = "ZONES", .wide = true},
                     {.key = "retired", .title = ""}};
  listing.rows = {{"civil-affairs", "民政局", Object{{"text", "8GiB"}, {"value", 8192}},
                   List{"extranet", "intranet"}, false},
                  {"tax", "Tax", Object{{"text", "512MiB"}, {"value", 512}}, List{}, true}};
  return listing;
}

std::string printed(const auto& what, Format format) {
  std::ostringstream out;
  print(out, what, format);
  return out.str();
}

TEST(Format, AlignsColumnsByDisplayWidth) {
  EXPECT_EQ(printed(departments(), Format::table),
            "NAME           TITLE   MEMORY\n"
            "civil-affairs  民政局    8GiB\n"
            "tax            Tax     512MiB\n");
}

TEST(Format, ShowsWideColumnsOnlyWhenAsked) {
  EXPECT_EQ(printed(departments(), Format::wide),
            "NAME           TITLE   MEMORY  ZONES\n"
            "civil-affairs  民政局    8GiB  extranet, intranet\n"
            "tax            Tax     512MiB  -\n");
}

TEST(Format, GivesMachinesTheValueAndPeopleTheText) {
  EXPECT_EQ(printed(departments(), Format::json),
            R"({
  "kind": "departments",
  "revision": 7,
  "items": [
    {
      "name": "civil-affairs",
      "title": "民政局",
      "memory_mib": 8192,
      "zones": [
        "extranet",
        "intranet"
      ],
      "retired": false
    },
    {
      "name": "tax",
      "title": "Tax",
      "memory_mib": 512,
      "zones": [],
      "retired": true
    }
  ]
}
)");
}

TEST(Format, PrintsBareNames) { EXPECT_EQ(printed(departments(), Format::name), "civil-affairs\ntax\n"); }

TEST(Format, SaysSoWhenThereIsNothing) {
  Listing listing = departments();
  listing.rows.clear();
  EXPECT_EQ(printed(listing, Format::table), "no departments\n");
}

TEST(Format, ShowsADocumentAsAnOutlineWithTables) {
  const Object document = {
      {"name", "web-1"},
      {"host", "h1"},
      {"reported", Object{{"phase", "running"}, {"percent", 100}}},
      {"hosts", List{Object{{"host", "h1"}, {"free", 4}}, Object{{"host", "h12"}, {"free", 16}}}}};
  EXPECT_EQ(printed(document, Format::table),
            "name:     web-1\n"
            "host:     h1\n"
            "reported:\n"
            "  phase:   running\n"
            "  percent: 100\n"
            "hosts:\n"
            "  HOST  FREE\n"
            "  h1       4\n"
            "  h12     16\n");
}

TEST(Printable, KeepsTheTextOfOthersFromSteeringTheTerminal) {
  EXPECT_EQ(printable("a\033[2Jb\tc\n"), "a?[2Jb?c?");
  EXPECT_EQ(printable("x\xC2\x9By"), "x?y");
  EXPECT_EQ(printable("民政\xC2\xA9"), "民政\xC2\xA9");
  EXPECT_EQ(printable_lines("a\nb\r"), "a\nb?");
}

model::StatusResponse status(int percent, const std::string& waiting) {
  return {.title = "第一批",
          .settled = percent == 100,
          .failed = false,
          .applications = {{.id = ApplicationId("civil-affairs/marriage"),
                            .title = "婚姻登记",
                            .phase = "starting",
                            .percent = percent,
                            .running = 1,
                            .workloads = 2,
                            .waiting = waiting,
                            .since = Instant{}}},
          .summary = {{"running", 1}},
          .revision = 1};
}

TEST(Progress, WritesALineToALogOnlyWhenSomethingChanged) {
  std::ostringstream out;
  Progress progress(out, false);
  progress.show(status(50, ""), Duration{0});
  progress.show(status(50, ""), Duration{300});
  progress.show(status(50, "libvirtd"), Duration{600});
  EXPECT_EQ(
      out.str(),
      "civil-affairs/marriage  starting 50%  1 of 2 running\n"
      "civil-affairs/marriage  starting 50%  1 of 2 running  waits: libvirtd (since 1970-01-01T00:00:00Z)\n");
}

TEST(Progress, RedrawsOneLineOnATerminalWithRateAndTimeLeft) {
  std::ostringstream out;
  Progress progress(out, true);
  progress.show(status(50, ""), Duration{0});
  progress.show(status(75, ""), Duration{5000});
  progress.finish();
  EXPECT_EQ(out.str(),
            "\r\x1b[K第一批: 50%  1 of 2 workloads running"
            "\r\x1b[K第一批: 75%  1 of 2 workloads running  5.0 %/s, about 5s left\n");
}

TEST(SavedPlan, ComesBackAsItWasSaved) {
  std::string pattern = (std::filesystem::temp_directory_path() / "causeway-plan-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const std::string file = folder / "wave-1.plan";
  const model::Manifest wave = model::Wave{.id = WaveId("wave-1"), .title = "第一批", .applications = {}};
  ASSERT_TRUE(save_plan(file, {"token-1", {wave}}));
  const auto plan = load_plan(file);
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_EQ(plan->token, "token-1");
  EXPECT_EQ(plan->manifests, std::vector{wave});
  EXPECT_EQ(load_plan(folder / "absent").error().code, Errc::not_found);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace causeway::cli
