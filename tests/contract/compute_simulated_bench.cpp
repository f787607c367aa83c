// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "agent/compute/simulated.h"
#include "tests/contract/compute_bench.h"

namespace causeway::agent {
namespace {

class VirtualClock final : public Clock {
 public:
  Instant now() override { return now_; }
  void pass(Duration span) { now_ += span; }

 private:
  Instant now_{Duration{1'000'000}};
};

class SimulatedBench final : public ComputeBench {
 public:
  std::string why_not() override { return ""; }
  bool has_guests() override { return true; }
  bool has_daemon() override { return true; }
  bool has_secrets() override { return true; }

  std::unique_ptr<Compute> agent() override {
    return std::make_unique<SimulatedCompute>(hypervisor_, clock_);
  }
  DomainSpec guest(const std::string& name) override {
    return {.id = WorkloadId{"civil-affairs/portal/" + name},
            .generation = Generation{1},
            .zone = ZoneId{"extranet"},
            .vcpus = 1,
            .memory = 64_MiB,
            .disks = {},
            .ports = {},
            .seed = std::nullopt};
  }
  bool eventually(const std::function<bool()>& so) override {
    for (int seconds = 0; seconds < 60; ++seconds) {
      if (so()) return true;
      clock_->pass(Duration{1000});
      hypervisor_->advance(clock_->now());
    }
    return so();
  }
  void add_foreign(const std::string& domain_name) override {
    hypervisor_->add_foreign(domain_name, Power::running);
  }
  bool foreign_untouched(const std::string& domain_name) override {
    const auto seen = agent()->observe();
    return seen && std::ranges::count(seen->foreign, ForeignDomain{domain_name, Power::running}) == 1;
  }
  void crash(const WorkloadId& id) override { hypervisor_->crash(id); }
  void pause(const WorkloadId& id) override { hypervisor_->pause(id, "paused by an operator"); }
  void restart_daemon() override { hypervisor_->restart_daemon(); }
  void set_answering(bool answering) override { hypervisor_->set_answering(answering); }

 private:
  std::shared_ptr<SimulatedHypervisor> hypervisor_ = std::make_shared<SimulatedHypervisor>();
  std::shared_ptr<VirtualClock> clock_ = std::make_shared<VirtualClock>();
};

}  // namespace

std::unique_ptr<ComputeBench> simulated_compute_bench() { return std::make_unique<SimulatedBench>(); }

}  // namespace causeway::agent
