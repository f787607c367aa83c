// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>

#include "common/process/run.h"

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

}  // namespace
}  // namespace causeway::process
