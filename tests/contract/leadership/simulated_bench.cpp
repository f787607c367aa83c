// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "scheduler/leadership/simulated.h"
#include "tests/contract/leadership/bench.h"
#include "tests/contract/leadership/contender.h"
#include "tests/support/virtual_clock.h"

namespace causeway::leadership {
namespace {

class SimulatedRival final : public Rival {
 public:
  SimulatedRival(const std::shared_ptr<SimulatedSite>& site, Clock& clock, const std::string& name) {
    auto made = std::make_unique<SimulatedLeadership>(site, clock, name);
    leadership_ = made.get();
    contender_ = std::make_unique<Contender>(std::move(made));
  }
  std::string say(const std::string& line) override { return contender_->say(line); }
  void stop() override { stopped_ = true; }
  void go_on() override { stopped_ = false; }
  void kill() override { stopped_ = true; }
  void beat() {
    if (!stopped_) leadership_->beat();
  }

 private:
  SimulatedLeadership* leadership_ = nullptr;
  std::unique_ptr<Contender> contender_;
  bool stopped_ = false;
};

class SimulatedBench final : public LeadershipBench {
 public:
  std::unique_ptr<Rival> rival(const std::string& name) override {
    auto made = std::make_unique<SimulatedRival>(site_, clock_, name);
    rivals_.push_back(made.get());
    return made;
  }
  void pass(Duration span) override {
    for (Duration passed{}; passed < span; passed += kBeat) {
      clock_.at += kBeat;
      for (auto* rival : rivals_) rival->beat();
    }
  }
  Instant now() override { return clock_.now(); }

 private:
  std::shared_ptr<SimulatedSite> site_ = std::make_shared<SimulatedSite>();
  test::VirtualClock clock_;
  std::vector<SimulatedRival*> rivals_;  // all of a test, which outlive its passing of time
};

}  // namespace

std::unique_ptr<LeadershipBench> simulated_leadership_bench() { return std::make_unique<SimulatedBench>(); }

}  // namespace causeway::leadership
