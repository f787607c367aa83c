// SPDX-License-Identifier: Apache-2.0
// The agent's shell: what it keeps in a file, and a whole agent that talks to a scheduler over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>

#include "agent/daemon/footprint.h"
#include "agent/daemon/host_agent.h"
#include "agent/daemon/state_file.h"
#include "common/wire/codec.h"
#include "tests/support/assignments.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait_until.h"

namespace causeway::agent {
namespace {

using test::assignment;
using test::workload;
using ::testing::HasSubstr;

Saved something_saved() {
  Saved saved;
  saved.epoch = Epoch{5};
  saved.assignment = assignment(7).with(workload("a/b/c").port("eth0"));
  saved.restarts = {{WorkloadId("a/b/c"), 2}};
  saved.finished = {{WorkloadId("a/b/d"), Generation{6}}};
  return saved;
}

TEST(AgentStateFile, GivesBackWhatWasSaved) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(save_state(folder.path() / "agent.state", something_saved()));
  EXPECT_EQ(load_state(folder.path() / "agent.state").value(), something_saved());
  EXPECT_EQ(saved_from_text(to_text(Saved{})).value(), Saved{});
}

TEST(AgentStateFile, IsAnAgentThatNeverRanIfItIsNotThere) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(load_state(folder.path() / "agent.state").value(), Saved{});
}

TEST(AgentStateFile, RefusesEveryTruncationAndEveryChangedByte) {
  const auto text = to_text(something_saved());
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(saved_from_text(text.substr(0, length))) << length;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(saved_from_text(changed)) << at;
  }
}

TEST(AgentStateFile, KeepsTheOldOneWhenTheNewOneCannotBeWritten) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "agent.state";
  ASSERT_TRUE(save_state(file, something_saved()));
  std::filesystem::create_directory(file.string() + ".new");
  const auto failed = save_state(file, Saved{});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().what, HasSubstr("agent.state.new"));
  EXPECT_EQ(load_state(file).value(), something_saved());
}

TEST(AgentFootprint, IsSmallerAfterTheStartAndTheCodeStillRuns) {
  const auto resident_kib = [] {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("RssFile:")) return std::stol(line.substr(8));
    }
    return 0L;
  };
  const long before = resident_kib();
  shed_idle_pages();
  EXPECT_LT(resident_kib(), before);
  EXPECT_EQ(saved_from_text(to_text(something_saved())).value(), something_saved());
}

// A scheduler of one host: it has an assignment, and waits for reports.
class AgentDaemon : public ::testing::Test {
 protected:
  void SetUp() override {
    auto scheduler_keys = transport::generate_keys().value();
    auto agent_keys = transport::generate_keys().value();
    const auto endpoint = "ipc://" + (folder_.path() / "scheduler.sock").string();
    config_.schedulers.emplace("main", config::SchedulerEndpoint{endpoint, scheduler_keys.public_key});
    ASSERT_TRUE(transport::write_keys(agent_keys, folder_.path() / "agent.key"));
    config_.host = HostId("h1");
    config_.key_file = folder_.path() / "agent.key";
    config_.state_dir = folder_.path() / "state";
    config_.drivers = config::AgentConfig::Drivers::simulated;
    config_.zones.emplace(test::kExtranet,
                          config::AgentConfig::Zone{test::ip("10.98.0.1"), 4789, "extranet", "", ""});
    server_ = transport::serve({std::move(scheduler_keys), {endpoint}, {agent_keys.public_key}}).value();
  }

  // Reads what the agent says, for at most half a minute, and gives it the assignment with each answer.
  bool hears(const model::Assignment& assignment, const std::function<bool(const model::Report&)>& wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
      for (const auto& incoming : server_->poll(Duration(100))) {
        const auto message = wire::decode_as<model::FromAgent>(incoming.bytes).value();
        server_->send(incoming.route, wire::encode(model::ToAgent(assignment)));
        const auto* report = std::get_if<model::Report>(&message);
        if (report && wanted(*report)) return true;
      }
    }
    return false;
  }

  test::TemporaryFolder folder_;
  config::AgentConfig config_;
  SimulatedSite site_;
  std::unique_ptr<transport::Server> server_;
};

bool runs(const model::Report& report) {
  return report.workloads.size() == 1 && report.workloads[0].phase == model::Phase::running;
}

TEST_F(AgentDaemon, RunsWhatItIsAssignedAndGoesOnAfterItsRestart) {
  const model::Assignment wanted = assignment(1).with(workload("a/b/c").port("eth0"));
  auto agent = HostAgent::start(config_, site_);
  ASSERT_TRUE(agent) << agent.error().what;
  EXPECT_TRUE(hears(wanted, runs));
  const auto writes = site_.hypervisor(HostId("h1"))->writes();
  agent->reset();
  agent = HostAgent::start(config_, site_);
  ASSERT_TRUE(agent) << agent.error().what;
  EXPECT_TRUE(hears(wanted, runs));
  EXPECT_EQ(site_.hypervisor(HostId("h1"))->writes(), writes) << "what runs is not touched";
  for (int round = 0; round < 3; ++round) EXPECT_TRUE(wait_until([&] { return (*agent)->came_round(); }));
  EXPECT_FALSE((*agent)->failure());
}

TEST_F(AgentDaemon, EndsWhenItCannotKeepWhatItWasTold) {
  auto agent = HostAgent::start(config_, site_);
  ASSERT_TRUE(agent) << agent.error().what;
  std::filesystem::create_directory(config_.state_dir / "agent.state.new");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!(*agent)->failure() && std::chrono::steady_clock::now() < end) {
    for (const auto& incoming : server_->poll(Duration(100))) {
      server_->send(incoming.route, wire::encode(model::ToAgent(model::Assignment(assignment(1)))));
    }
  }
  ASSERT_TRUE((*agent)->failure());
}

TEST_F(AgentDaemon, DoesNotStartOnADamagedState) {
  std::filesystem::create_directories(config_.state_dir);
  std::ofstream(config_.state_dir / "agent.state") << "causeway-agent-state 1\nepoch 4\n";
  const auto agent = HostAgent::start(config_, site_);
  ASSERT_FALSE(agent);
  EXPECT_EQ(agent.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace causeway::agent
