// SPDX-License-Identifier: Apache-2.0
// What every fence::Power promises: run against the simulated one, against the programs' protocol with a BMC
// of a few lines (fence_agent.sh), and against the real fence_ipmilan with the BMC that Debian's package
// openipmi simulates, over IPMI on the loopback.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>

#include "scheduler/fence/carry_out.h"
#include "scheduler/fence/fence_agents.h"
#include "tests/folders.h"
#include "tests/support/simulated_power.h"
#include "tests/support/temporary_folder.h"

namespace causeway::fence {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const HostId kHost("h1");

void write(const fs::path& file, std::string_view text) { std::ofstream(file) << text; }

std::string read(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_secret(const fs::path& file, std::string_view text) {
  write(file, text);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
}

class Bench {
 public:
  virtual ~Bench() = default;
  virtual std::string why_not() { return ""; }
  // The BMC of h1, which is on. No other host has one.
  virtual Power& power() = 0;
  virtual void lie() = 0;
  virtual void be_silent() = 0;
  [[nodiscard]] virtual bool is_on() = 0;
};

class SimulatedBench final : public Bench {
 public:
  SimulatedBench() { power_.moods[kHost] = test::SimulatedPower::Mood::works; }
  Power& power() override { return power_; }
  void lie() override { power_.moods[kHost] = test::SimulatedPower::Mood::lies; }
  void be_silent() override { power_.moods[kHost] = test::SimulatedPower::Mood::silent; }
  bool is_on() override { return !power_.off.contains(kHost); }

 private:
  test::SimulatedPower power_;
};

class ScriptBench final : public Bench {
 public:
  ScriptBench() {
    fs::create_directory(bmc());
    write(bmc() / "power", "on");
    write(bmc() / "mood", "works");
    write_secret(folder_.path() / "password", "of the BMC\n");
    power_ = make_agent_power({{"h1", bmc_of_h1()}}, {std::chrono::seconds(3), std::chrono::seconds(3)});
  }
  Power& power() override { return *power_; }
  void lie() override { write(bmc() / "mood", "lies"); }
  void be_silent() override { write(bmc() / "mood", "silent"); }
  bool is_on() override { return read(bmc() / "power") == "on"; }

  [[nodiscard]] fs::path bmc() const { return folder_.path() / "h1"; }
  [[nodiscard]] fs::path password() const { return folder_.path() / "password"; }
  [[nodiscard]] Bmc bmc_of_h1() const {
    return {.agent = CAUSEWAY_SOURCE_DIR "/tests/contract/fence_agent.sh",
            .address = (folder_.path() / "{host}").string(),
            .user = "operator",
            .password_file = password(),
            .options = {}};
  }

 private:
  test::TemporaryFolder folder_;
  std::unique_ptr<Power> power_;
};

// A UDP port of the loopback that nobody has.
int free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(descriptor);
  return ntohs(address.sin_port);
}

class IpmiBench final : public Bench {
 public:
  ~IpmiBench() override {
    if (simulator_ <= 0) return;
    ::kill(simulator_, SIGKILL);
    ::waitpid(simulator_, nullptr, 0);
  }

  std::string why_not() override {
    for (const auto* program : {"/usr/bin/ipmi_sim", "/usr/sbin/fence_ipmilan", "/usr/bin/ipmitool"})
      if (!fs::exists(program)) return fmt::format("{} is not installed", program);
    const auto folder = folder_.path().string();
    const int port = free_port();
    write(folder_.path() / "lan.conf", fmt::format(R"(name "h1"
set_working_mc 0x20
startlan 1
  addr 127.0.0.1 {}
  priv_limit admin
  allowed_auths_admin none md2 md5 straight
  guid a123456789abcdefa123456789abcdef
endlan
chassis_control "{}/chassis"
user 2 true "operator" "secret" admin 10 none md2 md5 straight
)",
                                                   port, folder));
    write(folder_.path() / "bmc.emu",
          "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable 0x20\n");
    // Asked `get power`, or told `set power 0`.
    write(folder_.path() / "chassis", fmt::format(R"sh(#!/bin/sh
cd '{}' || exit 1
case $1 in
  get) printf 'power:%s\n' "$(cat power)" ;;
  set) [ -e lies ] || printf '%s' "$3" > power ;;
esac
)sh",
                                                  folder));
    fs::permissions(folder_.path() / "chassis", fs::perms::owner_all);
    write(folder_.path() / "power", "1");
    write_secret(folder_.path() / "password", "secret\n");
    fs::create_directory(folder_.path() / "state");
    start();
    // Cipher suite 3, because the simulator does not tell which ones it has; and short patience, for the
    // test.
    power_ = make_agent_power({{"*",
                                {.agent = "/usr/sbin/fence_ipmilan",
                                 .address = "127.0.0.1",
                                 .user = "operator",
                                 .password_file = folder_.path() / "password",
                                 .options = {{"ipport", std::to_string(port)},
                                             {"lanplus", "1"},
                                             {"cipher", "3"},
                                             {"power_timeout", "3"}}}}},
                              {std::chrono::seconds(12), std::chrono::seconds(3)});
    for (int tries = 0; tries < 4; ++tries)
      if (power_->is_off(kHost)) return "";
    return "the simulated BMC never answered: " + read(folder_.path() / "log");
  }
  Power& power() override { return *power_; }
  void lie() override { write(folder_.path() / "lies", ""); }
  void be_silent() override { ::kill(simulator_, SIGSTOP); }
  bool is_on() override { return read(folder_.path() / "power") == "1"; }

 private:
  void start() {
    const auto in = [&](const char* name) { return (folder_.path() / name).string(); };
    std::vector<std::string> words{"ipmi_sim", "-n",          "-c", in("lan.conf"),
                                   "-f",       in("bmc.emu"), "-s", in("state")};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files{};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, in("log").c_str(), O_CREAT | O_WRONLY, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    EXPECT_EQ(::posix_spawn(&simulator_, "/usr/bin/ipmi_sim", &files, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&files);
  }

  test::TemporaryFolder folder_;
  pid_t simulator_ = 0;
  std::unique_ptr<Power> power_;
};

enum class Kind { simulated, script, ipmi };

struct PowerContract : testing::TestWithParam<Kind> {
  void SetUp() override {
    switch (GetParam()) {
      case Kind::simulated: bench = std::make_unique<SimulatedBench>(); break;
      case Kind::script: bench = std::make_unique<ScriptBench>(); break;
      case Kind::ipmi: bench = std::make_unique<IpmiBench>(); break;
    }
    if (const auto why = bench->why_not(); !why.empty()) GTEST_SKIP() << why;
  }

  std::unique_ptr<Bench> bench;
};

TEST_P(PowerContract, AHostThatIsOnIsSwitchedOffAndThatIsReadBack) {
  const auto on = bench->power().is_off(kHost);
  ASSERT_TRUE(on) << on.error().what;
  EXPECT_FALSE(*on);
  const auto proven = switch_off_and_prove(bench->power(), kHost);
  EXPECT_TRUE(proven) << proven.error().what;
  EXPECT_FALSE(bench->is_on());
  EXPECT_TRUE(bench->power().is_off(kHost).value());
}

TEST_P(PowerContract, WhatIsOffMayBeSwitchedOffAgain) {
  ASSERT_TRUE(switch_off_and_prove(bench->power(), kHost));
  const auto again = switch_off_and_prove(bench->power(), kHost);
  EXPECT_TRUE(again) << again.error().what;
}

TEST_P(PowerContract, ABmcThatDidNotDoItProvesNothing) {
  bench->lie();
  EXPECT_FALSE(switch_off_and_prove(bench->power(), kHost));
  EXPECT_TRUE(bench->is_on());
}

TEST_P(PowerContract, ABmcThatIsSilentIsGivenUpAndNothingIsKnown) {
  bench->be_silent();
  const auto off = bench->power().is_off(kHost);
  ASSERT_FALSE(off);
  EXPECT_TRUE(off.error().code == Errc::timeout || off.error().code == Errc::unavailable) << off.error().what;
  EXPECT_TRUE(bench->is_on());
}

INSTANTIATE_TEST_SUITE_P(All, PowerContract, testing::Values(Kind::simulated, Kind::script, Kind::ipmi),
                         [](const auto& each) {
                           return each.param == Kind::simulated ? "Simulated"
                                  : each.param == Kind::script  ? "Script"
                                                                : "Ipmilan";
                         });

TEST(FenceAgents, ReadThePasswordFromTheirInputAndNotFromTheirArguments) {
  ScriptBench bench;
  ASSERT_TRUE(bench.power().switch_off(kHost));
  EXPECT_EQ(read(bench.bmc() / "arguments"), "\n");
}

TEST(FenceAgents, SayThatCredentialsAreRefusedAndNotWhichTheyWere) {
  ScriptBench bench;
  write_secret(bench.password(), "a wrong one\n");
  const auto refused = bench.power().switch_off(kHost);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::denied);
  EXPECT_THAT(refused.error().what, HasSubstr("of h1 (fence_agent.sh): Unable to connect/login"));
  EXPECT_THAT(refused.error().what, Not(HasSubstr("a wrong one")));
  write_secret(bench.password(), "of the BMC\n");
  EXPECT_TRUE(bench.power().switch_off(kHost)) << "a new password is read";
}

TEST(FenceAgents, SayWhatTheProgramSaidWhenItFailed) {
  ScriptBench bench;
  write(bench.bmc() / "mood", "broken");
  const auto failed = bench.power().is_off(kHost);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::unavailable);
  EXPECT_THAT(failed.error().what, testing::EndsWith(": Connection timed out"));
}

TEST(FenceAgents, AreNotAskedForAHostThatNoneIsNamedFor) {
  ScriptBench bench;
  const auto nobody = switch_off_and_prove(bench.power(), HostId("h2"));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::not_found);
}

TEST(FenceAgents, GiveNoPasswordAwayThatOthersCanRead) {
  ScriptBench bench;
  fs::permissions(bench.password(), fs::perms::group_read, fs::perm_options::add);
  const auto refused = bench.power().switch_off(kHost);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::denied);
  EXPECT_TRUE(bench.is_on());
}

TEST(FenceAgents, AreCheckedBeforeTheyAreNeeded) {
  ScriptBench bench;
  auto bmc = bench.bmc_of_h1();
  EXPECT_THAT(problems_of({{"h1", bmc}}), IsEmpty());
  bmc.agent = "fence_no_such";
  bmc.password_file = "/no/such/file";
  EXPECT_THAT(problems_of({{"rack3-*", bmc}}),
              testing::ElementsAre(HasSubstr("bmc 'rack3-*': there is no program 'fence_no_such'"),
                                   HasSubstr("password file '/no/such/file': No such file")));
}

}  // namespace
}  // namespace causeway::fence
