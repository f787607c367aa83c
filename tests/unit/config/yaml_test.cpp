// SPDX-License-Identifier: Apache-2.0
#include "common/config/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace causeway::config {
namespace {

using testing::HasSubstr;

// "2:3 a tab …" for each problem, or "read" if there is none.
std::vector<std::string> problems(std::string_view text) {
  const auto tree = parse_yaml(text);
  if (tree) return {"read"};
  std::vector<std::string> shown;
  for (const auto& problem : tree.error())
    shown.push_back(std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + " " +
                    problem.what + "; " + problem.next);
  return shown;
}

testing::Matcher<std::vector<std::string>> one(const std::string& part) {
  return testing::ElementsAre(HasSubstr(part));
}

TEST(Yaml, LeavesEveryScalarAsItsText) {
  const auto tree = parse_yaml("a: no\nb: 0755\nc: 12:34:56\nd: null\ne: ~\nf: 'it''s'\ng:\n");
  ASSERT_TRUE(tree);
  std::vector<std::string> texts;
  for (const auto& entry : tree->entries) texts.push_back(entry.value.text);
  EXPECT_THAT(texts, testing::ElementsAre("no", "0755", "12:34:56", "null", "~", "it's", ""));
  EXPECT_EQ(tree->entries.back().value.kind, YamlNode::Kind::empty);
}

TEST(Yaml, CountsColumnsInCharacters) {
  const auto tree = parse_yaml("{题目: 民政, b: x}\n");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->entries[1].at, (Position{1, 10}));
  EXPECT_EQ(tree->entries[1].value.at, (Position{1, 13}));
}

TEST(Yaml, ReadsWindowsLineEndsAndAByteOrderMark) {
  const auto tree = parse_yaml(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->entries[1].at, (Position{2, 1}));
  EXPECT_EQ(tree->entries[0].value.text, "1");
}

TEST(Yaml, RefusesAKeyWrittenTwice) {
  EXPECT_THAT(problems("a: 1\nb:\n  c: 1\n  c: 2\n"), one("4:3 'c' is written twice, first in line 3"));
}

TEST(Yaml, RefusesAnchorsAliasesAndMergeKeys) {
  EXPECT_THAT(problems("a: &x 1\nb: *x\n"),
              testing::ElementsAre(HasSubstr("1:4 an anchor"), HasSubstr("2:4 an alias")));
}

TEST(Yaml, RefusesTags) { EXPECT_THAT(problems("a: !!str 1\n"), one("1:4 the tag tag:yaml.org,2002:str")); }

TEST(Yaml, RefusesTabs) { EXPECT_THAT(problems("a:\n\tb: 1\n"), one("2:1 a tab")); }

TEST(Yaml, RefusesDirectives) { EXPECT_THAT(problems("%YAML 1.1\n---\na: 1\n"), one("1:1 a directive")); }

TEST(Yaml, RefusesASecondDocument) {
  EXPECT_THAT(problems("a: 1\n---\nb: 2\n"), one("3:1 a second document"));
}

TEST(Yaml, AllowsTheMarksAroundOneDocument) { EXPECT_THAT(problems("---\na: 1\n...\n"), one("read")); }

TEST(Yaml, RefusesBytesThatAreNoUtf8) {
  EXPECT_THAT(problems("a: \xC0\xAF\n"), one("1:4 byte 0xC0 is no UTF-8"));
}

TEST(Yaml, RefusesControlCharacters) {
  EXPECT_THAT(problems(std::string_view("a: x\0y\n", 7)), one("1:5 a control character (0x00)"));
}

TEST(Yaml, RefusesAKeyThatIsNoText) { EXPECT_THAT(problems("[a]: 1\n"), one("1:1 this key is no text")); }

TEST(Yaml, RefusesAnEmptyFile) {
  EXPECT_THAT(problems(""), one("the file is empty"));
  EXPECT_THAT(problems("# only a remark\n"), one("the file is empty"));
}

TEST(Yaml, SaysWhereTheTextStopsBeingYaml) {
  EXPECT_THAT(problems("a: [1, 2\nb: 3\n"), one("this is no YAML"));
}

TEST(Yaml, RefusesMoreLevelsThanAnyFileHas) {
  EXPECT_THAT(problems(std::string(100'000, '[')), one("more than 32 levels"));
}

TEST(Yaml, RefusesMoreValuesThanAnyFileHas) {
  std::string many = "[";
  for (std::size_t i = 0; i < kValuesMax + 1; ++i) many += "1,";
  EXPECT_THAT(problems(many), one("more than 500000 values"));
}

TEST(Yaml, RefusesAHugeTextBeforeReadingIt) {
  EXPECT_THAT(problems(std::string(kFileBytesMax + 1, 'a')), one("8 MiB is more than a file may have"));
}

TEST(Yaml, FindsAllThatIsRefusedInOneRun) {
  EXPECT_THAT(problems("a: 1\na: 2\nb: !x 1\nc: &d 1\n"), testing::SizeIs(3));
}

}  // namespace
}  // namespace causeway::config
