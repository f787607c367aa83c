// SPDX-License-Identifier: Apache-2.0
// What the structure promises, read off the sources: which folder may include which, which folders are pure,
// and that generated code stays where it belongs.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/folders.h"

namespace {

namespace fs = std::filesystem;

struct Source {
  std::string file;    // from the project's root: "agent/core/core.cpp"
  std::string folder;  // "agent/core"
  std::vector<std::string> lines;
};

std::vector<Source> sources(const std::vector<std::string>& tops) {
  std::vector<Source> found;
  const fs::path root = CAUSEWAY_SOURCE_DIR;
  for (const auto& top : tops) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp" && extension != ".c") continue;
      Source source;
      source.file = fs::relative(entry.path(), root).string();
      source.folder = fs::path(source.file).parent_path().string();
      std::ifstream stream(entry.path());
      for (std::string line; std::getline(stream, line);) source.lines.push_back(line);
      found.push_back(std::move(source));
    }
  }
  std::ranges::sort(found, {}, &Source::file);
  return found;
}

// The folder that each may include, beside itself. What is not in this table may not be included by anybody
// else.
const std::map<std::string, std::set<std::string>> kArrows = {
    {"common/core", {}},
    {"common/model", {"common/core"}},
    {"common/config", {"common/core", "common/model"}},
    {"common/wire", {"common/core", "common/model", "common/proto"}},
    {"common/transport", {"common/core"}},
    {"common/process", {"common/core"}},
    {"common/ceph", {"common/core"}},
    {"agent/compute", {"common/core", "common/process"}},
    {"agent/network", {"common/core", "common/model"}},
    {"agent/storage", {"common/core", "common/ceph", "common/process"}},
    {"agent/reconcile", {"common/core", "common/model", "agent/compute", "agent/network", "agent/storage"}},
    {"agent/core",
     {"common/core", "common/model", "agent/reconcile", "agent/compute", "agent/network", "agent/storage"}},
    {"agent/daemon",
     {"common/core", "common/model", "common/config", "common/process", "common/wire", "common/transport",
      "agent/core", "agent/reconcile", "agent/compute", "agent/network", "agent/storage"}},
    {"scheduler/placement", {"common/core", "scheduler/packing"}},
    {"scheduler/packing", {}},
    {"scheduler/inquiry", {"common/core", "common/model", "scheduler/placement"}},
    {"scheduler/snapshot", {"common/core", "common/model", "scheduler/placement", "scheduler/inquiry"}},
    {"scheduler/core",
     {"common/core", "common/model", "scheduler/placement", "scheduler/inquiry", "scheduler/fence"}},
    {"scheduler/forecast",
     {"common/core", "common/model", "scheduler/core", "scheduler/fence", "scheduler/placement"}},
    {"scheduler/store", {"common/core", "common/model", "common/wire"}},
    {"scheduler/leadership", {"common/core", "common/ceph", "scheduler/store"}},
    {"scheduler/fence", {"common/core", "common/ceph", "common/process"}},
    {"scheduler/daemon",
     {"common/core", "common/model", "common/config", "common/process", "common/wire", "common/transport",
      "scheduler/core", "scheduler/fence", "scheduler/leadership", "scheduler/placement", "scheduler/store"}},
    {"scheduler/cli",
     {"common/core", "common/model", "common/config", "common/wire", "common/transport", "scheduler/forecast",
      "scheduler/placement", "scheduler/inquiry", "scheduler/snapshot", "scheduler/store"}},
};

const std::set<std::string> kPure = {"common/core",       "common/model",        "agent/reconcile",
                                     "agent/core",        "scheduler/placement", "scheduler/core",
                                     "scheduler/inquiry", "scheduler/forecast"};

// The few files of common/core that are the edge itself: the one clock, and the memory that is wiped.
const std::set<std::string> kEdges = {"common/core/time.cpp"};

const std::regex kProjectInclude(R"re(^\s*#\s*include\s*"((agent|common|scheduler)/[^"]+)")re");
const std::regex kSystemInclude(R"re(^\s*#\s*include\s*<([^>]+)>)re");

TEST(Tidy, EveryIncludeFollowsAnArrowOfTheArchitecture) {
  for (const auto& source : sources({"agent", "common", "scheduler"})) {
    const auto arrows = kArrows.find(source.folder);
    ASSERT_NE(arrows, kArrows.end()) << source.folder << " is a folder that the table of arrows doesn't know";
    for (const auto& line : source.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, kProjectInclude)) continue;
      const std::string target = fs::path(match[1].str()).parent_path().string();
      EXPECT_TRUE(target == source.folder || arrows->second.contains(target))
          << source.file << " includes " << match[1] << ": an arrow that points back or across";
    }
  }
}

TEST(Tidy, PureFoldersSeeNoClockThreadSocketFileOrRandomNumber) {
  const std::regex impure_header(
      R"re(^(thread|mutex|condition_variable|atomic|future|fstream|iostream|filesystem|ctime|zmq.*|sqlite3\.h|libvirt/.*|rados/.*|rbd/.*|sys/.*|unistd\.h|fcntl\.h|spdlog/.*|google/.*|nlohmann/.*|yaml-cpp/.*)$)re");
  const std::regex impure_word(
      R"re(system_clock::now|steady_clock|high_resolution_clock|\bgetenv\b|\bgettimeofday\b|\brandom_device\b|\bstd::thread\b)re");
  for (const auto& source : sources({"agent", "common", "scheduler"})) {
    if (!kPure.contains(source.folder) || kEdges.contains(source.file)) continue;
    for (const auto& line : source.lines) {
      std::smatch match;
      if (std::regex_search(line, match, kSystemInclude)) {
        EXPECT_FALSE(std::regex_match(match[1].str(), impure_header))
            << source.file << " includes <" << match[1] << ">";
      }
      EXPECT_FALSE(std::regex_search(line, impure_word)) << source.file << ": " << line;
    }
  }
}

TEST(Tidy, GeneratedCodeStaysInsideTheWire) {
  for (const auto& source : sources({"agent", "common", "scheduler", "tests"})) {
    if (source.folder == "common/wire" || source.folder == "tests/tidy") continue;
    for (const auto& line : source.lines)
      EXPECT_FALSE(line.contains("#include") && line.contains(".pb.h")) << source.file << ": " << line;
  }
}

TEST(Tidy, EverySourceNamesItsLicenceAndIsOneIdeaLong) {
  for (const auto& source : sources({"agent", "common", "scheduler", "tests"})) {
    ASSERT_FALSE(source.lines.empty()) << source.file;
    EXPECT_TRUE(source.lines.front().contains("SPDX-License-Identifier: Apache-2.0")) << source.file;
    EXPECT_LE(source.lines.size(), 600u) << source.file << ": what is its second idea?";
  }
}

TEST(Tidy, NoTestSleepsButInsideTheOneWaitForACondition) {
  const std::regex sleep(R"re(\bsleep_for\b|\bsleep_until\b|\busleep\b|\bnanosleep\b)re");
  for (const auto& source : sources({"tests"})) {
    if (source.folder == "tests/tidy" || source.file == "tests/support/wait_until.h") continue;
    for (const auto& line : source.lines)
      EXPECT_FALSE(std::regex_search(line, sleep)) << source.file << ": " << line;
  }
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[4096];
  while (const std::size_t length = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, length);
  ::pclose(pipe);
  return text;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

// The verbs that a help text lists under "Subcommands:".
std::vector<std::string> verbs_in(const std::string& help) {
  std::vector<std::string> verbs;
  std::istringstream lines(help);
  bool listed = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "Subcommands:") {
      listed = true;
    } else if (listed && line.starts_with("  ") && line.size() > 2 && line[2] != ' ') {
      verbs.push_back(line.substr(2, line.find(' ', 2) - 2));
    } else if (listed) {
      break;
    }
  }
  return verbs;
}

// Every verb with its verbs: {"get", "host add", …}.
std::vector<std::string> all_verbs(const std::string& program) {
  std::vector<std::string> all;
  for (const auto& verb : verbs_in(output_of(program + " --help"))) {
    all.push_back(verb);
    for (const auto& inner : verbs_in(output_of(program + " " + verb + " --help")))
      all.push_back(verb + " " + inner);
  }
  return all;
}

const std::string kProgram = CAUSEWAY_BINARY_DIR "/bin/causeway";

TEST(Tidy, EveryVerbHasAnExampleInItsHelp) {
  const auto verbs = all_verbs(kProgram);
  ASSERT_GT(verbs.size(), 10u);
  for (const auto& verb : verbs)
    EXPECT_TRUE(output_of(kProgram + " " + verb + " --help").contains("Example")) << "causeway " << verb;
}

TEST(Tidy, EveryVerbAndOptionHasItsLineInTheManual) {
  const std::string manual = text_of(CAUSEWAY_SOURCE_DIR "/packaging/man/causeway.1");
  // In the manual's source a hyphen of an option is written as \-.
  const std::string plain = std::regex_replace(manual, std::regex(R"(\\-)"), "-");
  const std::regex option(R"(--[a-z][a-z-]+)");
  auto verbs = all_verbs(kProgram);
  verbs.emplace_back("");
  for (const auto& verb : verbs) {
    EXPECT_TRUE(verb.empty() || plain.contains("causeway " + verb)) << "causeway " << verb;
    const std::string help = output_of(kProgram + " " + verb + " --help");
    const std::string options = help.substr(0, help.find("Example"));
    for (auto match = std::sregex_iterator(options.begin(), options.end(), option);
         match != std::sregex_iterator(); ++match)
      EXPECT_TRUE(plain.contains(match->str())) << "causeway " << verb << " " << match->str();
  }
}

}  // namespace
