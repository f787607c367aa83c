// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "common/core/ids.h"
#include "common/core/result.h"
#include "common/core/secret.h"
#include "common/core/sign_of_life.h"
#include "common/core/text.h"
#include "common/core/time.h"
#include "common/core/units.h"

namespace causeway {
namespace {

TEST(Slew, FollowsTheCivilClockWithoutItsSteps) {
  using namespace std::chrono_literals;
  Slew slew;
  const std::chrono::nanoseconds civil = 1'000'000s;
  auto at = slew.read(0s, civil);
  EXPECT_EQ(at.time_since_epoch(), 1'000'000s);
  // An hour is gained: in a minute no more than a twentieth of one is shown.
  EXPECT_EQ(slew.read(60s, civil + 60s + 1h) - at, 63s);
  EXPECT_EQ(slew.read(120s, civil + 120s + 1h) - at, 126s);
  // It is lost again: time goes on, slower, until both agree.
  EXPECT_EQ(slew.read(180s, civil + 180s) - at, 183s);
  EXPECT_EQ(slew.read(1180s, civil + 1180s) - at, 1180s);
}

TEST(SignOfLife, IsReadAsItWasWritten) {
  const SignOfLife sign{42, "10.99.0.11:0/3891"};
  EXPECT_EQ(parse_sign(to_text(sign)), sign);
  EXPECT_EQ(parse_sign("count 4x\naddress a\n"), std::nullopt);
  EXPECT_EQ(parse_sign(""), std::nullopt);
  EXPECT_EQ(host_of_client("v1:10.99.0.11:0/3891"), "10.99.0.11");
  EXPECT_EQ(host_of_client("[fd00::1]:0/7"), "fd00::1");
}

TEST(Text, CountsAChineseCharacterAsTwoColumns) {
  EXPECT_EQ(display_width("web"), 3u);
  EXPECT_EQ(display_width("民政局"), 6u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("\xff\xfe"), 2u);
}

TEST(Text, PadsToColumnsAndNeverCuts) {
  EXPECT_EQ(pad_right("民政", 6), "民政  ");
  EXPECT_EQ(pad_left("7", 3), "  7");
  EXPECT_EQ(pad_right("longer", 3), "longer");
}

TEST(Text, SuggestsTheNameThatWasMeant) {
  const std::vector<std::string> names = {"memory", "vcpus", "disks"};
  EXPECT_EQ(nearest_name("memmory", names), "memory");
  EXPECT_EQ(nearest_name("vcpu", names), "vcpus");
  EXPECT_EQ(nearest_name("memroy", names), "memory");
  EXPECT_EQ(nearest_name("colour", names), "");
  EXPECT_EQ(nearest_name("d", std::vector<std::string>{"a"}), "");
}

TEST(Text, SplitsAndJoinsBack) {
  EXPECT_EQ(split("a//b", '/'), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(join(split("civil-affairs/web/1", '/'), "."), "civil-affairs.web.1");
}

TEST(Units, PrintsTheLargestWholeUnit) {
  EXPECT_EQ(to_string(8192_MiB), "8GiB");
  EXPECT_EQ(to_string(1536_MiB), "1536MiB");
  EXPECT_EQ(to_string(2048_GiB), "2TiB");
  EXPECT_EQ(to_gib(1_MiB), 1_GiB);
}

TEST(Time, PrintsInstantsAndSpansForPeople) {
  EXPECT_EQ(to_string(Instant{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_string(Duration{850}), "850ms");
  EXPECT_EQ(to_string(Duration{std::chrono::minutes{4}}), "4m");
  EXPECT_EQ(to_string(Duration{std::chrono::hours{50}}), "2d");
}

TEST(Result, CarriesWhatWasBeingDone) {
  const auto failed = [&]() -> Result<int> {
    return while_doing(Error{Errc::not_found, "pool 'extranet': no such pool"}, "cloning volume a/b/c/root");
  }();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, "pool 'extranet': no such pool; while cloning volume a/b/c/root");
}

TEST(Secret, MovesAndLeavesNothingBehind) {
  Secret key("AQBxyz==");
  Secret other = std::move(key);
  EXPECT_EQ(other.reveal(), "AQBxyz==");
  EXPECT_TRUE(key.empty());  // NOLINT(bugprone-use-after-move): the promise of the type
  other = Secret{};
  EXPECT_TRUE(other.empty());
  static_assert(!fmt::is_formattable<Secret>::value && !std::is_copy_constructible_v<Secret>);
}

TEST(Ids, PrintAsTheirTextAndTheirDigits) {
  EXPECT_EQ(fmt::format("{} at {}", ZoneId("extranet"), Generation{7}), "extranet at 7");
}

}  // namespace
}  // namespace causeway
