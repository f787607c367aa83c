// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/folders.h"
#include "tests/unit/cli/fake_world.h"

namespace causeway::cli::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kWave1 = CAUSEWAY_SOURCE_DIR "/packaging/examples/quickstart/wave-1.yaml";

model::PlanResponse plan(std::vector<model::PlanLine> lines = {
                             {'+', "workload a/b/web-1", "on h3, 4 vCPU"}}) {
  model::PlanResponse response;
  response.lines = std::move(lines);
  response.unchanged = 5;
  response.token = "17-abc";
  return response;
}

model::PlanResponse applied() {
  auto response = plan();
  response.applied = true;
  return response;
}

model::StatusResponse status(const std::string& phase, int percent, bool settled) {
  model::StatusResponse response;
  response.title = "wave-1 第一批";
  response.settled = settled;
  model::ApplicationProgress one;
  one.id = ApplicationId("civil-affairs/portal");
  one.title = "门户";
  one.phase = phase;
  one.percent = percent;
  one.running = settled ? 2 : 1;
  one.workloads = 2;
  response.applications = {one};
  return response;
}

class Command : public ::testing::Test {
 protected:
  Command()
      : folder_(std::filesystem::temp_directory_path() / ("causeway-cli-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Command() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }

  FakeWorld world_;

 private:
  std::filesystem::path folder_;
};

TEST_F(Command, WithoutAVerbSaysHowToGoOn) {
  EXPECT_EQ(world_.run({}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("see `causeway --help`"));
}

TEST_F(Command, NamesTheVerbThatWasMeant) {
  EXPECT_EQ(world_.run({"aply", "-f", "x"}), 1);
  EXPECT_EQ(world_.err(), "error: there is no verb 'aply'; did you mean 'apply'?\n");
}

TEST_F(Command, SaysWhatIsMissingAndShowsAnExample) {
  EXPECT_EQ(world_.run({"get"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("error: `causeway get` needs NOUN: One of: hosts, departments"));
  EXPECT_THAT(world_.err(), HasSubstr("\nexample: causeway get workloads"));
  FakeWorld group;
  EXPECT_EQ(group.run({"host"}), 1);
  EXPECT_THAT(group.err(), HasSubstr("`causeway host` needs one of add, cordon, uncordon, drain; see"));
  FakeWorld option;
  EXPECT_EQ(option.run({"plan"}), 1);
  EXPECT_THAT(option.err(), HasSubstr("`causeway plan` needs -f,--file: Manifests"));
}

TEST_F(Command, SaysWhatToDoWithAWordThatIsTooMuch) {
  const auto complaint = [](const std::vector<std::string>& arguments) {
    FakeWorld world;
    EXPECT_EQ(world.run(arguments), 1);
    return world.err();
  };
  EXPECT_EQ(
      complaint({"apply", "wave-1.yaml"}),
      "error: `causeway apply` takes files with -f: write `-f wave-1.yaml`; see `causeway apply --help`\n");
  EXPECT_THAT(complaint({"plan", "wave-1.yaml"}), HasSubstr("write `-f wave-1.yaml`"));
  EXPECT_EQ(complaint({"get", "hosts", "--zon", "x"}),
            "error: `causeway get` has no option --zon; did you mean --zone?\n");
  EXPECT_EQ(
      complaint({"host", "drain", "h1", "h2"}),
      "error: `causeway host drain` does not know what to do with 'h2'; see `causeway host drain --help`\n");
}

TEST_F(Command, ADurationHasANumberAndAUnit) {
  for (const auto* written : {"3", "s", "3 s", "-3s", "1.5h", "3sec", "99999999999999999999d", "100001d"}) {
    FakeWorld world;
    EXPECT_EQ(world.run({"get", "hosts", "--timeout", written}), 1);
    EXPECT_THAT(world.err(), HasSubstr("is no duration; write a whole number and its unit: 90s")) << written;
  }
  for (const auto* written : {"500ms", "3s", "2m", "1h", "1d"})
    EXPECT_EQ(FakeWorld().answers(model::Listing{}).run({"get", "hosts", "--timeout", written}), 0)
        << written;
}

TEST_F(Command, HelpsEveryVerbWithAnExample) {
  for (const auto* verb : {"plan", "apply", "status", "get", "describe", "explain", "start", "stop",
                           "restart", "delete", "host", "key", "console"}) {
    FakeWorld world;
    EXPECT_EQ(world.run({verb, "--help"}), 0) << verb;
    EXPECT_THAT(world.out(), HasSubstr("Example")) << verb;
  }
}

TEST_F(Command, PlanShowsLinesAndCounts) {
  world_.answers(plan({{'+', "workload a/b/web-1", "on h3"},
                       {'~', "workload a/b/db", "memory 4GiB → 8GiB"},
                       {' ', "host h9", "not in the file"}}));
  EXPECT_EQ(world_.run({"plan", "-f", kWave1}), 0);
  EXPECT_EQ(world_.out(),
            "+ workload a/b/web-1  on h3\n"
            "~ workload a/b/db  memory 4GiB → 8GiB\n"
            "  host h9  not in the file\n"
            "plan: 1 to add, 1 to change, 0 to remove, 5 unchanged\n");
}

TEST_F(Command, PlanThatCanNotBePlacedEndsWith2AndTheReasons) {
  auto response = plan({});
  response.unplaced = {
      {WorkloadId("a/b/web-1"), {"3 hosts of 3: not enough memory (8GiB wanted, 4GiB free at most)"}}};
  world_.answers(response);
  EXPECT_EQ(world_.run({"plan", "-f", kWave1, "--save", file("p")}), 2);
  EXPECT_THAT(world_.out(),
              HasSubstr("! workload a/b/web-1 can't be placed:\n    3 hosts of 3: not enough memory"));
  EXPECT_FALSE(std::filesystem::exists(file("p")));
}

TEST_F(Command, PlanEndsWith2WhereNoChangesWereWanted) {
  EXPECT_EQ(world_.answers(plan()).run({"plan", "-f", kWave1, "--no-changes"}), 2);
  FakeWorld quiet;
  EXPECT_EQ(quiet.answers(plan({})).run({"plan", "-f", kWave1, "--no-changes"}), 0);
  EXPECT_EQ(quiet.out(), "plan: 0 to add, 0 to change, 0 to remove, 5 unchanged\n");
}

TEST_F(Command, PlanReadsAllFilesBeforeItAsks) {
  std::ofstream(file("broken.yaml")) << "api: causeway/v1\nkind: Wave\nnam: x\n";
  EXPECT_EQ(world_.run({"plan", "-f", file("broken.yaml"), "-f", file("absent.yaml")}), 1);
  EXPECT_THAT(world_.err(),
              HasSubstr("broken.yaml:3:1: unknown key 'nam' at the top of the file; did you mean 'name'?"));
  EXPECT_THAT(world_.err(), HasSubstr("absent.yaml:1:1: no such file"));
  EXPECT_THAT(world_.asked(), IsEmpty());
}

TEST_F(Command, ShowsTheSchedulersFindingsAtTheirPlaces) {
  world_.answers(model::ErrorResponse{
      {Errc::invalid, "1 thing is wrong; nothing was changed"},
      {{0, {"applications.budget.mlps", "MLPS level 3 is above level 2 of zone intranet", "write 2"}}}});
  EXPECT_EQ(world_.run({"plan", "-f", kWave1}), 1);
  EXPECT_THAT(world_.err(),
              ::testing::ContainsRegex(
                  "wave-1.yaml:[0-9]+:[0-9]+: MLPS level 3 is above level 2 of zone intranet; write 2\n"
                  "error: 1 thing is wrong; nothing was changed\n"));
}

TEST_F(Command, ApplyNeedsAReason) {
  EXPECT_EQ(world_.run({"apply", "-f", kWave1}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("add --reason \"why\""));
  EXPECT_THAT(world_.asked(), IsEmpty());
}

TEST_F(Command, ApplyCarriesTheReason) {
  EXPECT_EQ(world_.answers(applied()).run({"apply", "-f", kWave1, "--reason", "first wave"}), 0);
  EXPECT_EQ(world_.asked().at(0).reason, "first wave");
  EXPECT_THAT(world_.out(), EndsWith("applied: 1 to add, 0 to change, 0 to remove, 5 unchanged\n"));
}

TEST_F(Command, ApplyOfADryRunNeedsNoReason) {
  EXPECT_EQ(world_.answers(plan()).run({"apply", "-f", kWave1, "--dry-run"}), 0);
  EXPECT_TRUE(world_.asked_first<model::ApplyRequest>().dry_run);
}

TEST_F(Command, ApplyOfASavedPlanSendsItsToken) {
  EXPECT_EQ(world_.answers(plan()).run({"plan", "-f", kWave1, "--save", file("p")}), 0);
  FakeWorld later;
  EXPECT_EQ(later.answers(applied()).run({"apply", "--plan", file("p"), "--reason", "r"}), 0);
  EXPECT_EQ(later.asked_first<model::ApplyRequest>().plan, "17-abc");
  EXPECT_EQ(later.asked_first<model::ApplyRequest>().manifests.size(), 1u);
}

TEST_F(Command, ApplyEndsWith4WhenTheStateMoved) {
  world_.answers(model::ErrorResponse{{Errc::conflict, "the state moved since the plan was made"}, {}});
  EXPECT_EQ(world_.run({"apply", "-f", kWave1, "--reason", "r"}), 4);
}

TEST_F(Command, ApplyTakesEitherFilesOrAPlan) {
  EXPECT_EQ(world_.run({"apply", "--reason", "r"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("-f FILE, or --plan FILE"));
}

TEST_F(Command, WaitingEndsWithTheTableWhenEverythingIsAsItShallBe) {
  world_.answers(applied()).answers(status("preparing", 10, false)).answers(status("running", 100, true));
  EXPECT_EQ(world_.run({"apply", "-f", kWave1, "--wait", "--reason", "r"}), 0);
  EXPECT_THAT(world_.out(),
              HasSubstr("civil-affairs/portal  preparing 10%  1 of 2 running\n"
                        "civil-affairs/portal  running 100%  2 of 2 running\n"
                        "APPLICATION           TITLE  PHASE      %  RUNNING  WAITS FOR  SINCE\n"));
}

TEST_F(Command, WaitingEndsWith5WhenTimeIsOver) {
  world_.answers(applied()).answers(status("preparing", 10, false));
  EXPECT_EQ(world_.run({"apply", "-f", kWave1, "--wait", "--wait-timeout", "60s", "--reason", "r"}), 5);
  EXPECT_THAT(world_.err(),
              HasSubstr("is not settled after 60s; it goes on: look again with `causeway status wave-1`"));
}

TEST_F(Command, WaitingEndsWhenAPersonIsNeeded) {
  auto stuck = status("failed", 50, false);
  stuck.failed = true;
  stuck.applications[0].waiting = "image debian-12: the checksum is another";
  EXPECT_EQ(world_.answers(applied()).answers(stuck).run({"apply", "-f", kWave1, "--wait", "--reason", "r"}),
            1);
  EXPECT_THAT(world_.out(), HasSubstr("waits: image debian-12: the checksum is another"));
  EXPECT_THAT(world_.err(), HasSubstr("can't go on without a person; see why with `causeway explain NAME`"));
}

TEST_F(Command, StatusAsJsonSaysWhetherItIsSettled) {
  EXPECT_EQ(world_.answers(status("running", 100, true)).run({"status", "wave-1", "-o", "json"}), 0);
  EXPECT_THAT(world_.out(), HasSubstr("\"settled\": true"));
}

TEST_F(Command, GetAsksForTheNounInItsPluralWithFilters) {
  model::Listing listing;
  listing.noun = "workloads";
  listing.columns = {{"name", "NAME"}};
  listing.rows = {{"a/b/web-1"}, {"a/b/web-2"}};
  EXPECT_EQ(world_.answers(listing).run({"get", "workload", "--zone", "extranet"}), 0);
  EXPECT_EQ(world_.asked_first<model::GetRequest>().noun, "workloads");
  EXPECT_EQ(world_.asked_first<model::GetRequest>().where.at("zone"), "extranet");
  EXPECT_EQ(world_.out(), "NAME\na/b/web-1\na/b/web-2\n");
}

TEST_F(Command, GetNamesTheNounThatWasMeant) {
  EXPECT_EQ(world_.run({"get", "wrkloads"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("did you mean 'workloads'?"));
}

TEST_F(Command, RefusesAnUnknownFormat) {
  EXPECT_EQ(world_.run({"get", "hosts", "-o", "xml"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("xml"));
}

TEST_F(Command, PowerAndDeletePassTheirSubject) {
  EXPECT_EQ(
      world_.answers(model::DoneResponse{{"a/b/web-1 stops"}}).run({"stop", "a/b/web-1", "--reason", "r"}),
      0);
  EXPECT_EQ(world_.asked_first<model::PowerRequest>().verb, model::PowerVerb::stop);
  EXPECT_EQ(world_.out(), "a/b/web-1 stops\n");
  FakeWorld other;
  EXPECT_EQ(other.answers(model::DoneResponse{}).run({"delete", "application", "a/b", "--dry-run"}), 0);
  EXPECT_EQ(other.asked_first<model::DeleteRequest>(), (model::DeleteRequest{"application", "a/b", true}));
}

TEST_F(Command, HostAddTakesAKeyThatStartsWithAHyphen) {
  const std::string key = "-q:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
  EXPECT_EQ(world_.answers(model::DoneResponse{}).run({"host", "add", "h1", "--key", key, "--reason", "r"}),
            0);
  EXPECT_EQ(world_.asked_first<model::HostRequest>(),
            (model::HostRequest{model::HostVerb::add, HostId("h1"), key, false}));
}

TEST_F(Command, KeyNewWorksWithoutASchedulerAndOverwritesNothing) {
  EXPECT_EQ(world_.run({"key", "new", file("admin.key")}), 0);
  const auto rights = std::filesystem::status(file("admin.key")).permissions();
  EXPECT_EQ(rights, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  FakeWorld again;
  EXPECT_EQ(again.run({"key", "new", file("admin.key")}), 1);
  EXPECT_THAT(world_.asked(), IsEmpty());
}

TEST_F(Command, KeyAllowChecksTheKeyAndTheRoleFirst) {
  EXPECT_EQ(world_.run({"key", "allow", "x", "--key", "short", "--role", "operator", "--reason", "r"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("write the line of the file that ends in .pub"));
  const std::string key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
  FakeWorld other;
  EXPECT_EQ(other.run({"key", "allow", "x", "--key", key, "--role", "department", "--reason", "r"}), 1);
  EXPECT_THAT(other.err(), HasSubstr("needs --department"));
}

TEST_F(Command, ConsoleShowsTheLogWithoutObeyingIt) {
  EXPECT_EQ(world_.answers(model::TextResponse{"boot\r\n\033[2Jready"}).run({"console", "a/b/web-1"}), 0);
  EXPECT_EQ(world_.out(), "boot\n?[2Jready\n");
}

TEST_F(Command, TellsWhenTheSchedulerIsAway) {
  EXPECT_EQ(world_.run({"get", "hosts"}), 1);
  EXPECT_EQ(world_.err(), "error: no scheduler answers\n");
}

TEST_F(Command, EndsWith5WhenItIsUnknownWhetherSomethingHappened) {
  EXPECT_EQ(world_.fails(Errc::timeout, "no answer").run({"stop", "a/b/c", "--reason", "r"}), 5);
}

model::Listing hosts(std::vector<std::vector<model::Value>> rows) {
  model::Listing listing;
  listing.noun = "hosts";
  listing.columns = {{.key = "name", .title = "NAME"}, {.key = "state", .title = "STATE"}};
  listing.rows = std::move(rows);
  return listing;
}

TEST_F(Command, AWatchInALogPrintsWhatChangedAndWhatIsGone) {
  world_.answers(hosts({{"h1", "ready"}, {"h2", "ready"}}))
      .answers(hosts({{"h1", "ready"}, {"h2", "cordoned"}}))
      .answers(hosts({{"h2", "cordoned"}}))
      .fails(Errc::unavailable, "no scheduler answers");
  EXPECT_EQ(world_.run({"get", "hosts", "--watch"}), 1);
  EXPECT_EQ(world_.out(),
            "NAME  STATE\nh1    ready\nh2    ready\n"
            "NAME  STATE\nh2    cordoned\n"
            "gone: h1\n");
}

TEST_F(Command, AWatchOnATerminalDrawsOverWhatItShowed) {
  world_.terminal = true;
  world_.answers(hosts({{"h1", "ready"}}))
      .answers(hosts({{"h1", "ready"}}))
      .answers(hosts({{"h1", "cordoned"}}))
      .fails(Errc::unavailable, "no scheduler answers");
  EXPECT_EQ(world_.run({"get", "hosts", "--watch"}), 1);
  EXPECT_EQ(world_.out(),
            "\x1b[H\x1b[JNAME  STATE\nh1    ready\n"
            "\x1b[H\x1b[JNAME  STATE\nh1    cordoned\n");
}

TEST_F(Command, AStatusWatchedInALogHasALineForEachStepAndTheTableAtTheEnd) {
  world_.answers(status("booting", 50, false))
      .answers(status("booting", 50, false))
      .answers(status("running", 100, true));
  EXPECT_EQ(world_.run({"status", "wave-1", "--watch"}), 0);
  EXPECT_THAT(world_.out(), StartsWith("civil-affairs/portal  booting 50%  1 of 2 running\nAPPLICATION"));
}

}  // namespace
}  // namespace causeway::cli::testing
