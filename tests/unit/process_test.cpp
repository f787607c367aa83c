// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>

#include "common/process/run.h"
#include "tests/support/wait_until.h"

namespace causeway::process {
namespace {

using std::chrono::seconds;

constexpr auto kIgnore = [](std::string_view) { return true; };

TEST(Process, PassesOutputOnAndKeepsTheErrors) {
  std::string output;
  const auto exit =
      run({.argv = {"sh", "-c", "echo one; echo two >&2; exit 3"}}, seconds{1}, [&](std::string_view piece) {
        output += piece;
        return true;
      });
  ASSERT_TRUE(exit) << exit.error().what;
  EXPECT_EQ(output, "one\n");
  EXPECT_EQ(exit->errors, "two");
  EXPECT_EQ(exit->status, 3);
}

TEST(Process, HandsArgumentsOnAsTheyAre) {
  std::string output;
  const auto exit =
      run({.argv = {"printf", "%s|", "a b", "$HOME", "; true"}}, seconds{1}, [&](std::string_view piece) {
        output += piece;
        return true;
      });
  ASSERT_TRUE(exit);
  EXPECT_EQ(output, "a b|$HOME|; true|");
}

TEST(Process, GivesTheInputAndThenItsEnd) {
  std::string output;
  const auto collect = [&](std::string_view piece) { return output += piece, true; };
  ASSERT_TRUE(run({.argv = {"cat"}, .input = "a=b\nsecret=c\n"}, seconds{1}, collect));
  EXPECT_EQ(output, "a=b\nsecret=c\n");
  output.clear();
  ASSERT_TRUE(run({.argv = {"cat"}}, seconds{1}, collect));
  EXPECT_EQ(output, "");
  ASSERT_TRUE(run({.argv = {"true"}, .input = std::string(kInputMax, 'x')}, seconds{1}, collect))
      << "nobody reads it";
  EXPECT_FALSE(run({.argv = {"cat"}, .input = std::string(kInputMax + 1, 'x')}, seconds{1}, collect));
}

TEST(Process, IsEndedWithAllThatItStarted) {
  std::string output;
  const auto stopped =
      run({.argv = {"sh", "-c", "sleep 600 & echo $!; wait"}}, seconds{1}, [&](std::string_view piece) {
        output += piece;
        return !output.ends_with('\n');
      });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::busy);
  const auto started = static_cast<pid_t>(std::stol(output));
  // Who reaps it may take its time; a zombie does nothing more.
  EXPECT_TRUE(wait_until([&] {
    std::ifstream stat("/proc/" + std::to_string(started) + "/stat");
    std::string line;
    return !std::getline(stat, line) || line.contains(") Z ");
  }));
}

TEST(Process, KeepsTheEndOfLongErrorsOnly) {
  const auto exit = run({.argv = {"sh", "-c", "seq 1 20000 >&2"}}, seconds{1}, kIgnore);
  ASSERT_TRUE(exit);
  EXPECT_LE(exit->errors.size(), kErrorsMax);
  EXPECT_TRUE(exit->errors.ends_with("\n20000"));
}

TEST(Process, SaysThatThereIsNoSuchProgram) {
  const auto exit = run({.argv = {"no-such-program-here"}}, seconds{1}, kIgnore);
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().code, Errc::not_found);
}

TEST(Process, NamesTheSignalThatEndedIt) {
  const auto exit = run({.argv = {"sh", "-c", "kill -TERM $$"}}, seconds{1}, kIgnore);
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->status, 128 + 15);
}

TEST(Process, EndsTheProgramWhenTheSinkWantsNoMore) {
  const auto exit =
      run({.argv = {"sleep", "600"}}, std::chrono::milliseconds{1}, [](std::string_view) { return false; });
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().code, Errc::busy);
}

TEST(Process, RunsNicedWhenAsked) {
  std::string output;
  const auto exit = run({.argv = {"nice"}, .niceness = 10}, seconds{1}, [&](std::string_view piece) {
    output += piece;
    return true;
  });
  ASSERT_TRUE(exit);
  EXPECT_EQ(output, "10\n");
}

// The child of a killed process becomes this one's, which is what PR_SET_CHILD_SUBREAPER is for, and can be
// waited for.
TEST(Process, DiesWithTheProcessThatRunsIt) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  std::array<int, 2> started{};
  ASSERT_EQ(::pipe(started.data()), 0);
  const pid_t runner = ::fork();
  if (runner == 0) {
    static_cast<void>(
        run({.argv = {"sh", "-c", "echo $$; exec sleep 600"}}, seconds{600},
            [&](std::string_view piece) { return ::write(started[1], piece.data(), piece.size()) > 0; }));
    ::_exit(0);
  }
  std::array<char, 32> text{};
  ASSERT_GT(::read(started[0], text.data(), text.size() - 1), 0);
  const pid_t program = std::stoi(text.data());
  ::kill(runner, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(runner, &status, 0), runner);
  EXPECT_EQ(::waitpid(program, &status, 0), program);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

}  // namespace
}  // namespace causeway::process
